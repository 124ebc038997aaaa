import assert from "node:assert/strict";
import {
  hashOfOid,
  hasNoParameters,
  readAlgorithmIdentifier,
  readPssParameters,
} from "./algorithm_identifier.ts";
import type { Bytes } from "./bytes.ts";
import { readDer } from "./der/mod.ts";
import { FormatError } from "./format_error.ts";
import { explicit, hex, integer, nothing, octets, oid, sequence, tlv } from "./testing/der.ts";
import { matchingPss, pssParameters } from "./testing/keys.ts";

Deno.test("readAlgorithmIdentifier gives identifier, parameters and the bytes of the whole", () => {
  const bytes = sequence(oid("1.2.3.4"), octets(hex("0102")));
  const algorithm = readAlgorithmIdentifier(readDer(bytes));
  assert.equal(algorithm.oid, "1.2.3.4");
  assert.deepEqual(algorithm.parameters?.raw, octets(hex("0102")));
  assert.deepEqual(algorithm.raw, bytes);
});

Deno.test("readAlgorithmIdentifier refuses other structures", () => {
  const refused: [string, Bytes][] = [
    ["an OID alone", oid("1.2.3.4")],
    ["a SET", tlv(0x31, oid("1.2.3.4"))],
    ["nothing inside", sequence()],
    ["parameters first", sequence(nothing(), oid("1.2.3.4"))],
    ["two parameters", sequence(oid("1.2.3.4"), nothing(), nothing())],
    ["a relative OID", sequence(tlv(0x0d, hex("01")))],
  ];
  for (const [what, bytes] of refused) {
    assert.throws(() => readAlgorithmIdentifier(readDer(bytes)), FormatError, what);
  }
});

Deno.test("hasNoParameters takes an absent element and an empty NULL for the same", () => {
  const has = (...parameters: Bytes[]): boolean =>
    hasNoParameters(readAlgorithmIdentifier(readDer(sequence(oid("1.2.3"), ...parameters))));
  assert.equal(has(), true);
  assert.equal(has(nothing()), true);
  for (const other of [hex("050100"), sequence(), integer(0), hex("8500"), octets()]) {
    assert.equal(has(other), false);
  }
});

Deno.test("hashOfOid knows SHA-2 at 256, 384 and 512 bits, and no other hash", () => {
  assert.equal(hashOfOid("2.16.840.1.101.3.4.2.1"), "SHA-256");
  assert.equal(hashOfOid("2.16.840.1.101.3.4.2.2"), "SHA-384");
  assert.equal(hashOfOid("2.16.840.1.101.3.4.2.3"), "SHA-512");
  for (
    const other of [
      "1.3.14.3.2.26",
      "1.2.840.113549.2.5",
      "2.16.840.1.101.3.4.2.4",
      "",
      "__proto__",
    ]
  ) {
    assert.equal(hashOfOid(other), undefined);
  }
});

Deno.test("readPssParameters reads fields, and SHA-1, 20 and 1 where they are absent", () => {
  const read = (bytes: Bytes): unknown => readPssParameters(readDer(bytes));
  const [sha1, sha512] = ["1.3.14.3.2.26", "2.16.840.1.101.3.4.2.3"];
  assert.deepEqual(read(pssParameters({})), {
    hash: sha1,
    mgfHash: sha1,
    saltLength: 20,
    trailer: 1,
  });
  assert.deepEqual(read(pssParameters({ ...matchingPss("SHA-512"), trailer: 3 })), {
    hash: sha512,
    mgfHash: sha512,
    saltLength: 64,
    trailer: 3,
  });
  assert.deepEqual(read(pssParameters({ hash: "SHA-512" })), {
    hash: sha512,
    mgfHash: sha1,
    saltLength: 20,
    trailer: 1,
  });
});

Deno.test("readPssParameters refuses broken parameters", () => {
  const refused: [string, Bytes][] = [
    ["NULL", nothing()],
    ["a SET", tlv(0x31)],
    ["an empty hash", sequence(hex("a000"))],
    ["an empty salt length", sequence(hex("a200"))],
    ["two elements in a wrapper", sequence(explicit(2, integer(1), integer(2)))],
    ["an implicit salt length", sequence(hex("820120"))],
    ["a salt length that is no INTEGER", sequence(explicit(2, octets(hex("20"))))],
    ["a negative salt length", sequence(explicit(2, integer(-1)))],
    ["a salt length beyond 31 bits", sequence(explicit(2, integer(1n << 31n)))],
    ["a trailer that is no INTEGER", sequence(explicit(3, nothing()))],
    ["a field twice", sequence(explicit(2, integer(32)), explicit(2, integer(32)))],
    ["an unknown field", sequence(explicit(5, integer(1)))],
    ["a universal element", sequence(integer(1))],
  ];
  for (const [what, bytes] of refused) {
    assert.throws(() => readPssParameters(readDer(bytes)), FormatError, what);
  }
});
