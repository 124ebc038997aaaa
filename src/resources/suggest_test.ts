import assert from "node:assert/strict";
import fc from "fast-check";
import { suggest } from "./suggest.ts";

const FIELDS = ["trustPolicyDoc", "verificationCerts", "verificationCertStores", "userMetadata"];

Deno.test("suggest finds the candidate that a word was meant to be", () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["trustPolicyDocs", FIELDS, "trustPolicyDoc"],
    ["trustpolicydoc", FIELDS, "trustPolicyDoc"],
    ["trustPolicyDocument", FIELDS, "trustPolicyDoc"],
    ["verificationCert", FIELDS, "verificationCerts"],
    ["verificationCertStore", FIELDS, "verificationCertStores"],
    ["usermetdata", FIELDS, "userMetadata"],
    ["Any", ["any", "all"], "any"],
    ["al", ["any", "all"], "all"],
    ["strikt", ["strict", "skip"], "strict"],
  ];
  for (const [word, candidates, expected] of cases) {
    assert.equal(suggest(word, candidates), expected, word);
  }
});

Deno.test("suggest finds nothing when nothing is near", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["foo", FIELDS],
    ["", FIELDS],
    ["trust", FIELDS],
    ["most", ["any", "all"]],
    ["5", ["any", "all"]],
    ["any", []],
    ["x".repeat(1000), FIELDS],
  ];
  for (const [word, candidates] of cases) assert.equal(suggest(word, candidates), undefined, word);
});

Deno.test("suggest finds a word itself, and a longer word that lacks one letter", () => {
  const word = fc.stringMatching(/^[a-z]{4,20}$/);
  fc.assert(
    fc.property(word, fc.nat({ max: 3 }), (one, index) => {
      assert.equal(suggest(one, [one, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"]), one);
      assert.equal(suggest(one.slice(0, index) + one.slice(index + 1), [one]), one);
    }),
    { numRuns: 200 },
  );
});
