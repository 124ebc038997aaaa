import assert from "node:assert/strict";
import fc from "fast-check";
import { quote } from "./quote.ts";

Deno.test("quote keeps printable ASCII and escapes the rest", () => {
  const cases: [string, string][] = [
    ["nginx:1.27", '"nginx:1.27"'],
    ["", '""'],
    ["a b", '"a b"'],
    ['a"b', '"a\\"b"'],
    ["a\\b", '"a\\\\b"'],
    ["a\nb\u0000", '"a\\u{a}b\\u{0}"'],
    ["\u001b[31m", '"\\u{1b}[31m"'],
    ["n\u0261inx", '"n\\u{261}inx"'],
    ["a\u202eb", '"a\\u{202e}b"'],
    ["\u{1f600}", '"\\u{1f600}"'],
    ["\ud800", '"\\u{d800}"'],
    ["\u007f", '"\\u{7f}"'],
  ];
  for (const [text, expected] of cases) assert.equal(quote(text), expected);
});

Deno.test("quote cuts long text and marks the cut", () => {
  assert.equal(quote("abcdef", 6), '"abcdef"');
  assert.equal(quote("abcdefg", 6), '"abcdef…"');
  assert.equal(quote("x".repeat(1_000_000)).length, 123);
});

Deno.test("quote gives printable text for any input", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.match(quote(text), /^"[\x20-\x7e]*…?"$/);
  }));
});
