import type { ArtifactReport, Decision } from "../report/mod.ts";
import { createConfigPolicy } from "./config_policy.ts";
import {
  countedReports,
  foundWords,
  type GroupState,
  hasTransient,
  type Quantifier,
  stateOf,
} from "./group.ts";
import type { PolicyInput, PolicyProvider } from "./policy_provider.ts";

/** What a rule means to the group that it stands in. */
interface RuleRole {
  /**
   * `counted`: it counts towards the threshold. `required`: it counts, and must hold whatever else
   * does. `optional`: it does not count; where it has reports, it must hold.
   */
  readonly role: "counted" | "required" | "optional";
}

/** A rule about the reports of one verifier. */
export interface VerifierRule extends RuleRole {
  readonly verifierName: string;
  /** How many of its reports must be successes. */
  readonly artifacts: Quantifier;
}

/** Rules of which some must hold: at least one counts. */
export interface ThresholdGroup extends RuleRole {
  /** How many of the rules that count must hold: at least 1. */
  readonly threshold: number;
  readonly rules: readonly ThresholdRule[];
}

/** A rule, or a group of rules. */
export type ThresholdRule = VerifierRule | ThresholdGroup;

/** What came of a rule. */
interface Outcome {
  readonly state: GroupState;
  readonly explanation: string;
  /** Whether the rule is about something that is there, or may be. */
  readonly isPresent: boolean;
  /** The reports that a rule which is undecided waits for. */
  readonly open: readonly ArtifactReport[];
}

/**
 * A policy by verifiers: of some rules, so many must hold; rules may be groups of rules. What no rule
 * names does not matter. A group holds when its threshold is met, its required rules hold and its optional
 * ones have nothing against it; it fails when that cannot come to be any more.
 *
 * What must be attached to an artifact is not the matter of these rules: of every type that its verifier
 * names, and of every other that is there, one must be valid.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createThresholdPolicy } from "./mod.ts";
 *
 * const rule = { verifierName: "notation", artifacts: "any", role: "counted" } as const;
 * const policy = createThresholdPolicy({ threshold: 1, rules: [rule], role: "counted" });
 * assert.equal(policy.decide({ reports: [], listingComplete: true }).decision, "deny");
 * assert.equal(policy.decide({ reports: [], listingComplete: false }).decision, "undecided");
 * ```
 */
export function createThresholdPolicy(group: ThresholdGroup): PolicyProvider {
  const nested = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });
  return {
    type: "threshold-policy",
    decide: (input) =>
      input.nestedTypes === undefined ? decide(group, input) : nested.decide(input),
  };
}

function decide(group: ThresholdGroup, input: PolicyInput): Decision {
  const counted = { ...input, reports: countedReports(input.reports) };
  const { state, told: explanation, open } = judgeGroup(group, counted);
  switch (state) {
    case "holds":
      return { decision: "allow", explanation };
    case "fails":
      return { decision: "deny", explanation };
    case "undecided": {
      const transient = !input.listingComplete || hasTransient(open);
      return { decision: "undecided", explanation, transient };
    }
  }
}

function judge(rule: ThresholdRule, input: PolicyInput): Outcome {
  return "rules" in rule ? judgeGroup(rule, input) : judgeVerifier(rule, input);
}

function judgeVerifier(
  { verifierName, artifacts, role }: VerifierRule,
  input: PolicyInput,
): Outcome {
  const { listingComplete } = input;
  const reports = input.reports.filter((report) => report.verifierName === verifierName);
  const state = stateOf(artifacts, reports, listingComplete);
  const what = artifacts === "any" ? verifierName : `every artifact for ${verifierName}`;
  const isPresent = reports.length > 0 || !listingComplete;
  return {
    state,
    explanation: `${what} ${stateWords(role, state, isPresent)}: ${foundWords(reports)}`,
    isPresent,
    open: state === "undecided" ? reports : [],
  };
}

function judgeGroup(
  { threshold, rules, role }: ThresholdGroup,
  input: PolicyInput,
): Outcome & { readonly told: string } {
  const outcomes = rules.map((rule) => ({ ...judge(rule, input), role: rule.role }));
  const counted = outcomes.filter((outcome) => outcome.role !== "optional");
  const binding = outcomes.filter((outcome) =>
    outcome.role === "required" || (outcome.role === "optional" && outcome.isPresent)
  );
  const holding = counted.filter(({ state }) => state === "holds").length;
  const possible = counted.filter(({ state }) => state !== "fails").length;
  const state = possible < threshold || binding.some((outcome) => outcome.state === "fails")
    ? "fails"
    : holding < threshold || binding.some((outcome) => outcome.state === "undecided")
    ? "undecided"
    : "holds";
  const isPresent = outcomes.some((outcome) => outcome.isPresent);
  const told = `${threshold} of ${counted.length} must hold, ${holding} ${
    holding === 1 ? "does" : "do"
  }: ${outcomes.map(({ explanation }) => explanation).join("; ")}`;
  return {
    state,
    explanation: `a group ${stateWords(role, state, isPresent)} (${told})`,
    told,
    isPresent,
    open: state === "undecided" ? outcomes.flatMap(({ open }) => open) : [],
  };
}

const WORDS: Readonly<Record<GroupState, string>> = {
  holds: "holds",
  fails: "does not hold",
  undecided: "is undecided",
};

function stateWords(role: RuleRole["role"], state: GroupState, isPresent: boolean): string {
  if (role === "optional" && !isPresent) return "[optional] is absent";
  return role === "counted" ? WORDS[state] : `[${role}] ${WORDS[state]}`;
}
