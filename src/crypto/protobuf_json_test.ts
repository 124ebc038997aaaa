import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "./format_error.ts";
import type { JsonValue } from "./json.ts";
import { ProtoMessage } from "./protobuf_json.ts";

const read = (value: unknown): ProtoMessage =>
  new ProtoMessage(value as JsonValue, "", ["aB", "list", "text"]);

Deno.test("ProtoMessage takes fields in both spellings, and null for absent", () => {
  assert.equal(read({ aB: 1 }).integer("aB"), 1);
  assert.equal(read({ a_b: "1" }).integer("aB"), 1);
  for (const empty of [{}, { aB: null, text: null, list: null }]) {
    const message = read(empty);
    assert.equal(message.has("aB"), false);
    assert.equal(message.integer("aB"), 0);
    assert.equal(message.text("text"), "");
    assert.deepEqual(message.bytes("text"), new Uint8Array());
    assert.deepEqual(message.byteLists("list"), []);
    assert.deepEqual(message.messages("list", []), []);
    assert.equal(message.message("text", []), undefined);
  }
});

Deno.test("ProtoMessage refuses what is not an object, unknown fields, and one field in two spellings", () => {
  for (
    const value of [null, [], "x", 1, { b: 1 }, { A_B: 1 }, { aB: 1, a_b: 1 }, { aB: null, a_b: 1 }]
  ) {
    assert.throws(() => read(value), FormatError, JSON.stringify(value));
  }
});

Deno.test("ProtoMessage takes integers from 0 to 2^53-1, as numbers or as digits", () => {
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) {
    assert.equal(read({ aB: value }).integer("aB"), value);
    assert.equal(read({ aB: String(value) }).integer("aB"), value);
  }
  for (
    const value of [
      -1,
      0.5,
      2 ** 53,
      "",
      "01",
      "-1",
      "+1",
      "1.0",
      "1e3",
      " 1",
      "9007199254740992",
      true,
      {},
    ]
  ) {
    assert.throws(() => read({ aB: value }).integer("aB"), FormatError, JSON.stringify(value));
  }
});

Deno.test("ProtoMessage takes bytes in canonical base64 and names what is wrong", () => {
  assert.deepEqual(read({ text: "AQ==" }).bytes("text"), new Uint8Array([1]));
  assert.deepEqual(read({ list: ["AQ==", ""] }).byteLists("list").map((one) => one.length), [1, 0]);
  for (const value of ["AQ", "AR==", "A Q==", "_w==", 1]) {
    assert.throws(() => read({ text: value }).bytes("text"), /text is not/);
    assert.throws(() => read({ list: [value] }).byteLists("list"), /list\[0\] is not/);
  }
  assert.throws(() => read({ list: {} }).byteLists("list"), /list is not a list/);
  assert.throws(() => read({ list: Array(10_001).fill("") }).byteLists("list"), /too many/);
  assert.throws(() => read({ list: [{ x: 1 }] }).messages("list", []), /list\[0\] has the unknown/);
});

Deno.test("ProtoMessage throws nothing but FormatError", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (first, second) => {
      for (const value of [first, { aB: first, list: second }, { a_b: second, text: first }]) {
        try {
          const message = read(value);
          message.integer("aB");
          message.byteLists("list");
          message.bytes("text");
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});
