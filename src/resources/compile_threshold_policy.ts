import type * as z from "zod";
import {
  createThresholdPolicy,
  type PolicyProvider,
  type ThresholdGroup,
  type ThresholdRule,
} from "../policy/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { quote } from "./describe.ts";
import type { Path } from "./document.ts";
import { thresholdPolicyParameters } from "./schema/policy.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

/** A rule of the schema, at whatever level. */
interface WrittenRule {
  readonly verifierName?: string | undefined;
  readonly artifacts?: "any" | "all" | undefined;
  readonly required: boolean;
  readonly optional: boolean;
  readonly threshold?: number | undefined;
  readonly rules?: readonly WrittenRule[] | undefined;
}

/** What is needed to judge a rule as it is written. */
interface Context {
  readonly candidate: Candidate;
  readonly verifiers: ReadonlySet<string>;
  readonly problems: ProblemList;
}

/**
 * Compiles a policy of the type `threshold-policy`; undefined, with problems, when it is wrong.
 *
 * @param verifiers the names that rules may name.
 */
export function compileThresholdPolicy(
  candidate: Candidate,
  verifiers: ReadonlySet<string>,
  problems: ProblemList,
): PolicyProvider | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(thresholdPolicyParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { policy }: z.output<typeof thresholdPolicyParameters> = parameters.value;
  const at = [...candidate.parametersPath, "policy"];
  const context = { candidate, verifiers, problems };
  const group = compileGroup({ ...policy, required: false, optional: false }, at, context);
  return createThresholdPolicy(group);
}

function compileGroup(written: WrittenRule, at: Path, context: Context): ThresholdGroup {
  const { candidate, problems } = context;
  const rules = (written.rules ?? []).map((rule, index) =>
    compileRule(rule, [...at, "rules", index], context)
  );
  const counted = rules.filter(({ role }) => role !== "optional").length;
  const threshold = written.threshold ?? counted;
  if (counted === 0) {
    problems.of(candidate, [...at, "rules"], "must have a rule that is not optional");
  } else if (threshold > counted) {
    const text = `must be at most ${counted}, the number of rules that are not optional`;
    problems.of(candidate, [...at, "threshold"], `${text}; found ${threshold}`);
  }
  return { threshold, rules, role: roleOf(written) };
}

function compileRule(written: WrittenRule, at: Path, context: Context): ThresholdRule {
  const { candidate, verifiers, problems } = context;
  const { verifierName, artifacts, rules, threshold, required, optional } = written;
  if (required && optional) {
    problems.of(candidate, [...at, "optional"], "must not stand beside required");
  }
  if ((verifierName === undefined) === (rules === undefined)) {
    problems.of(candidate, at, "must have either verifierName or rules");
  }
  if (rules !== undefined) {
    if (artifacts !== undefined) {
      problems.of(candidate, [...at, "artifacts"], "belongs to a rule with verifierName");
    }
    return compileGroup(written, at, context);
  }
  if (threshold !== undefined) {
    problems.of(candidate, [...at, "threshold"], "belongs to a group, which has rules");
  }
  if (verifierName !== undefined && !verifiers.has(verifierName)) {
    const hint = suggest(verifierName, [...verifiers]);
    const text = `names a Verifier that does not exist; found ${quote(verifierName)}`;
    problems.of(
      candidate,
      [...at, "verifierName"],
      hint === undefined ? text : `${text} (did you mean ${hint}?)`,
      { code: "RESOURCE_NOT_FOUND" },
    );
  }
  return {
    verifierName: verifierName ?? "",
    artifacts: artifacts ?? "any",
    role: roleOf(written),
  };
}

function roleOf({ required, optional }: WrittenRule): ThresholdRule["role"] {
  return required ? "required" : optional ? "optional" : "counted";
}
