import {
  type ArtifactReport,
  type Decision,
  policyTypeOf,
  policyTypeOfReport,
} from "../report/mod.ts";
import {
  countedReports,
  foundWords,
  type GroupState,
  hasTransient,
  type Quantifier,
  stateOf,
} from "./group.ts";
import type { PolicyInput, PolicyProvider } from "./policy_provider.ts";

/** The configuration of the policy type `config-policy`. */
export interface ConfigPolicyConfiguration {
  /** By artifact type; `default` for the types that are not listed (`all` when absent). */
  readonly artifactVerificationPolicies: Readonly<Record<string, Quantifier>>;
}

interface Group {
  readonly artifactType: string;
  readonly quantifier: Quantifier;
  readonly state: GroupState;
  readonly reports: readonly ArtifactReport[];
}

/**
 * A policy by artifact types. Every listed type, and every type that has a report, is a group. A
 * group of `any` holds with one success; a group of `all` holds when it has reports and all are
 * successes. The image is allowed when there is a group and all hold. A group that fails wins over
 * one that is undecided. For what is attached to an artifact, the types that must be there take the
 * place of those that the policy lists; how many must be successes, the policy says there too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createConfigPolicy } from "./mod.ts";
 *
 * const policy = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });
 * assert.equal(policy.decide({ reports: [], listingComplete: true }).decision, "deny");
 * assert.equal(policy.decide({ reports: [], listingComplete: false }).decision, "undecided");
 * ```
 */
export function createConfigPolicy(configuration: ConfigPolicyConfiguration): PolicyProvider {
  const quantifiers = byPolicyType(configuration.artifactVerificationPolicies);
  const fallback = quantifiers.get("default") ?? "all";
  quantifiers.delete("default");
  return {
    type: "config-policy",
    decide: (input) => decide(quantifiers, fallback, input),
  };
}

/** Two spellings of one kind are one entry; `all`, the stricter one, wins. */
function byPolicyType(policies: Readonly<Record<string, Quantifier>>): Map<string, Quantifier> {
  const quantifiers = new Map<string, Quantifier>();
  for (const [artifactType, quantifier] of Object.entries(policies)) {
    const type = policyTypeOf(artifactType);
    quantifiers.set(type, quantifiers.get(type) === "all" ? "all" : quantifier);
  }
  return quantifiers;
}

function decide(
  quantifiers: ReadonlyMap<string, Quantifier>,
  fallback: Quantifier,
  input: PolicyInput,
): Decision {
  const counted = countedReports(input.reports);
  const { nestedTypes } = input;
  const types = new Set([
    ...nestedTypes?.filter((type) => type !== "*").map(policyTypeOf) ?? quantifiers.keys(),
    ...counted.map(policyTypeOfReport),
  ]);
  const groups = [...types].map((artifactType) => {
    const quantifier = quantifiers.get(artifactType) ?? fallback;
    const reports = counted.filter((report) => policyTypeOfReport(report) === artifactType);
    const state = stateOf(quantifier, reports, input.listingComplete);
    return { artifactType, quantifier, state, reports };
  });

  const failing = groups.filter((group) => group.state === "fails");
  if (failing.length > 0) return { decision: "deny", explanation: explain(failing) };
  const undecided = groups.filter((group) => group.state === "undecided");
  if (undecided.length > 0 || (groups.length === 0 && !input.listingComplete)) {
    return {
      decision: "undecided",
      explanation: explain(undecided),
      transient: !input.listingComplete || undecided.some((group) => hasTransient(group.reports)),
    };
  }
  return groups.length === 0
    ? { decision: "deny", explanation: "Nothing that a verifier accepts is attached" }
    : { decision: "allow", explanation: explain(groups) };
}

function explain(groups: readonly Group[]): string {
  return groups.map(({ artifactType, quantifier, reports }) => {
    const found = foundWords(reports);
    return quantifier === "any"
      ? `at least one valid ${artifactType} is required: ${found}`
      : `every ${artifactType} must be valid, and there must be one: ${found}`;
  }).join("; ");
}
