import assert from "node:assert/strict";
import fc from "fast-check";
import { parseFile } from "./parse_file.ts";

Deno.test("parseFile reads JSON by its name and YAML otherwise", async () => {
  for (const path of ["a.json", "a.yaml", "a.yml", "/dev/stdin"]) {
    const { documents, problems } = await parseFile({ path, text: '{"a": [1]}' });
    assert.deepEqual(problems, []);
    assert.deepEqual(documents.map(({ value }) => JSON.stringify(value)), ['{"a":[1]}'], path);
  }
  const { documents } = await parseFile({ path: "a.json", text: "a: 1" });
  assert.equal(documents.length, 0);
});

Deno.test("parseFile tells the place of a mistake in JSON once", async () => {
  const { problems } = await parseFile({ path: "a.json", text: '{\n  "a": 1,\n  "a": 2}' });
  assert.deepEqual(problems, [{
    severity: "error",
    code: "CONFIG_INVALID",
    file: "a.json",
    line: 3,
    column: 3,
    resource: "",
    field: "",
    text: 'the member "a" occurs twice',
  }]);
});

Deno.test("parseFile refuses the member __proto__ at any depth, at its place", async () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a.json", '{"__proto__": 1}', "1:2"],
    ["a.json", '{"a": [0,\n {"b": {"__proto__": {}}}]}', "2:9"],
    ["a.json", '{"\\u005f_proto__": 1}', "1:2"],
    ["a.yaml", "a: 1\n__proto__: {x: 1}\n", "2:1"],
    ["a.yaml", "a:\n  - {b: {__proto__: 1}}\n", "2:10"],
    ["a.yaml", 'a: 1\n---\n"__pro\\x74o__": 1\n', "3:1"],
  ];
  for (const [path, text, place] of cases) {
    const { documents, problems } = await parseFile({ path, text });
    assert.deepEqual(
      problems.map(({ line, column, text: what }) => `${line}:${column} ${what}`),
      [`${place} a member must not be named "__proto__"`],
      text,
    );
    assert.equal(documents.length, text.includes("---") ? 1 : 0);
  }
});

Deno.test("parseFile never throws on JSON", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (text) => {
      const { documents, problems } = await parseFile({ path: "a.json", text });
      assert.equal(documents.length + problems.length, 1);
    }),
    { numRuns: 300 },
  );
});
