import assert from "node:assert/strict";
import type { Decision, ReferrerReport } from "../report/mod.ts";
import { createCelPolicy } from "./cel_policy.ts";
import type { PolicyInput } from "./policy_provider.ts";

const NOTATION = "application/vnd.cncf.notary.signature";

function referrer(
  outcome: "success" | "failure" | "undecided",
  extensions?: Readonly<Record<string, unknown>>,
  nested: readonly ReferrerReport[] = [],
): ReferrerReport {
  const subject = "registry.example.com/app:v1";
  const place = { subject, referenceDigest: "sha256:1", artifactType: NOTATION };
  return {
    ...place,
    reports: [{
      ...place,
      subjectDigest: "sha256:0",
      verifierName: "notation",
      verifierType: "notation",
      outcome,
      message: "",
      checks: [],
      extensions,
      ...(outcome === "success"
        ? {}
        : { failure: { reason: "expiry", remedy: "", transient: outcome === "undecided" } }),
    }],
    nested,
  };
}

async function make(expression: string): Promise<(input: Partial<PolicyInput>) => Decision> {
  const result = await createCelPolicy(expression);
  assert.ok("policy" in result, JSON.stringify(result));
  return (input) => result.policy.decide({ reports: [], listingComplete: true, ...input });
}

const ANY = "input.verifierReports.exists(a, a.verifierReports.exists(r, r.isSuccess))";
const good = referrer("success");
const bad = referrer("failure");
const open = referrer("undecided");

const REFUSED: readonly [name: string, expression: string, expected: string][] = [
  ["nothing behind an operator", "1 +", "1:4 Unexpected token: EOF"],
  ["an unknown variable", "object.spec", "1:1 Unknown variable: object"],
  ["an unknown function", "foo(1)", "1:1 found no matching overload for 'foo(int)'"],
  [
    "a field that no report has, in the second line",
    "true ||\n  input.verifierReports.exists(a, a.verifierReport)",
    "2:37 No such key: verifierReport",
  ],
  [
    "a field of another type",
    "input.verifierReports[0].subject == 1",
    "1:1 no such overload: string == int",
  ],
  ["what is no truth value", '"true"', "1:1 must be of the type bool; it is of the type string"],
  [
    "what may be no truth value",
    "input.verifierReports[0].verifierReports[0].extensions.x",
    "1:1 must be of the type bool; it is of the type dyn",
  ],
  [
    "members of objects of JavaScript",
    "input.constructor == input",
    "1:7 No such key: constructor",
  ],
  [
    "a nesting without end",
    "(".repeat(100) + "true" + ")".repeat(100),
    "1:65 Exceeded maxDepth (64)",
  ],
  [
    "what is too long",
    `${" ".repeat(65_536)}true`,
    "1:1 must have at most 65536 characters; found 65540",
  ],
];
for (const [name, expression, expected] of REFUSED) {
  Deno.test(`createCelPolicy refuses ${name}`, async () => {
    const result = await createCelPolicy(expression);
    assert.ok("problems" in result);
    assert.deepEqual(
      result.problems.map(({ message, place }) => `${place.line}:${place.column} ${message}`),
      [expected],
    );
  });
}

Deno.test("an expression decides as its value says, and undecided reports are no success", async () => {
  const decide = await make(ANY);
  assert.equal(decide({ referrers: [bad, good, open] }).decision, "allow");
  assert.deepEqual(decide({ referrers: [bad] }), {
    decision: "deny",
    explanation: "the expression is false",
  });
  assert.equal(decide({}).decision, "deny");
  assert.equal(decide({ referrers: [bad, open] }).decision, "undecided");
  assert.equal(decide({ referrers: [good], listingComplete: false }).decision, "undecided");
});

const VALUES: readonly [expression: string, expected: Decision["decision"]][] = [
  ["input.verifierReports.size() == 1", "allow"],
  ["input.verifierReports[0].verifierReports[0].type == 'notation'", "allow"],
  ["input.verifierReports.exists(a, a.verifierReports.exists(r, has(r.errorReason)))", "deny"],
  [
    "input.verifierReports[0].nestedReports.all(n, n.verifierReports.exists(r, r.isSuccess))",
    "allow",
  ],
  [
    "input.verifierReports[0].nestedReports[0].subject.matches('^registry[.]example[.]com/')",
    "allow",
  ],
  ["input.verifierReports[0].verifierReports[0].extensions.count > 2.0", "allow"],
  ["input.verifierReports[0].verifierReports[0].extensions.list.exists(x, x == 'b')", "allow"],
  [
    "timestamp(input.verifierReports[0].verifierReports[0].extensions.at) < timestamp('2026-02-01T00:00:00Z')",
    "allow",
  ],
  [
    "input.verifierReports.all(a, a.verifierReports.all(r, !has(r.extensions.constructor)))",
    "allow",
  ],
  ["input.verifierReports[0].verifierReports[0].errorReason == ''", "undecided"],
  ["input.verifierReports[7].subject == ''", "undecided"],
  ["input.verifierReports[0].verifierReports[0].extensions.missing == 1", "undecided"],
  ["timestamp('nonsense') > timestamp('2026-01-01T00:00:00Z')", "undecided"],
  ["'a'.matches('(')", "undecided"],
  ["1 / 0 == 1", "undecided"],
  ["1 / 0 == 1 || true", "allow"],
];
for (const [expression, expected] of VALUES) {
  Deno.test(`${expression} makes it ${expected}`, async () => {
    const extensions = { count: 3, list: ["a", "b"], at: "2026-01-01T00:00:00Z" };
    const one = referrer("success", extensions, [good]);
    const decision = (await make(expression))({ referrers: [one] });
    assert.equal(decision.decision, expected, decision.explanation);
    if (decision.decision === "undecided") {
      assert.deepEqual([decision.transient, decision.cause?.code], [
        false,
        "POLICY_EVALUATION_FAILURE",
      ]);
      assert.match(decision.cause?.message ?? "", /line 1, column \d+: /);
    }
  });
}

const TEN = "[0,1,2,3,4,5,6,7,8,9]";
const doubled = (sign: string, start: string, times: number): string =>
  Array.from({ length: times }, (_, index) => index).reduceRight(
    (inner, index) =>
      `cel.bind(x${index}, x${index - 1} + x${index - 1}, ${inner})`.replaceAll("x-1", start),
    `${sign}(x${times - 1}) > 0`,
  );
const HOSTILE: readonly [name: string, expression: string][] = [
  [
    "loops in loops: 10^9 turns",
    `${"abcdefghi".split("").map((name) => `${TEN}.all(${name}, `).join("")}true${")".repeat(9)}`,
  ],
  [
    "loops in loops beside what is true",
    `${"abcdefghi".split("").map((name) => `${TEN}.all(${name}, `).join("")}true${
      ")".repeat(9)
    } || true`,
  ],
  ["lists that double their length", doubled("size", "[1]", 24)],
  ["texts that double their length", doubled("size", "'ab'", 24)],
];
for (const [name, expression] of HOSTILE) {
  Deno.test(`an evaluation without end is stopped, and the next one works: ${name}`, async () => {
    const guarded =
      `input.verifierReports.exists(a, a.nestedReports.size() == 2) ? (${expression}) : true`;
    const decide = await make(guarded);
    const bomb = referrer("success", undefined, [good, good]);
    const decision = decide({ referrers: [bomb] });
    if (decision.decision !== "undecided") assert.fail(decision.decision);
    assert.match(decision.cause?.message ?? "", /takes more steps than a policy may/);
    assert.equal(decide({ referrers: [good] }).decision, "allow");
  });
}

Deno.test("a regular expression is matched in time that is proportional to the text", async () => {
  const decide = await make(`'${"a".repeat(200)}b'.matches('^(a+)+$')`);
  assert.equal(decide({ referrers: [good] }).decision, "deny");
});
