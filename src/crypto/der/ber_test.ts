import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { hex, integer, octets, sequence, set, tlv } from "../testing/der.ts";
import { berToDer } from "./ber.ts";
import { readChildren, readDer } from "./reader.ts";

const LIMITS = { maxBytes: 1000 };

Deno.test("berToDer leaves DER as it is", () => {
  for (
    const der of [sequence(), sequence(integer(1), set(octets(hex("00")))), tlv(0xa0, octets())]
  ) {
    assert.deepEqual(berToDer(der, LIMITS), der);
  }
  const long = sequence(octets(new Uint8Array(300)));
  assert.deepEqual(berToDer(long, LIMITS), long);
});

Deno.test("berToDer writes indefinite and long lengths in their shortest definite form", () => {
  const rows: [string, string][] = [
    ["3080 020101 0000", "3003 020101"],
    ["3080 0000", "3000"],
    ["a080 3080 0500 0000 0000", "a004 3002 0500"],
    ["308103 020101", "3003 020101"],
    ["3088 0000000000000003 020101", "3003 020101"],
    ["30 80 04 82 0001 ff 00 00", "3003 0401ff"],
  ];
  for (const [ber, der] of rows) assert.deepEqual(berToDer(hex(ber), LIMITS), hex(der), ber);
});

Deno.test("berToDer joins the parts of an OCTET STRING, also of parts in parts", () => {
  const rows: [string, string][] = [
    ["2480 0401aa 0402bbcc 0000", "0403aabbcc"],
    ["2406 0401aa 0401bb", "0402aabb"],
    ["2480 2480 0401aa 0000 0401bb 0000", "0402aabb"],
    ["2480 0000", "0400"],
  ];
  for (const [ber, der] of rows) assert.deepEqual(berToDer(hex(ber), LIMITS), hex(der), ber);
  const parts = concatBytes(
    ...Array.from({ length: 3 }, () => octets(new Uint8Array(100).fill(7))),
  );
  assert.deepEqual(berToDer(tlv(0x24, parts), LIMITS), octets(new Uint8Array(300).fill(7)));
});

Deno.test("berToDer refuses what is no element, and strings of other types in parts", () => {
  const cases = [
    "",
    "30",
    "3080",
    "3080 0201",
    "3080 00",
    "3005 020101",
    "3000 00",
    "0000",
    "0480 0000",
    "3080 0480 0000 0000",
    "1f01 00",
    "2480 0201 01 0000",
    "2380 030100 0000",
    "2c80 0c0141 0000",
    "3089 000000000000000003 020101",
    "3084 ffffffff",
    "3003 0000 00",
  ];
  for (const text of cases) assert.throws(() => berToDer(hex(text), LIMITS), FormatError, text);
});

Deno.test("berToDer holds to its limits of bytes, depth and elements", () => {
  const deep = (depth: number): Bytes =>
    concatBytes(...Array(depth).fill(hex("3080")), ...Array(depth).fill(hex("0000")));
  assert.ok(berToDer(deep(5), { maxBytes: 100, maxDepth: 4 }));
  assert.throws(() => berToDer(deep(6), { maxBytes: 100, maxDepth: 4 }), /nested too deep/);
  const wide = sequence(integer(1), integer(2));
  assert.ok(berToDer(wide, { maxBytes: wide.length, maxElements: 3 }));
  assert.throws(() => berToDer(wide, { maxBytes: 100, maxElements: 2 }), /too many/);
  assert.throws(() => berToDer(wide, { maxBytes: wide.length - 1 }), /more than/);
});

Deno.test("berToDer of any nesting, however its lengths are written, is the same DER", () => {
  interface Tree {
    readonly parts?: readonly Tree[];
    readonly content: Bytes;
    readonly indefinite: boolean;
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record({
      content: fc.uint8Array({ maxLength: 9 }).map((bytes) => new Uint8Array(bytes)),
      indefinite: fc.boolean(),
      parts: fc.option(fc.array(tie("tree"), { maxLength: 3 }), { nil: undefined, maxDepth: 4 }),
    }) as fc.Arbitrary<Tree>,
  }));
  const der = (node: Tree): Bytes =>
    node.parts === undefined ? octets(node.content) : sequence(...node.parts.map(der));
  const ber = (node: Tree): Bytes => {
    const content = node.parts === undefined ? [octets(node.content)] : node.parts.map(ber);
    if (node.parts === undefined && !node.indefinite) return content[0] as Bytes;
    const tag = node.parts === undefined ? 0x24 : 0x30;
    return node.indefinite
      ? concatBytes(Uint8Array.of(tag, 0x80), ...content, Uint8Array.of(0, 0))
      : tlv(tag, ...content);
  };
  fc.assert(fc.property(tree, (node) => {
    assert.deepEqual(berToDer(ber(node), { maxBytes: 10_000 }), der(node));
  }));
});

Deno.test("berToDer gives DER or a FormatError for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      let der: Bytes;
      try {
        der = berToDer(new Uint8Array(noise), LIMITS);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        return;
      }
      try {
        readDer(der);
      } catch (error) {
        // A primitive SEQUENCE is for the reader of DER to refuse.
        assert.match(String(error), /primitive element is constructed/);
      }
    }),
    { numRuns: 1000 },
  );
  assert.equal(readChildren(readDer(berToDer(hex("3080 0500 0000"), LIMITS))).length, 1);
});
