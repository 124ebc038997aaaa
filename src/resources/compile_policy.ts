import { createConfigPolicy, type PolicyProvider } from "../policy/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileCelPolicy } from "./compile_cel_policy.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import { compileRegoPolicy } from "./compile_rego_policy.ts";
import { compileThresholdPolicy } from "./compile_threshold_policy.ts";
import { quote } from "./describe.ts";
import { configPolicyParameters, policySpec } from "./schema/policy.ts";
import { validate } from "./validate.ts";

const NAME = "ratify-policy";

/**
 * Compiles a Policy; undefined, with problems, when it is wrong.
 *
 * @param verifiers the names of the verifiers that requests have to which the policy applies.
 */
export async function compilePolicy(
  candidate: Candidate,
  verifiers: ReadonlySet<string>,
  environment: Pick<VerifierEnvironment, "home" | "inputs">,
  problems: ProblemList,
): Promise<PolicyProvider | undefined> {
  if (candidate.name !== NAME) {
    problems.of(
      candidate,
      [...candidate.path, "metadata", "name"],
      `must be ${NAME}: no other policy takes effect; found ${quote(candidate.name)}`,
    );
  }
  const spec = validate(policySpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  const { type } = candidate.spec;
  if (typeof type !== "string" || type === "") return undefined; // the schema has said so
  switch (type.toLowerCase().replaceAll("-", "")) {
    case "configpolicy":
      return compileConfigPolicy(candidate, problems);
    case "thresholdpolicy":
      return compileThresholdPolicy(candidate, verifiers, problems);
    case "regopolicy":
      return await compileRegoPolicy(candidate, environment, problems);
    case "celpolicy":
      return await compileCelPolicy(candidate, problems);
    default:
      problems.of(
        candidate,
        candidate.typePath,
        `must be config-policy, threshold-policy, rego-policy or cel-policy; found ${quote(type)}`,
        { code: "POLICY_PROVIDER_NOT_FOUND" },
      );
      return undefined;
  }
}

function compileConfigPolicy(
  candidate: Candidate,
  problems: ProblemList,
): PolicyProvider | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(configPolicyParameters, candidate.parameters);
  if (parameters.ok) return createConfigPolicy(parameters.value);
  problems.issues(candidate, candidate.parametersPath, parameters.issues);
  return undefined;
}
