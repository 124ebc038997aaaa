import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { hex, integer, nothing, octets, sequence, set, tlv } from "../testing/der.ts";
import { readChildren, readDer, readDerSequence } from "./reader.ts";

Deno.test("readDer reads class, form, tag, content and the whole", () => {
  const cases: [string, string, boolean, number, string][] = [
    ["0500", "universal", false, 5, ""],
    ["020105", "universal", false, 2, "05"],
    ["30020500", "universal", true, 16, "0500"],
    ["3100", "universal", true, 17, ""],
    ["4101ff", "application", false, 1, "ff"],
    ["6100", "application", true, 1, ""],
    ["8001aa", "context", false, 0, "aa"],
    ["a303020100", "context", true, 3, "020100"],
    ["de0100", "private", false, 30, "00"],
    ["fe00", "private", true, 30, ""],
  ];
  for (const [bytes, tagClass, constructed, tag, value] of cases) {
    const node = readDer(hex(bytes));
    assert.deepEqual(
      [node.tagClass, node.constructed, node.tag],
      [tagClass, constructed, tag],
      bytes,
    );
    assert.deepEqual(node.value, hex(value), bytes);
    assert.deepEqual(node.raw, hex(bytes), bytes);
  }
});

Deno.test("readDer reads lengths at both sides of every number of length bytes", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 100_000]) {
    const content = new Uint8Array(length).fill(1);
    assert.deepEqual(readDer(octets(content)).value, content, `${length}`);
  }
});

const INVALID: [string, string][] = [
  ["nothing", ""],
  ["a tag alone", "30"],
  ["a byte after it", "050000"],
  ["an element after it", "05000500"],
  ["a content that is cut off", "040201"],
  ["a length that is cut off", "0481"],
  ["a length of two bytes that is cut off", "048201"],
  ["an indefinite length", "30800000"],
  ["an indefinite length of a string", "2480040101 0000"],
  ["the reserved length ff", "04ff"],
  ["0 in a long length", "048100"],
  ["127 in a long length", `04817f${"00".repeat(127)}`],
  ["128 in two length bytes", `04820080${"00".repeat(128)}`],
  ["255 in two length bytes", `048200ff${"00".repeat(255)}`],
  ["256 in three length bytes", `0483000100${"00".repeat(256)}`],
  ["a length of five bytes", "04850000000001 00"],
  ["a length of 4 GiB", "0484ffffffff"],
  ["a high tag number", "1f1f00"],
  ["a high context tag number", "bf8101 00"],
  ["a high tag number that would read as 31", "1f0100"],
  ["a high context tag number that would read as 31", "9f0100"],
  ["the end of contents", "0000"],
  ["the end of contents, constructed", "2000"],
  ["a constructed OCTET STRING", "24030401aa"],
  ["a constructed INTEGER", "2203020101"],
  ["a constructed UTF8String", "2c030c0161"],
  ["a primitive SEQUENCE", "1000"],
  ["a primitive SET", "1100"],
];

Deno.test("readDer refuses everything that is not one element in DER", () => {
  for (const [what, bytes] of INVALID) {
    assert.throws(() => readDer(hex(bytes)), FormatError, what);
  }
});

Deno.test("readDer says that indefinite lengths are the problem where they are", () => {
  for (const bytes of ["30800000", "0480", "a0800000"]) {
    assert.throws(() => readDer(hex(bytes)), /a length is indefinite/, bytes);
  }
});

Deno.test("readDer refuses more bytes than its limit", () => {
  const large = octets(new Uint8Array(1000));
  assert.equal(readDer(large, large.length).raw.length, large.length);
  assert.throws(() => readDer(large, large.length - 1), /more than 1003 bytes/);
  assert.throws(() => readDer(new Uint8Array(4 * 1024 * 1024 + 1)), /more than 4194304 bytes/);
});

Deno.test("readChildren reads one level, in order", () => {
  const node = readDer(sequence(integer(1), sequence(nothing()), set()));
  assert.deepEqual(readChildren(node).map((child) => child.raw), [
    integer(1),
    sequence(nothing()),
    set(),
  ]);
  assert.deepEqual(readChildren(readDer(sequence())), []);
  assert.deepEqual(readChildren(readDer(hex("a0020500"))).map((child) => child.tag), [5]);
});

Deno.test("readChildren refuses primitive elements, parts that stick out, and too many", () => {
  const refused: [string, Bytes][] = [
    ["an OCTET STRING", octets(nothing())],
    ["a primitive context element", tlv(0x80, nothing())],
    ["a part that sticks out", sequence(hex("0402aa"))],
    ["a part whose length sticks out", sequence(hex("04"))],
    ["a half part behind a whole one", sequence(nothing(), hex("30"))],
    ["an indefinite part", sequence(hex("30800000"))],
  ];
  for (const [what, bytes] of refused) {
    assert.throws(() => readChildren(readDer(bytes)), FormatError, what);
  }
  const parts = (count: number): Bytes =>
    sequence(Uint8Array.from({ length: 2 * count }, (_, index) => index % 2 === 0 ? 5 : 0));
  assert.equal(readChildren(readDer(parts(10_000))).length, 10_000);
  assert.throws(() => readChildren(readDer(parts(10_001))), /too many parts/);
});

Deno.test("readDerSequence splits elements, and copies them", () => {
  const bytes = concatBytes(integer(1), sequence(), octets(hex("aa")));
  const elements = readDerSequence(bytes);
  bytes.fill(0);
  assert.deepEqual(elements, [integer(1), sequence(), octets(hex("aa"))]);
  assert.deepEqual(readDerSequence(new Uint8Array()), []);
  assert.throws(() => readDerSequence(concatBytes(integer(1), hex("04"))), FormatError);
  assert.throws(() => readDerSequence(hex("0500".repeat(10_001))), /too many elements/);
});

Deno.test("readDer takes deep nesting without going into it", () => {
  let bytes: Bytes = nothing();
  for (let depth = 0; depth < 2000; depth++) bytes = sequence(bytes);
  let node = readDer(bytes);
  let depth = 0;
  for (; node.constructed; depth++) node = readChildren(node)[0] ?? node;
  assert.equal(depth, 2000);
});

/** Trees of elements, and their encoding. */
const { tree } = fc.letrec<{ tree: Bytes }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.uint8Array({ maxLength: 200 }).map((content) => octets(new Uint8Array(content))),
    fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }).map(integer),
    fc.array(tie("tree"), { maxLength: 5 }).map((parts) => sequence(...parts)),
  ),
}));

Deno.test("readDer and readChildren give back every byte of an encoding", () => {
  fc.assert(fc.property(tree, (bytes) => assert.deepEqual(rebuilt(bytes), bytes)), {
    numRuns: 200,
  });
});

Deno.test("readDer throws nothing but FormatError, and what it accepts has one encoding", () => {
  const mutated = fc.tuple(tree, fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([seed, at, change]) => {
      const bytes = seed.slice();
      bytes[at % seed.length] = (bytes[at % seed.length] ?? 0) ^ change;
      return bytes;
    });
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, noise), (bytes) => {
      let again: Bytes;
      try {
        again = rebuilt(bytes);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        return;
      }
      assert.deepEqual(again, bytes);
    }),
    { numRuns: 500 },
  );
});

/** Reads an encoding down to its leaves, and writes it again. */
function rebuilt(bytes: Bytes): Bytes {
  const node = readDer(bytes);
  const content = node.constructed
    ? concatBytes(...readChildren(node).map((child) => rebuilt(child.raw)))
    : node.value;
  return tlv(bytes[0] ?? 0, content);
}
