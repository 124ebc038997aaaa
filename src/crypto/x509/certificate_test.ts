import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes, toHex } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { hash } from "../hash.ts";
import {
  bits,
  explicit,
  hex,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  text,
  tlv,
} from "../testing/der.ts";
import { ecSpki } from "../testing/keys.ts";
import { parseCertificate } from "./certificate.ts";

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const SPKI = ecSpki("P-256", concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(9)));

const name = (common: string): Bytes => sequence(set(sequence(oid("2.5.4.3"), text(0x0c, common))));
const validity = (from: Bytes, to: Bytes): Bytes => sequence(from, to);
const utc = (time: string): Bytes => text(0x17, time);
const generalized = (time: string): Bytes => text(0x18, time);
const extension = (id: string, value: Bytes, ...critical: Bytes[]): Bytes =>
  sequence(oid(id), ...critical, octets(value));

/** The parts of the signed part, in their order; each can be replaced, or left out with []. */
interface Parts {
  version?: Bytes[];
  serial?: Bytes[];
  algorithm?: Bytes[];
  issuer?: Bytes[];
  validity?: Bytes[];
  subject?: Bytes[];
  key?: Bytes[];
  rest?: Bytes[];
}

function signedPart(parts: Parts = {}): Bytes {
  return sequence(
    ...parts.version ?? [explicit(0, integer(2))],
    ...parts.serial ?? [integer(0xabcdef)],
    ...parts.algorithm ?? [ECDSA_SHA256],
    ...parts.issuer ?? [name("issuer")],
    ...parts.validity ?? [validity(utc("240229235959Z"), generalized("20500101000000Z"))],
    ...parts.subject ?? [name("subject")],
    ...parts.key ?? [SPKI],
    ...parts.rest ?? [explicit(3, sequence(extension("1.2.3.4", hex("0500"))))],
  );
}

const signature = bits(hex("010203"));
const wrap = (tbs: Bytes): Bytes => sequence(tbs, ECDSA_SHA256, signature);
const make = (parts?: Parts): Bytes => wrap(signedPart(parts));

Deno.test("parseCertificate reads every field of a certificate", () => {
  const der = make();
  const certificate = parseCertificate(der);
  assert.deepEqual(certificate.raw, der);
  assert.deepEqual(certificate.tbs, signedPart());
  assert.equal(certificate.fingerprint, toHex(hash("SHA-256", der)));
  assert.equal(certificate.version, 3);
  assert.equal(certificate.serialNumber, "00abcdef");
  assert.deepEqual(certificate.issuer.raw, name("issuer"));
  assert.equal(certificate.subject.rdns[0]?.[0]?.value, "subject");
  assert.equal(certificate.notBefore.toISOString(), "2024-02-29T23:59:59.000Z");
  assert.equal(certificate.notAfter.toISOString(), "2050-01-01T00:00:00.000Z");
  assert.equal(certificate.publicKey.description, "EC P-256");
  assert.deepEqual(certificate.publicKey.spki, SPKI);
  assert.deepEqual(certificate.signature, hex("010203"));
  assert.deepEqual(certificate.signatureAlgorithm.raw, ECDSA_SHA256);
  assert.deepEqual(certificate.tbsSignatureAlgorithm.raw, ECDSA_SHA256);
  assert.deepEqual(certificate.extensions, [
    { oid: "1.2.3.4", critical: false, value: hex("0500") },
  ]);
  assert.deepEqual([certificate.ocspUrls, certificate.crlUrls], [[], []]);
  assert.equal(certificate.basicConstraints, undefined);
});

Deno.test("parseCertificate reads versions 1 and 2, unique identifiers and odd serial numbers", () => {
  assert.equal(parseCertificate(make({ version: [], rest: [] })).version, 1);
  const two = make({
    version: [explicit(0, integer(1))],
    rest: [tlv(0x81, hex("00aa")), tlv(0x82, hex("00bb"))],
  });
  assert.equal(parseCertificate(two).version, 2);
  assert.equal(parseCertificate(make({ rest: [] })).extensions.length, 0);
  assert.equal(parseCertificate(make({ serial: [integer(0)] })).serialNumber, "00");
  assert.equal(parseCertificate(make({ serial: [integer(-1)] })).serialNumber, "ff");
  const longest = parseCertificate(make({ serial: [tlv(2, new Uint8Array(21).fill(1))] }));
  assert.equal(longest.serialNumber, "01".repeat(21));
});

Deno.test("parseCertificate keeps both signature algorithms when they differ, for the caller to see", () => {
  const inner = sequence(oid("1.2.840.10045.4.3.3"));
  const certificate = parseCertificate(make({ algorithm: [inner] }));
  assert.equal(certificate.tbsSignatureAlgorithm.oid, "1.2.840.10045.4.3.3");
  assert.equal(certificate.signatureAlgorithm.oid, "1.2.840.10045.4.3.2");
});

Deno.test("parseCertificate keeps a copy: later changes of the input do not reach it", () => {
  const der = make({ subject: [name("copied")] });
  const original = der.slice();
  const certificate = parseCertificate(der);
  der.fill(0);
  assert.deepEqual(certificate.raw, original);
  assert.deepEqual(parseCertificate(original), certificate);
  assert.throws(() => parseCertificate(der), FormatError);
});

const INVALID: [string, Bytes][] = [
  ["nothing", new Uint8Array()],
  ["PEM text", new TextEncoder().encode("-----BEGIN CERTIFICATE-----")],
  ["an empty SEQUENCE", sequence()],
  ["a SET around it", tlv(0x31, signedPart(), ECDSA_SHA256, signature)],
  ["bytes after it", concatBytes(make(), Uint8Array.of(0))],
  ["a cut off end", make().subarray(0, -1)],
  ["a second certificate after it", concatBytes(make(), make())],
  ["no signature", sequence(signedPart(), ECDSA_SHA256)],
  ["no signature algorithm", sequence(signedPart(), signature)],
  ["a fourth part", sequence(signedPart(), ECDSA_SHA256, signature, nothing())],
  ["an OCTET STRING as signature", sequence(signedPart(), ECDSA_SHA256, octets(hex("01")))],
  ["a signature of broken bytes", sequence(signedPart(), ECDSA_SHA256, bits(hex("10"), 4))],
  [
    "an indefinite length",
    concatBytes(hex("3080"), signedPart(), ECDSA_SHA256, signature, hex("0000")),
  ],
  [
    "more than 64 KiB",
    make({ rest: [explicit(3, sequence(extension("1.2.3.4", new Uint8Array(65_536))))] }),
  ],
  ["version 1 written out", make({ version: [explicit(0, integer(0))], rest: [] })],
  ["version 4", make({ version: [explicit(0, integer(3))] })],
  ["a negative version", make({ version: [explicit(0, integer(-1))] })],
  ["an empty version", make({ version: [hex("a000")] })],
  ["two versions", make({ version: [explicit(0, integer(2), integer(2))] })],
  ["an implicit version", make({ version: [hex("800102")] })],
  ["version 1 with extensions", make({ version: [] })],
  ["version 2 with extensions", make({ version: [explicit(0, integer(1))] })],
  ["version 1 with an issuer identifier", make({ version: [], rest: [tlv(0x81, hex("00aa"))] })],
  ["version 1 with a subject identifier", make({ version: [], rest: [tlv(0x82, hex("00aa"))] })],
  ["no serial number", make({ serial: [] })],
  ["a padded serial number", make({ serial: [tlv(2, hex("0001"))] })],
  ["an empty serial number", make({ serial: [tlv(2)] })],
  ["a serial number of 22 bytes", make({ serial: [tlv(2, new Uint8Array(22).fill(1))] })],
  ["no inner algorithm", make({ algorithm: [] })],
  ["no issuer", make({ issuer: [] })],
  ["an issuer that is a SET", make({ issuer: [set()] })],
  ["no validity", make({ validity: [] })],
  ["an empty validity", make({ validity: [sequence()] })],
  ["one time", make({ validity: [sequence(utc("240101000000Z"))] })],
  [
    "three times",
    make({
      validity: [sequence(utc("240101000000Z"), utc("250101000000Z"), utc("260101000000Z"))],
    }),
  ],
  [
    "a time as text",
    make({ validity: [validity(text(0x0c, "240101000000Z"), utc("250101000000Z"))] }),
  ],
  [
    "a time without seconds",
    make({ validity: [validity(utc("2401010000Z"), utc("250101000000Z"))] }),
  ],
  [
    "a time with an offset",
    make({ validity: [validity(utc("240101000000+0000"), utc("250101000000Z"))] }),
  ],
  [
    "a time with a fraction",
    make({ validity: [validity(utc("240101000000Z"), generalized("20250101000000.5Z"))] }),
  ],
  [
    "the 29th of February 2023",
    make({ validity: [validity(utc("230229000000Z"), utc("250101000000Z"))] }),
  ],
  ["no key", make({ key: [] })],
  ["a key that is none", make({ key: [sequence(nothing())] })],
  ["an empty list of extensions", make({ rest: [explicit(3, sequence())] })],
  ["an empty wrapper of extensions", make({ rest: [hex("a300")] })],
  [
    "extensions that are a SET",
    make({ rest: [explicit(3, set(extension("1.2.3.4", hex("00"))))] }),
  ],
  [
    "two lists of extensions",
    make({ rest: [explicit(3, sequence(extension("1.2.3.4", hex("00"))), sequence())] }),
  ],
  [
    "an extension twice",
    make({
      rest: [
        explicit(3, sequence(extension("1.2.3.4", hex("00")), extension("1.2.3.4", hex("00")))),
      ],
    }),
  ],
  ["identifiers out of order", make({ rest: [tlv(0x82, hex("00")), tlv(0x81, hex("00"))] })],
  ["an unknown part", make({ rest: [explicit(4, nothing())] })],
];

Deno.test("parseCertificate refuses what is not one certificate in DER", () => {
  parseCertificate(make());
  for (const [what, der] of INVALID) {
    assert.throws(() => parseCertificate(der), FormatError, what);
  }
});

Deno.test("parseCertificate says what is wrong in words for people", () => {
  assert.throws(() => parseCertificate(make({ version: [] })), /version 1 has extensions/);
  assert.throws(() => parseCertificate(make({ serial: [] })), /no serial number where one belongs/);
  assert.throws(() => parseCertificate(new Uint8Array(70_000)), /more than 65536 bytes/);
});

Deno.test("parseCertificate throws nothing but FormatError on changed and cut off certificates", () => {
  const seed = make({
    rest: [explicit(
      3,
      sequence(
        extension("2.5.29.19", sequence(tlv(1, hex("ff")), integer(1)), tlv(1, hex("ff"))),
        extension("2.5.29.15", tlv(3, hex("0106")), tlv(1, hex("ff"))),
        extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.3"))),
        extension(
          "2.5.29.31",
          sequence(sequence(explicit(0, explicit(0, text(0x86, "http://a/b"))))),
        ),
        extension(
          "1.3.6.1.5.5.7.1.1",
          sequence(sequence(oid("1.3.6.1.5.5.7.48.1"), text(0x86, "http://c"))),
        ),
      ),
    )],
  });
  assert.deepEqual(parseCertificate(seed).crlUrls, ["http://a/b"]);
  assert.deepEqual(parseCertificate(seed).ocspUrls, ["http://c"]);
  for (let length = 0; length < seed.length; length++) {
    assert.throws(() => parseCertificate(seed.subarray(0, length)), FormatError);
  }
  const mutation = fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(mutation, ([at, change]) => {
      const mutated = seed.slice();
      mutated[at] = (mutated[at] ?? 0) ^ change;
      readsOrRefuses(mutated);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      readsOrRefuses(new Uint8Array(noise));
      readsOrRefuses(sequence(new Uint8Array(noise), ECDSA_SHA256, signature));
    }),
    { numRuns: 300 },
  );
});

function readsOrRefuses(der: Bytes): void {
  try {
    assert.deepEqual(parseCertificate(der).raw, der);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}
