import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, decodeUtf8, encodeUtf8, equalBytes, toHex } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import { hex } from "./testing/der.ts";

Deno.test("concatBytes puts parts one after the other into a new array", () => {
  assert.deepEqual(concatBytes(), new Uint8Array());
  const part = Uint8Array.of(1, 2);
  const all = concatBytes(part, new Uint8Array(), Uint8Array.of(3), part);
  assert.deepEqual(all, Uint8Array.of(1, 2, 3, 1, 2));
  all[0] = 9;
  assert.equal(part[0], 1);
  assert.notEqual(concatBytes(part).buffer, part.buffer);
});

Deno.test("equalBytes compares the length and every byte", () => {
  const rows = [
    ["", "", true],
    ["00", "00", true],
    ["0102ff", "0102ff", true],
    ["", "00", false],
    ["00", "", false],
    ["01", "0102", false],
    ["0102", "01", false],
    ["0102", "0103", false],
    ["0202", "0102", false],
  ] as const;
  for (const [a, b, equal] of rows) assert.equal(equalBytes(hex(a), hex(b)), equal, `${a} ${b}`);
  const buffer = hex("0102030102");
  assert.equal(equalBytes(buffer.subarray(0, 2), buffer.subarray(3)), true);
});

Deno.test("toHex writes two lower-case digits for each byte", () => {
  assert.equal(toHex(new Uint8Array()), "");
  assert.equal(toHex(Uint8Array.of(0, 1, 0x0a, 0xab, 0xff)), "00010aabff");
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert.deepEqual(hex(toHex(Uint8Array.from(bytes))), Uint8Array.from(bytes));
  }));
});

Deno.test("decodeUtf8 refuses everything that is not UTF-8", () => {
  const rows = [
    "80",
    "bf",
    "c0",
    "c080",
    "c1bf",
    "c3",
    "c328",
    "e282",
    "e28228",
    "e08080",
    "eda080",
    "edb080",
    "edbfbf",
    "f0808080",
    "f08282ac",
    "f09f98",
    "f4908080",
    "f5808080",
    "f8888080",
    "fe",
    "ff",
    "fffe",
    "61ff62",
    "e282acff",
  ];
  for (const row of rows) {
    assert.throws(() => decodeUtf8(hex(row)), { name: "FormatError", format: "UTF-8" }, row);
  }
});

Deno.test("decodeUtf8 keeps byte order marks, zeros and characters of every plane", () => {
  const rows = [
    ["", ""],
    ["00", "\0"],
    ["efbbbf61", "\ufeffa"],
    ["c3a9e282acf09f9880", "é€😀"],
    ["f48fbfbf", "\u{10ffff}"],
    ["efbfbd", "\ufffd"],
  ] as const;
  for (const [bytes, text] of rows) assert.equal(decodeUtf8(hex(bytes)), text);
});

Deno.test("decodeUtf8 gives back what encodeUtf8 was given, and keeps no state after an error", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(decodeUtf8(encodeUtf8(text)), text);
    assert.throws(() => decodeUtf8(hex("e282")), FormatError);
  }));
});
