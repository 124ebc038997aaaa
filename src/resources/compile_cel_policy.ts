import { createCelPolicy, type PolicyProvider } from "../policy/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { celPolicyParameters } from "./schema/policy.ts";
import { validate } from "./validate.ts";

/** Compiles a policy of the type `cel-policy`; undefined, with problems, when it is wrong. */
export async function compileCelPolicy(
  candidate: Candidate,
  problems: ProblemList,
): Promise<PolicyProvider | undefined> {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(celPolicyParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const result = await createCelPolicy(parameters.value.expression);
  if ("policy" in result) return result.policy;
  for (const { message, place } of result.problems) {
    problems.of(candidate, [...candidate.parametersPath, "expression"], message, { within: place });
  }
  return undefined;
}
