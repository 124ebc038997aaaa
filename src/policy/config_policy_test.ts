import assert from "node:assert/strict";
import fc from "fast-check";
import type { ArtifactReport, Decision } from "../report/mod.ts";
import { createConfigPolicy } from "./config_policy.ts";
import type { Quantifier } from "./group.ts";

type Outcome = ArtifactReport["outcome"];

function report(artifactType: string, outcome: Outcome, transient = true): ArtifactReport {
  return {
    subject: "r.io/app:v1",
    subjectDigest: "sha256:00",
    verifierName: "v",
    verifierType: "notation",
    referenceDigest: "sha256:11",
    artifactType,
    outcome,
    message: outcome,
    checks: [],
    ...(outcome === "success" ? {} : { failure: { reason: "expiry", remedy: "", transient } }),
  };
}

function decide(
  policies: Record<string, Quantifier>,
  reports: readonly ArtifactReport[],
  listingComplete = true,
): Decision["decision"] {
  return createConfigPolicy({ artifactVerificationPolicies: policies })
    .decide({ reports, listingComplete }).decision;
}

const [good, bad, open] = ["success", "failure", "undecided"] as const;

/** policies, reports (type and outcome), whether the listing is complete, the decision. */
const TABLE: readonly (readonly [
  Record<string, Quantifier>,
  readonly (readonly [string, Outcome])[],
  boolean,
  Decision["decision"],
])[] = [
  [{ default: "any" }, [["s", good]], true, "allow"],
  [{ default: "any" }, [["s", bad]], true, "deny"],
  [{ default: "any" }, [["s", open]], true, "undecided"],
  [{ default: "any" }, [["s", bad], ["s", good]], true, "allow"],
  [{ default: "any" }, [["s", bad], ["s", open]], true, "undecided"],
  [{ default: "any" }, [["s", open], ["s", good]], true, "allow"],
  [{ default: "all" }, [["s", good]], true, "allow"],
  [{ default: "all" }, [["s", good], ["s", bad]], true, "deny"],
  [{ default: "all" }, [["s", good], ["s", open]], true, "undecided"],
  [{ default: "all" }, [["s", open], ["s", bad]], true, "deny"],
  [{}, [["s", good], ["s", bad]], true, "deny"],
  [{}, [["s", good]], true, "allow"],
  [{ default: "any" }, [], true, "deny"],
  [{}, [], true, "deny"],
  [{ s: "any" }, [], true, "deny"],
  [{ s: "all" }, [], true, "deny"],
  [{ s: "any", default: "any" }, [["t", good]], true, "deny"],
  [{ s: "any", default: "any" }, [["s", good], ["t", bad]], true, "deny"],
  [{ s: "any", default: "any" }, [["s", good], ["t", open]], true, "undecided"],
  [{ s: "any", t: "any" }, [["s", bad], ["t", open]], true, "deny"],
  [{ s: "any", t: "all" }, [["s", good], ["t", good], ["t", good]], true, "allow"],
  [{ default: "any" }, [], false, "undecided"],
  [{ s: "any" }, [], false, "undecided"],
  [{ default: "any" }, [["s", good]], false, "allow"],
  [{ default: "any" }, [["s", bad]], false, "undecided"],
  [{ default: "all" }, [["s", good]], false, "undecided"],
  [{ default: "all" }, [["s", bad]], false, "undecided"],
  [{ s: "any", default: "all" }, [["s", good], ["t", good]], false, "undecided"],
];

for (const [policies, reports, complete, expected] of TABLE) {
  const what = reports.map(([type, outcome]) => `${type} ${outcome}`).join(", ") || "nothing";
  const listing = complete ? "" : " of an incomplete listing";
  Deno.test(`config policy ${JSON.stringify(policies)} with ${what}${listing}: ${expected}`, () => {
    const all = reports.map(([type, outcome]) => report(type, outcome));
    assert.equal(decide(policies, all, complete), expected);
  });
}

const outcomes = fc.array(
  fc.record({ type: fc.constantFrom("s", "t"), outcome: fc.constantFrom(good, bad, open) }),
  { maxLength: 6 },
);
const quantifiers = fc.dictionary(
  fc.constantFrom("s", "t", "u", "default"),
  fc.constantFrom<Quantifier>("any", "all"),
);

Deno.test("config policy never allows without a success", () => {
  fc.assert(
    fc.property(quantifiers, outcomes, fc.boolean(), (policies, list, complete) => {
      const reports = list.filter(({ outcome }) => outcome !== good)
        .map(({ type, outcome }) => report(type, outcome));
      assert.notEqual(decide(policies, reports, complete), "allow");
    }),
    { numRuns: 500 },
  );
});

Deno.test("config policy never turns to allow because a success became something else", () => {
  fc.assert(
    fc.property(quantifiers, outcomes, fc.boolean(), (policies, list, complete) => {
      const reports = list.map(({ type, outcome }) => report(type, outcome));
      if (decide(policies, reports, complete) === "allow") return;
      for (const [index, one] of reports.entries()) {
        const worse = reports.with(index, report(one.artifactType, bad));
        assert.notEqual(decide(policies, worse, complete), "allow");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("config policy decides alike whatever the order of the reports", () => {
  fc.assert(
    fc.property(quantifiers, outcomes, fc.boolean(), (policies, list, complete) => {
      const reports = list.map(({ type, outcome }) => report(type, outcome));
      assert.equal(
        decide(policies, reports, complete),
        decide(policies, reports.toReversed(), complete),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("config policy tells a passing cause from one that stays", () => {
  const policy = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });
  const transient = (reports: readonly ArtifactReport[], listingComplete = true): unknown => {
    const decision = policy.decide({ reports, listingComplete });
    return decision.decision === "undecided" && decision.transient;
  };
  assert.equal(transient([report("s", open, false)]), false);
  assert.equal(transient([report("s", open, true)]), true);
  assert.equal(transient([report("s", open, false)], false), true);
});

Deno.test("config policy explains what was required and what was found", () => {
  const policy = createConfigPolicy({ artifactVerificationPolicies: { s: "any", default: "all" } });
  const decision = policy.decide({
    reports: [report("t", bad), report("t", good)],
    listingComplete: true,
  });
  assert.equal(
    decision.explanation,
    "at least one valid s is required: none was found; every t must be valid, and there must be one: 1 of 2 are valid",
  );
});
