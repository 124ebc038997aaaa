import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "./format_error.ts";
import { JsonDocument, JsonError, type JsonLimits, type JsonValue, parseJson } from "./json.ts";

const value = (text: string): JsonValue => parseJson(text).value;

/** The same value of ordinary objects, as JSON.parse makes them. */
function ordinary(json: JsonValue): unknown {
  return JSON.parse(JSON.stringify(json));
}

const VALID: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["0", 0],
  ["-0", -0],
  ["-1", -1],
  ["1.5", 1.5],
  ["1e3", 1000],
  ["1E+3", 1000],
  ["25e-2", 0.25],
  ["1e-400", 0],
  ["9007199254740993", 9007199254740992],
  ['""', ""],
  ['"a"', "a"],
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
  ['"\\u0041\\u00e9\\u20AC"', "Aé€"],
  ['"\\ud83d\\ude00"', "😀"],
  ['"\\uD83D\\uDE00😀"', "😀😀"],
  ['"\\u0000"', "\0"],
  ['"\u007f\u2028\u2029\ufeff"', "\u007f\u2028\u2029\ufeff"],
  ["[]", []],
  ["{}", {}],
  [" \t\r\n[ 1 ,\n2 ] ", [1, 2]],
  ['{ "a" : { "b" : [ ] } }', { a: { b: [] } }],
  ['{"":1}', { "": 1 }],
  ['{"a":1,"A":2}', { a: 1, A: 2 }],
  ['[[1],[{"a":1}],{"a":1}]', [[1], [{ a: 1 }], { a: 1 }]],
];

Deno.test("parseJson reads what RFC 8259 allows", () => {
  for (const [text, expected] of VALID) {
    const found = value(text);
    assert.deepEqual(typeof found === "object" ? ordinary(found) : found, expected, text);
  }
});

/** Text, line, column, and what the message says. */
const INVALID: readonly (readonly [string, number, number, RegExp])[] = [
  ["", 1, 1, /ends too early/],
  ["  \n ", 2, 2, /ends too early/],
  ["\ufeff{}", 1, 1, /value is missing/],
  ["nul", 1, 1, /value is missing/],
  ["True", 1, 1, /value is missing/],
  ["nullx", 1, 5, /text after the value/],
  ["undefined", 1, 1, /value is missing/],
  ["NaN", 1, 1, /value is missing/],
  ["Infinity", 1, 1, /value is missing/],
  ["-Infinity", 1, 1, /value is missing/],
  ["+1", 1, 1, /value is missing/],
  ["-", 1, 1, /value is missing/],
  [".5", 1, 1, /value is missing/],
  ["01", 1, 2, /text after the value/],
  ["-01", 1, 3, /text after the value/],
  ["1.", 1, 2, /text after the value/],
  ["1e", 1, 2, /text after the value/],
  ["1e+", 1, 2, /text after the value/],
  ["0x10", 1, 2, /text after the value/],
  ["1_000", 1, 2, /text after the value/],
  ["1e400", 1, 1, /too large/],
  ["-1e400", 1, 1, /too large/],
  ["1 2", 1, 3, /text after the value/],
  ["{} {}", 1, 4, /text after the value/],
  ["{}\n\0", 2, 1, /text after the value/],
  ["// no\n1", 1, 1, /value is missing/],
  ["/**/1", 1, 1, /value is missing/],
  ["\u00a01", 1, 1, /value is missing/],
  ["\v1", 1, 1, /value is missing/],
  ["[1,]", 1, 4, /value is missing/],
  ["[,1]", 1, 2, /value is missing/],
  ["[1 2]", 1, 4, /comma or \]/],
  ["[1", 1, 3, /comma or \]/],
  ["[", 1, 2, /ends too early/],
  ["[1}", 1, 3, /comma or \]/],
  ["]", 1, 1, /value is missing/],
  ["{", 1, 2, /member name/],
  ['{"a"', 1, 5, /colon/],
  ['{"a":', 1, 6, /ends too early/],
  ['{"a" 1}', 1, 6, /colon/],
  ['{"a":1', 1, 7, /comma or }/],
  ['{"a":1,}', 1, 8, /member name/],
  ['{"a":1 "b":2}', 1, 8, /comma or }/],
  ["{a:1}", 1, 2, /member name/],
  ["{'a':1}", 1, 2, /member name/],
  ["{1:1}", 1, 2, /member name/],
  ["'a'", 1, 1, /value is missing/],
  ['"a', 1, 3, /no end/],
  ['"a\\"', 1, 5, /no end/],
  ['"\\', 1, 3, /escape/],
  ['"\\x41"', 1, 3, /escape/],
  ['"\\a"', 1, 3, /escape/],
  ['"\\U0041"', 1, 3, /escape/],
  ['"\\u004"', 1, 3, /four hexadecimal/],
  ['"\\u00g0"', 1, 3, /four hexadecimal/],
  ['"\\u{41}"', 1, 3, /four hexadecimal/],
  ['"\\u 041"', 1, 3, /four hexadecimal/],
  ['"\n"', 1, 2, /control character/],
  ['"\t"', 1, 2, /control character/],
  ['"a\0"', 1, 3, /control character/],
  ['"\\ud800"', 1, 9, /surrogate/],
  ['"\\udc00"', 1, 9, /surrogate/],
  ['"\\ude00\\ud83d"', 1, 15, /surrogate/],
  ['"\ud800"', 1, 4, /surrogate/],
  ['{"a\\ud800":1}', 1, 11, /surrogate/],
  ['{\n  "a": 1,\n  "b": tru\n}', 3, 8, /value is missing/],
  ["[\r\n1,\r\n2,\r\n]", 4, 1, /value is missing/],
];

Deno.test("parseJson refuses everything else, and says where", () => {
  for (const [text, line, column, message] of INVALID) {
    assert.throws(() => parseJson(text), (error: unknown) => {
      assert.ok(error instanceof JsonError && error instanceof FormatError, text);
      const found = { line: error.line, column: error.column, format: error.format };
      assert.deepEqual(found, { line, column, format: "JSON" }, text);
      assert.match(error.message, message, text);
      assert.ok(error.message.endsWith(`(line ${line}, column ${column})`), error.message);
      return true;
    }, text);
  }
});

Deno.test("parseJson refuses a member that occurs twice, at every level and however it is written", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ['{"a":1,"a":1}', 1, 8],
    ['{"a":1,"b":2,"a":3}', 1, 14],
    ['{"a":1,"\\u0061":2}', 1, 8],
    ['{"":1,"":2}', 1, 7],
    ['{"x":{"a":1,"a":1}}', 1, 13],
    ['[[{"a":1,\n"a":1}]]', 2, 1],
    ['{"x":[{"y":{"a":null,"a":null}}]}', 1, 22],
    ['{"__proto__":1,"__proto__":2}', 1, 16],
    ['{"toString":1,"toString":2}', 1, 15],
    ['{"constructor":1,"constructor":2}', 1, 18],
    ['{"0":1,"0":2}', 1, 8],
  ];
  for (const [text, line, column] of rows) {
    assert.throws(() => parseJson(text), (error: unknown) => {
      assert.ok(error instanceof JsonError, text);
      assert.match(error.message, /occurs twice/, text);
      assert.deepEqual([error.line, error.column], [line, column], text);
      return true;
    }, text);
  }
});

Deno.test("parseJson does not repeat long member names in messages", () => {
  const name = "n".repeat(10_000);
  assert.throws(() => parseJson(`{"${name}":1,"${name}":2}`), (error: unknown) => {
    assert.ok(error instanceof JsonError);
    return error.message.length < 300;
  });
});

Deno.test("parseJson gives names that objects have in JavaScript no meaning", () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
  for (const name of names) {
    const read = value(`{"${name}":{"polluted":true}}`) as Record<string, JsonValue>;
    assert.equal(Object.getPrototypeOf(read), null);
    assert.deepEqual(Object.keys(read), [name]);
    assert.deepEqual(Object.entries(read[name] as object), [["polluted", true]]);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  }
  const empty = value("{}") as Record<string, JsonValue>;
  for (const name of names) assert.equal(empty[name], undefined);
});

const nested = (depth: number, open = "[", close = "]"): string =>
  open.repeat(depth) + "1" + close.repeat(depth);

Deno.test("parseJson limits depth, count and length", () => {
  const rows: readonly (readonly [string, string, JsonLimits | undefined, RegExp | undefined])[] = [
    ["64 arrays", nested(64), undefined, undefined],
    ["65 arrays", nested(65), undefined, /nested more than 64/],
    ["64 objects", nested(64, '{"a":', "}"), undefined, undefined],
    ["65 objects", nested(65, '{"a":', "}"), undefined, /nested more than 64/],
    ["100,000 arrays that nothing closes", "[".repeat(100_000), undefined, /nested more than 64/],
    ["3 of 3", nested(3), { maxDepth: 3 }, undefined],
    ["4 of 3", nested(4), { maxDepth: 3 }, /nested more than 3/],
    ["a scalar at depth 0", "1", { maxDepth: 0 }, undefined],
    ["an array at depth 0", "[]", { maxDepth: 0 }, /nested more than 0/],
    ["5 values", "[1,[2],3]", { maxValues: 5 }, undefined],
    ["5 values of 4", "[1,[2],3]", { maxValues: 4 }, /too many values/],
    ["100,000 values", `[${"1,".repeat(99_998)}1]`, undefined, undefined],
    ["100,001 values", `[${"1,".repeat(99_999)}1]`, undefined, /too many values/],
    ["4 Mi characters", `"${"a".repeat(4 * 1024 * 1024 - 2)}"`, undefined, undefined],
    ["one more", `"${"a".repeat(4 * 1024 * 1024 - 1)}"`, undefined, /too long/],
    ["10 characters", '"12345678"', { maxLength: 10 }, undefined],
    ["11 characters of 10", '"123456789"', { maxLength: 10 }, /too long/],
  ];
  for (const [label, text, limits, message] of rows) {
    if (message === undefined) assert.ok(parseJson(text, limits) instanceof JsonDocument, label);
    else assert.throws(() => parseJson(text, limits), message, label);
  }
});

const DOCUMENT = `
{
  "a": 1,
  "list": [ true,
    {"x": null, "é": "z"} ],
\t"__proto__": { "deep": [[7]] },
  "": false
}`;

Deno.test("position and keyPosition tell where values and names stand", () => {
  const document = parseJson(DOCUMENT);
  const rows: readonly (readonly [readonly (string | number)[], string, string])[] = [
    [[], "2:1", "2:1"],
    [["a"], "3:8", "3:3"],
    [["list"], "4:11", "4:3"],
    [["list", 0], "4:13", "4:13"],
    [["list", "0"], "4:13", "4:13"],
    [["list", 1], "5:5", "5:5"],
    [["list", 1, "x"], "5:11", "5:6"],
    [["list", 1, "é"], "5:22", "5:17"],
    [["__proto__"], "6:15", "6:2"],
    [["__proto__", "deep", 0, 0], "6:27", "6:27"],
    [[""], "7:7", "7:3"],
    // What is not there: the nearest value above it.
    [["missing"], "2:1", "2:1"],
    [["missing", "x"], "2:1", "2:1"],
    [["list", 2], "4:11", "4:11"],
    [["list", 2, "x"], "4:11", "4:11"],
    [["list", -1], "4:11", "4:11"],
    [["list", "length"], "4:11", "4:11"],
    [["list", 1, "y"], "5:5", "5:5"],
    [["a", "b"], "3:8", "3:8"],
    [["list", 1, "x", "y"], "5:11", "5:11"],
    [["toString"], "2:1", "2:1"],
    [["__proto__", "toString"], "6:15", "6:15"],
  ];
  for (const [path, valueAt, keyAt] of rows) {
    const [one, other] = [document.position(path), document.keyPosition(path)];
    assert.equal(`${one.line}:${one.column}`, valueAt, `value of ${path.join(".")}`);
    assert.equal(`${other.line}:${other.column}`, keyAt, `key of ${path.join(".")}`);
  }
});

Deno.test("position works for documents that are no object", () => {
  for (const text of ["  7", '  "a"', "  null", "  [1]"]) {
    assert.deepEqual(parseJson(text).position([]), { line: 1, column: 3 });
    assert.deepEqual(parseJson(text).position(["a", 0]), { line: 1, column: 3 });
  }
});

Deno.test("parseJson reads what JSON.stringify writes, as JSON.parse does", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: "grapheme" }),
      fc.constantFrom(0, 1, "\t"),
      (json, space) => {
        const text = JSON.stringify(json, null, space);
        assert.equal(JSON.stringify(value(text)), JSON.stringify(JSON.parse(text)));
      },
    ),
    { numRuns: 500 },
  );
});

/** Text that is nearly JSON: JSON with pieces of its grammar put in, left out or exchanged. */
const nearlyJson = fc.tuple(
  fc.json(),
  fc.nat(),
  fc.constantFrom(
    "",
    ",",
    ":",
    '"',
    "\\",
    "\\u",
    "{",
    "}",
    "[",
    "]",
    "1",
    "-",
    ".",
    "e",
    "t",
    "\n",
    "\0",
    "\ud800",
  ),
  fc.nat({ max: 3 }),
).map(([text, at, piece, cut]) => {
  const index = at % (text.length + 1);
  return text.slice(0, index) + piece + text.slice(index + cut);
});

Deno.test("parseJson throws only JsonError, and takes nothing that JSON.parse refuses", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), nearlyJson);
  fc.assert(
    fc.property(texts, (text) => {
      let found: JsonValue;
      try {
        found = value(text);
      } catch (error) {
        assert.ok(error instanceof JsonError, String(error));
        assert.ok(error.line >= 1 && error.column >= 1);
        return;
      }
      assert.equal(JSON.stringify(found), JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseJson refuses what JSON.parse accepts only for one of its own rules", () => {
  fc.assert(
    fc.property(nearlyJson, (text) => {
      let accepted: unknown;
      try {
        accepted = JSON.parse(text);
      } catch {
        return;
      }
      try {
        assert.equal(JSON.stringify(value(text)), JSON.stringify(accepted));
      } catch (error) {
        assert.ok(error instanceof JsonError, String(error));
        assert.match(error.message, /occurs twice|surrogate|too large|nested more/);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("position finds every value that a document has", () => {
  const check = (
    document: JsonDocument,
    json: unknown,
    path: (string | number)[],
    lines: string[],
  ): void => {
    const { line, column } = document.position(path);
    const text = lines[line - 1]?.slice(column - 1) ?? "";
    const start = JSON.stringify(json);
    // Within a line, a scalar is written out; an array or object begins there.
    assert.ok(
      typeof json === "object" && json !== null
        ? text.startsWith(start[0]!)
        : text.startsWith(start),
    );
    if (typeof json !== "object" || json === null) return;
    for (const [name, inner] of Object.entries(json)) {
      check(document, inner, [...path, Array.isArray(json) ? Number(name) : name], lines);
    }
  };
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const text = JSON.stringify(json, null, 2);
      check(parseJson(text), JSON.parse(text), [], text.split("\n"));
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseJson reads a payload of 600 KiB", () => {
  const many = Array.from({ length: 7000 }, (_, index) => ({
    name: `component-${index}`,
    version: "1.2.3",
    purl: `pkg:npm/component-${index}@1.2.3\u00e9`,
    hashes: [index, null],
  }));
  const text = JSON.stringify({ many });
  assert.ok(text.length > 600 * 1024);
  const document = parseJson(text);
  assert.equal(JSON.stringify(document.value), text);
  assert.equal(document.position(["many", 6999, "name"]).line, 1);
});

Deno.test("parseJson reads long strings of escapes, long numbers and deep errors without delay", () => {
  // Each would take minutes if the time grew with the square of the length.
  const million = 1_000_000;
  assert.equal((value(`"${"\\u0041".repeat(million / 2)}"`) as string).length, million / 2);
  assert.equal((value(`"${"\\n".repeat(million)}"`) as string).length, million);
  assert.throws(() => value("1".repeat(million)), /too large/);
  assert.equal(value(`0.${"1".repeat(million)}`), 1 / 9);
  assert.throws(() => value(" ".repeat(4 * million)), /ends too early/);
  assert.throws(() => value(`${"\n".repeat(4 * million)}x`), /line 4000001, column 1/);
});
