import assert from "node:assert/strict";
import fc from "fast-check";
import type { ParsedFile } from "./document.ts";
import { parseYamlFile } from "./yaml.ts";

function parse(text: string): ParsedFile {
  return parseYamlFile({ path: "t.yaml", text });
}

/** The problems as `line:column text`. */
function problems(text: string): string[] {
  return parse(text).problems.map(({ line, column, text: what }) => `${line}:${column} ${what}`);
}

Deno.test("parseYamlFile reads the documents of a file as YAML 1.2", () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ["a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["---\n---\na: 1\n...\n", [{ a: 1 }]],
    ["", []],
    ["# nothing\n", []],
    ["a: yes\nb: on\nc: 0777\nd: 2024-01-01\n", [{ a: "yes", b: "on", c: 777, d: "2024-01-01" }]],
    ["a: &x {b: 1}\nc: *x\n", [{ a: { b: 1 }, c: { b: 1 } }]],
    ["a: {<<: {b: 1}}\n", [{ a: { "<<": { b: 1 } } }]],
    ["a: !!str 5\n", [{ a: "5" }]],
    ["%YAML 1.2\n---\na: 1\n", [{ a: 1 }]],
    ["a: 1\r\nb: 2\r\n", [{ a: 1, b: 2 }]],
    ['{"a": [1, null, true, "x"]}', [{ a: [1, null, true, "x"] }]],
    ["1: x\n", [{ "1": "x" }]],
    ["a: |\n  [[[{{{\n", [{ a: "[[[{{{\n" }]],
    [`a: ${"[".repeat(63)}${"]".repeat(63)}\n`, [{
      a: JSON.parse("[".repeat(63) + "]".repeat(63)),
    }]],
  ];
  for (const [text, expected] of cases) {
    const { documents, problems } = parse(text);
    assert.deepEqual(problems, [], text);
    assert.deepEqual(documents.map(({ value }) => value), expected, text);
  }
});

Deno.test("parseYamlFile refuses what is not strict YAML 1.2, with the place", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["a: 1\na: 2\n", ['2:1 the key "a" occurs twice']],
    ["x:\n  - {b: 1, 'b': 2}\n", ['2:12 the key "b" occurs twice']],
    ["1: a\n'1': b\n", ['2:1 the key "1" occurs twice']],
    ["a:\n\tb: 1\n", ["2:1 tabs are not allowed as indentation"]],
    ["a:\n  b: 1\n c: 2\n", ["3:1 all mapping items must start at the same column"]],
    ["a: b: c\n", ["1:4 nested mappings are not allowed in compact mappings"]],
    ['a: "b\n', ['2:1 missing closing "quote']],
    ["a: !x b\n", ["1:4 unresolved tag: !x"]],
    ["a: !!set {b, c}\n", ["1:10 the tag tag:yaml.org,2002:set is not allowed"]],
    ["a: !!timestamp 2020-01-01\n", [
      "1:16 the tag tag:yaml.org,2002:timestamp is not allowed",
    ]],
    ["? [a, b]\n: 1\n", ["1:3 a key must be a text"]],
    ["a: &x b\n*x : 1\n", ["2:1 a key must be a text"]],
    ["a: *x\n", ["1:4 the alias *x has no anchor before it"]],
    ["a: *x\nb: &x 1\n", ["1:4 the alias *x has no anchor before it"]],
    ["%YAML 1.1\n---\na: yes\n", [
      "2:1 the document says that it is YAML 1.1; it must be YAML 1.2",
    ]],
    ["%FOO bar\n---\na: 1\n", ["1:1 unknown directive %FOO"]],
    ["a: [\n---\nb: 1\n---\nb: *x\n", [
      "2:1 flow sequence in block collection must be sufficiently indented and end with a ]",
      "5:4 the alias *x has no anchor before it",
    ]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(problems(text), expected, text);
});

Deno.test("parseYamlFile keeps the good documents of a file beside the bad ones", () => {
  const { documents } = parse("a: 1\n---\na: *x\n---\nb: 1\n");
  assert.deepEqual(documents.map(({ value }) => value), [{ a: 1 }, { b: 1 }]);
});

Deno.test("parseYamlFile knows where values and names stand", () => {
  const [, document] = parse(
    'x: 1\n---\nspec:\n  list:\n    - a: 1\n      "b c": &v {d: 2}\n    - *v\n  empty:\n',
  ).documents;
  assert.ok(document !== undefined);
  const cases: readonly (readonly [(string | number)[], string, string])[] = [
    [[], "3:1", "3:1"],
    [["spec"], "4:3", "3:1"],
    [["spec", "list"], "5:5", "4:3"],
    [["spec", "list", 0, "a"], "5:10", "5:7"],
    [["spec", "list", 0, "b c", "d"], "6:21", "6:18"],
    [["spec", "list", 1], "7:7", "7:7"],
    [["spec", "list", 1, "d"], "6:21", "6:18"],
    [["spec", "empty"], "8:9", "8:3"],
    [["spec", "missing"], "4:3", "3:1"],
    [["spec", "list", 9, "a"], "5:5", "4:3"],
    [["spec", "list", "a"], "5:5", "4:3"],
    [["__proto__"], "3:1", "3:1"],
  ];
  for (const [path, value, key] of cases) {
    const text = ({ line, column }: { line: number; column: number }): string =>
      `${line}:${column}`;
    assert.equal(text(document.position(path)), value, JSON.stringify(path));
    assert.equal(text(document.keyPosition(path)), key, JSON.stringify(path));
  }
});

Deno.test("parseYamlFile bounds depth, aliases, documents and size", () => {
  const few = Array(21).fill("*a").join(", ");
  const cases: readonly (readonly [string, string])[] = [
    ["[".repeat(65) + "]".repeat(65), "1:65 values are nested more than 64 deep"],
    ["- ".repeat(65), "1:129 values are nested more than 64 deep"],
    [`a: &a x\nb: [${few}]\n`, "2:85 there are more than 20 aliases in the document"],
    [
      "a: &a [x, x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n",
      "1:1 aliases make the document much larger than it looks",
    ],
    ["--- 1\n".repeat(1001), "1001:1 there are more than 1000 documents in the file"],
    [
      "#\n".repeat(150_000),
      "1:1 the file is too large: it has more than 200000 words and signs",
    ],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(problems(text), [expected], text.slice(0, 40));
  }
});

Deno.test("parseYamlFile answers texts made to be slow or to overflow the stack", () => {
  const texts = [
    "[".repeat(90_000),
    "- ".repeat(40_000),
    "? ".repeat(40_000),
    "{a: ".repeat(30_000),
    `[${"a: b: ".repeat(30_000)}]`,
    Array.from({ length: 20_000 }, (_, index) => `a${index}: 1`).join("\n"),
    `"${"\\".repeat(1_000_000)}`,
    "&a ".repeat(40_000),
  ];
  for (const text of texts) {
    const started = performance.now();
    const { documents, problems } = parse(text);
    assert.equal(documents.length + problems.length, 1, text.slice(0, 20));
    assert.ok(performance.now() - started < 20_000, text.slice(0, 20));
  }
});

Deno.test("parseYamlFile reads what JSON can say", () => {
  const key = fc.string().filter((text) => text !== "__proto__");
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.string(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(value.filter((one) => one !== null), (one) => {
      const { documents, problems } = parse(JSON.stringify(one));
      assert.deepEqual(problems, []);
      assert.deepEqual(documents.map((document) => document.value), [one]);
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseYamlFile never throws", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."[]{}:,-?&*!|>'\"%@`#\n \t",
      "---\n",
      "...\n",
      "- ",
      ": ",
      "? ",
      "&a ",
      "*a ",
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { documents, problems } = parse(pieces.join(""));
      for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
      for (const document of documents) {
        const { line, column } = document.position(["a", 0, "b"]);
        assert.ok(line >= 1 && column >= 1);
      }
    }),
    { numRuns: 400 },
  );
});
