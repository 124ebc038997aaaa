import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { hex, integer, oid, tlv, toNumber } from "../testing/der.ts";
import {
  readBitString,
  readBoolean,
  readInteger,
  readOctets,
  readOid,
  readPositive,
  readSmallInteger,
} from "./primitives.ts";
import { type DerNode, readDer } from "./reader.ts";

const node = (tag: number, content: string): DerNode => readDer(tlv(tag, hex(content)));

/** Checks that a reader refuses each of these contents. */
function refuses(read: (node: DerNode) => unknown, tag: number, contents: readonly string[]): void {
  for (const content of contents) {
    assert.throws(() => read(node(tag, content)), FormatError, content.slice(0, 40));
  }
}

Deno.test("readBoolean takes 00 and FF", () => {
  assert.equal(readBoolean(node(1, "00")), false);
  assert.equal(readBoolean(node(1, "ff")), true);
  refuses(readBoolean, 1, ["", "01", "7f", "fe", "0000", "ff00", "ffff"]);
});

Deno.test("readInteger takes the shortest form of either sign", () => {
  for (const content of ["00", "01", "7f", "0080", "00ff", "0100", "80", "ff", "ff7f", "8000"]) {
    assert.deepEqual(readInteger(node(2, content)), hex(content));
  }
  refuses(readInteger, 2, ["", "0000", "0001", "007f", "00007f", "ff80", "ffff", "ffff7f"]);
});

Deno.test("readPositive takes numbers from 1 and drops the sign byte", () => {
  assert.deepEqual(readPositive(node(2, "01")), hex("01"));
  assert.deepEqual(readPositive(node(2, "7f")), hex("7f"));
  assert.deepEqual(readPositive(node(2, "0080")), hex("80"));
  assert.deepEqual(readPositive(node(2, "00ffff")), hex("ffff"));
  refuses(readPositive, 2, ["", "00", "80", "ff", "8000", "0001", "0000", "ff7f"]);
});

Deno.test("readSmallInteger takes 0 to 2^31-1", () => {
  for (const value of [0, 1, 127, 128, 255, 256, 65_536, 2 ** 31 - 1]) {
    assert.equal(readSmallInteger(readDer(integer(value))), value);
  }
  refuses(readSmallInteger, 2, ["", "ff", "80", "0080000000", "0100000000", "80000000", "0001"]);
});

Deno.test("readBitString gives bytes and unused bits", () => {
  assert.deepEqual(readBitString(node(3, "00")), { bytes: hex(""), unused: 0 });
  assert.deepEqual(readBitString(node(3, "00ff01")), { bytes: hex("ff01"), unused: 0 });
  assert.deepEqual(readBitString(node(3, "0780")), { bytes: hex("80"), unused: 7 });
  assert.deepEqual(readBitString(node(3, "01fe")), { bytes: hex("fe"), unused: 1 });
  refuses(readBitString, 3, ["", "01", "07", "08", "0800", "ff00", "01ff", "0781", "02ff01"]);
});

Deno.test("readOctets takes whole bytes only", () => {
  assert.deepEqual(readOctets(node(3, "00aabb")), hex("aabb"));
  refuses(readOctets, 3, ["", "0180", "0700", "08", "04f0"]);
});

Deno.test("readOid writes dotted decimals", () => {
  const cases: [string, string][] = [
    ["00", "0.0"],
    ["27", "0.39"],
    ["28", "1.0"],
    ["4f", "1.39"],
    ["50", "2.0"],
    ["8837", "2.999"],
    ["883703", "2.999.3"],
    ["2a864886f70d01010b", "1.2.840.113549.1.1.11"],
    ["2b6570", "1.3.101.112"],
    ["2a8648ce3d030107", "1.2.840.10045.3.1.7"],
  ];
  for (const [content, dotted] of cases) {
    assert.equal(readOid(node(6, content)), dotted, content);
  }
  const large = 2n ** 64n - 1n;
  assert.equal(readOid(readDer(oid(`2.25.${large}`))), `2.25.${large}`);
  refuses(readOid, 6, [
    "",
    "80",
    "8001",
    "2a8001",
    "2a80",
    "2a86",
    "2a868080",
    "ff",
    "01".repeat(65),
  ]);
  assert.equal(readOid(node(6, "01".repeat(64))).split(".").length, 65);
});

Deno.test("readOid is the inverse of writing", () => {
  const arc = fc.oneof(fc.nat(300), fc.bigInt({ min: 0n, max: 2n ** 70n })).map(String);
  const dotted = fc.tuple(fc.nat(2), fc.nat(39), fc.array(arc, { maxLength: 4 }))
    .map(([first, second, rest]) => [first, second, ...rest].join("."));
  fc.assert(fc.property(dotted, (text) => assert.equal(readOid(readDer(oid(text))), text)), {
    numRuns: 200,
  });
});

Deno.test("readInteger is the inverse of writing", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
      const content = readInteger(readDer(integer(value)));
      const sign = (content[0] ?? 0) >= 0x80 ? 1n << BigInt(8 * content.length) : 0n;
      assert.equal(toNumber(content) - sign, value);
      if (value > 0n) assert.equal(toNumber(readPositive(readDer(integer(value)))), value);
    }),
    { numRuns: 200 },
  );
});

Deno.test("the readers of primitives throw nothing but FormatError", () => {
  const readers = [
    readBoolean,
    readInteger,
    readPositive,
    readSmallInteger,
    readBitString,
    readOctets,
    readOid,
  ];
  fc.assert(
    fc.property(fc.constantFrom(...readers), fc.uint8Array({ maxLength: 80 }), (read, noise) => {
      const content: Bytes = new Uint8Array(noise);
      try {
        (read as (node: DerNode) => unknown)(readDer(tlv(4, content)));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 400 },
  );
});
