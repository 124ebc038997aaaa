import assert from "node:assert/strict";
import fc from "fast-check";
import type { ArtifactReport, Decision } from "../report/mod.ts";
import {
  createThresholdPolicy,
  type ThresholdGroup,
  type ThresholdRule,
} from "./threshold_policy.ts";

type Outcome = ArtifactReport["outcome"];
type Role = ThresholdRule["role"];

function report(verifierName: string, outcome: Outcome, transient = true): ArtifactReport {
  return {
    subject: "r.io/app:v1",
    subjectDigest: "sha256:00",
    verifierName,
    verifierType: "notation",
    referenceDigest: "sha256:11",
    artifactType: "s",
    outcome,
    message: outcome,
    checks: [],
    ...(outcome === "success" ? {} : { failure: { reason: "expiry", remedy: "", transient } }),
  };
}

function rule(
  verifierName: string,
  role: Role = "counted",
  artifacts: "any" | "all" = "any",
): ThresholdRule {
  return { verifierName, artifacts, role };
}

function group(
  threshold: number,
  rules: readonly ThresholdRule[],
  role: Role = "counted",
): ThresholdGroup {
  return { threshold, rules, role };
}

const [good, bad, open] = ["success", "failure", "undecided"] as const;
const [a, b, c] = [rule("a"), rule("b"), rule("c")];

/** What the policy is, its rules, reports, whether the listing is complete, the decision. */
const TABLE: readonly (readonly [
  string,
  ThresholdGroup,
  readonly (readonly [string, Outcome])[],
  boolean,
  Decision["decision"],
])[] = [
  ["1 of a, b", group(1, [a, b]), [["a", good]], true, "allow"],
  ["1 of a, b", group(1, [a, b]), [["b", good], ["a", bad]], true, "allow"],
  ["1 of a, b", group(1, [a, b]), [["a", bad]], true, "deny"],
  ["1 of a, b", group(1, [a, b]), [["a", bad], ["b", open]], true, "undecided"],
  ["1 of a, b", group(1, [a, b]), [["c", good]], true, "deny"],
  ["1 of a, b", group(1, [a, b]), [], true, "deny"],
  ["1 of a, b", group(1, [a, b]), [], false, "undecided"],
  ["1 of a, b", group(1, [a, b]), [["a", good]], false, "allow"],
  ["1 of a, b", group(1, [a, b]), [["a", bad]], false, "undecided"],
  ["2 of a, b, c", group(2, [a, b, c]), [["a", good], ["c", good]], true, "allow"],
  ["2 of a, b, c", group(2, [a, b, c]), [["a", good], ["a", good]], true, "deny"],
  ["2 of a, b, c", group(2, [a, b, c]), [["a", good], ["b", open]], true, "undecided"],
  ["2 of a, b, c", group(2, [a, b, c]), [["a", open]], true, "deny"],
  ["2 of a, b, c", group(2, [a, b, c]), [["a", good], ["b", good], ["c", open]], true, "allow"],
  ["any of a's artifacts", group(1, [a]), [["a", bad], ["a", good]], true, "allow"],
  [
    "all of a's artifacts",
    group(1, [rule("a", "counted", "all")]),
    [["a", bad], ["a", good]],
    true,
    "deny",
  ],
  [
    "all of a's artifacts",
    group(1, [rule("a", "counted", "all")]),
    [["a", open], ["a", good]],
    true,
    "undecided",
  ],
  [
    "all of a's artifacts",
    group(1, [rule("a", "counted", "all")]),
    [["a", good]],
    false,
    "undecided",
  ],
  [
    "1 of a, b, where a is required",
    group(1, [rule("a", "required"), b]),
    [["b", good]],
    true,
    "deny",
  ],
  [
    "1 of a, b, where a is required",
    group(1, [rule("a", "required"), b]),
    [["a", good]],
    true,
    "allow",
  ],
  [
    "1 of a, b, where a is required",
    group(1, [rule("a", "required"), b]),
    [["b", good], ["a", open]],
    true,
    "undecided",
  ],
  [
    "a, and b where it is there",
    group(1, [a, rule("b", "optional")]),
    [["a", good]],
    true,
    "allow",
  ],
  [
    "a, and b where it is there",
    group(1, [a, rule("b", "optional")]),
    [["a", good], ["b", bad]],
    true,
    "deny",
  ],
  [
    "a, and b where it is there",
    group(1, [a, rule("b", "optional")]),
    [["a", good], ["b", open]],
    true,
    "undecided",
  ],
  ["a, and b where it is there", group(1, [a, rule("b", "optional")]), [["b", good]], true, "deny"],
  [
    "a, and b where it is there",
    group(1, [a, rule("b", "optional")]),
    [["a", good]],
    false,
    "undecided",
  ],
  [
    "a, and b where it is there",
    group(1, [a, rule("b", "optional")]),
    [["a", open], ["b", bad]],
    true,
    "deny",
  ],
  ["a, and b or c", group(2, [a, group(1, [b, c])]), [["a", good], ["c", good]], true, "allow"],
  ["a, and b or c", group(2, [a, group(1, [b, c])]), [["a", good]], true, "deny"],
  ["a, and b or c", group(2, [a, group(1, [b, c])]), [["a", good], ["b", open]], true, "undecided"],
  ["a, and b or c", group(2, [a, group(1, [b, c])]), [["b", open]], true, "deny"],
  ["a, or b and c", group(1, [a, group(2, [b, c])]), [["b", good], ["c", good]], true, "allow"],
  ["a, or b and c", group(1, [a, group(2, [b, c])]), [["b", good], ["a", bad]], true, "deny"],
  [
    "a, and b and c if b is there",
    group(1, [a, group(2, [b, c], "optional")]),
    [["a", good]],
    true,
    "allow",
  ],
  [
    "a, and b and c if b is there",
    group(1, [a, group(2, [b, c], "optional")]),
    [["a", good], ["b", good]],
    true,
    "deny",
  ],
];

for (const [what, policy, reports, listingComplete, expected] of TABLE) {
  const found = reports.map(([name, outcome]) => `${name} ${outcome}`).join(", ") || "nothing";
  const listing = listingComplete ? "" : " of an incomplete listing";
  Deno.test(`threshold policy ${what}, with ${found}${listing}: ${expected}`, () => {
    const all = reports.map(([name, outcome]) => report(name, outcome));
    assert.equal(
      createThresholdPolicy(policy).decide({ reports: all, listingComplete }).decision,
      expected,
    );
  });
}

const role = fc.constantFrom<Role>("counted", "counted", "required", "optional");
const { groups } = fc.letrec<{ rules: ThresholdRule; groups: ThresholdGroup }>((tie) => ({
  rules: fc.oneof(
    { maxDepth: 2 },
    fc.record({
      verifierName: fc.constantFrom("a", "b", "c", "d"),
      artifacts: fc.constantFrom("any", "all"),
      role,
    }),
    tie("groups"),
  ),
  groups: fc.tuple(fc.array(tie("rules"), { maxLength: 3 }), fc.nat(3), role)
    .map(([more, extra, ownRole]) => {
      const rules = [...more, rule("a")]; // one rule at least counts
      const counted = rules.filter((one) => one.role !== "optional").length;
      return group(1 + extra % counted, rules, ownRole);
    }),
}));
const reportLists = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    outcome: fc.constantFrom<Outcome>(good, bad, open),
  }),
  { maxLength: 6 },
).map((list) => list.map(({ name, outcome }) => report(name, outcome)));

function decide(
  policy: ThresholdGroup,
  reports: readonly ArtifactReport[],
  complete = true,
): string {
  return createThresholdPolicy(policy).decide({ reports, listingComplete: complete }).decision;
}

Deno.test("threshold policy never allows without a success", () => {
  fc.assert(
    fc.property(groups, reportLists, fc.boolean(), (policy, list, complete) => {
      const reports = list.filter(({ outcome }) => outcome !== good);
      assert.notEqual(decide(policy, reports, complete), "allow");
    }),
    { numRuns: 500 },
  );
});

Deno.test("threshold policy never turns to allow because a success became something else", () => {
  fc.assert(
    fc.property(groups, reportLists, fc.boolean(), (policy, reports, complete) => {
      if (decide(policy, reports, complete) === "allow") return;
      for (const [index, { verifierName }] of reports.entries()) {
        const worse = reports.with(index, report(verifierName, bad));
        assert.notEqual(decide(policy, worse, complete), "allow");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("threshold policy that decides with open reports decides so however they turn out", () => {
  fc.assert(
    fc.property(groups, reportLists, fc.array(fc.boolean()), (policy, reports, turns) => {
      const early = decide(policy, reports);
      if (early === "undecided") return;
      const late = reports.map((one, index) =>
        one.outcome === open ? report(one.verifierName, turns[index] ? good : bad) : one
      );
      assert.equal(decide(policy, late), early);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("threshold policy that decides on an incomplete listing decides so whatever else is there", () => {
  fc.assert(
    fc.property(groups, reportLists, reportLists, (policy, reports, more) => {
      const early = decide(policy, reports, false);
      if (early === "undecided") return;
      const closed = more.filter(({ outcome }) => outcome !== open);
      assert.equal(decide(policy, [...reports, ...closed]), early);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("threshold policy tells a passing cause from one that stays, of what it waits for", () => {
  const transient = (
    policy: ThresholdGroup,
    reports: readonly ArtifactReport[],
    complete = true,
  ): unknown => {
    const decision = createThresholdPolicy(policy).decide({ reports, listingComplete: complete });
    assert.equal(decision.decision, "undecided");
    return decision.decision === "undecided" && decision.transient;
  };
  assert.equal(transient(group(1, [a]), [report("a", open, true)]), true);
  assert.equal(transient(group(1, [a]), [report("a", open, false)]), false);
  assert.equal(
    transient(group(1, [a]), [report("a", open, false), report("b", open, true)]),
    false,
  );
  assert.equal(transient(group(1, [a]), [], false), true);
});

Deno.test("threshold policy does not count what a verifier found to be of another kind", () => {
  const other = {
    ...report("b", bad),
    failure: { reason: "not_applicable", remedy: "", transient: false },
  } as const;
  const policy = group(1, [a, rule("b", "optional")]);
  assert.equal(decide(policy, [report("a", good), other]), "allow");
});

Deno.test("threshold policy explains what was required and what was found", () => {
  const policy = createThresholdPolicy(
    group(2, [rule("a", "required"), group(1, [b, rule("c", "optional", "all")])]),
  );
  const reports = [report("a", bad), report("b", good)];
  assert.equal(
    policy.decide({ reports, listingComplete: true }).explanation,
    "2 of 2 must hold, 1 does: a [required] does not hold: 0 of 1 is valid; a group holds (1 of 1 must hold, 1 does: b holds: 1 of 1 is valid; every artifact for c [optional] is absent: none was found)",
  );
});

Deno.test("threshold policy wants one valid artifact of each type that must be attached to an artifact", () => {
  const policy = createThresholdPolicy(group(1, [a]));
  const nested = (reports: readonly ArtifactReport[], ...nestedTypes: readonly string[]): string =>
    policy.decide({ reports, listingComplete: true, nestedTypes }).decision;
  assert.equal(nested([report("x", good)], "s"), "allow");
  assert.equal(nested([report("x", good)], "s", "t"), "deny");
  assert.equal(nested([report("a", bad)], "s"), "deny");
  assert.equal(nested([report("x", open)], "*"), "undecided");
  assert.equal(nested([], "*"), "deny");
});
