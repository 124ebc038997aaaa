import assert from "node:assert/strict";
import { describe, quote } from "./describe.ts";
import { formatPath, formatProblem, type Problem } from "./problem.ts";

const PROBLEM: Problem = {
  severity: "error",
  code: "CONFIG_INVALID",
  file: "a.yaml",
  line: 3,
  column: 5,
  resource: "Verifier/notation",
  field: "spec.type",
  text: "must be text",
};

Deno.test("formatProblem writes what editors and scripts read", () => {
  const cases: readonly (readonly [Partial<Problem>, string])[] = [
    [{}, "a.yaml:3:5: error CONFIG_INVALID Verifier/notation spec.type: must be text"],
    [
      { severity: "warning" },
      "a.yaml:3:5: warning CONFIG_INVALID Verifier/notation spec.type: must be text",
    ],
    [{ field: "" }, "a.yaml:3:5: error CONFIG_INVALID Verifier/notation: must be text"],
    [{ resource: "" }, "a.yaml:3:5: error CONFIG_INVALID spec.type: must be text"],
    [{ resource: "", field: "" }, "a.yaml:3:5: error CONFIG_INVALID must be text"],
  ];
  for (const [change, expected] of cases) {
    assert.equal(formatProblem({ ...PROBLEM, ...change }), expected);
  }
});

Deno.test("formatPath writes names and indexes as a person does", () => {
  const cases: readonly (readonly [readonly (string | number)[], string])[] = [
    [[], ""],
    [["spec"], "spec"],
    [["spec", "list", 0, "name"], "spec.list[0].name"],
    [["map", "a/b"], 'map["a/b"]'],
    [["map", "a-b"], "map.a-b"],
    [["map", ""], 'map[""]'],
    [["map", "1"], 'map["1"]'],
    [[0, "a"], "[0].a"],
    [["x\n"], '["x\\n"]'],
    [["x".repeat(200)], `["${"x".repeat(100)}…"]`],
  ];
  for (const [path, expected] of cases) assert.equal(formatPath(path), expected);
});

Deno.test("describe says what a value is without repeating much of it", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, "nothing"],
    [null, "nothing (null)"],
    [[1], "a list"],
    [{}, "an object"],
    [5, "5"],
    [true, "true"],
    ["a", '"a"'],
    ['"', '"\\""'],
    ["x".repeat(61), `"${"x".repeat(60)}…"`],
    ["-----BEGIN PRIVATE KEY-----", "PEM text"],
    [`${" ".repeat(5)}-----BEGIN`, "PEM text"],
  ];
  for (const [value, expected] of cases) assert.equal(describe(value), expected);
  assert.equal(quote("abcdef", 3), '"abc…"');
});
