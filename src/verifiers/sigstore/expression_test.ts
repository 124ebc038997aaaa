import assert from "node:assert/strict";
import { compileExpression, isAnchored } from "./expression.ts";

Deno.test("compileExpression matches as RE2 does: anywhere, unless anchored", async () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["a", "bab", true],
    ["^a$", "bab", false],
    ["^https://x\\.example/.*@refs/tags/v[0-9]+$", "https://x.example/w@refs/tags/v12", true],
    ["^https://x\\.example/.*$", "https://xyexample/w", false],
    ["(?i)^ABC$", "abc", true],
    ["^[[:alpha:]]+\\z", "abc", true],
    ["^a$", "a\n", false],
    ["(?P<name>a)b", "ab", true],
  ];
  for (const [pattern, text, expected] of cases) {
    const matcher = await compileExpression(pattern);
    assert.ok(typeof matcher !== "string", String(matcher));
    assert.equal(matcher.matches(text), expected, pattern);
  }
});

Deno.test("compileExpression says what is wrong with an expression that RE2 does not have", async () => {
  for (const pattern of ["^a(b", "[z-a]", "(?=x)", "(?<!x)y", "\\8", "a{1001}", "*", "a**"]) {
    const problem = await compileExpression(pattern);
    assert.equal(typeof problem, "string", pattern);
    assert.match(String(problem), /RE2 syntax: /);
  }
  assert.match(String(await compileExpression("a".repeat(1001))), /more than 1000/);
});

Deno.test("compileExpression is not slow for the expressions that are slow elsewhere", async () => {
  const matcher = await compileExpression("^(a+)+$");
  assert.ok(typeof matcher !== "string");
  assert.equal(matcher.matches(`${"a".repeat(50_000)}b`), false); // ends, which is what matters
});

Deno.test("isAnchored wants both ends, and no alternative that escapes them", () => {
  for (const pattern of ["^a$", "\\Aa\\z", "^(a|b)$", "^[|]$", "^a\\|b$", "^a\\\\$", "^[]|]$"]) {
    assert.equal(isAnchored(pattern), true, pattern);
  }
  for (const pattern of ["a", "^a", "a$", "^a\\$", "^a|b$", "^a$|x", "", "^a\\\\\\$"]) {
    assert.equal(isAnchored(pattern), false, pattern);
  }
});
