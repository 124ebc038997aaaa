import { createConfigPolicy, type PolicyProvider } from "../policy/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { notAvailable } from "./plugin_fields.ts";
import { configPolicyParameters, policySpec, regoPolicyParameters } from "./schema/policy.ts";
import { validate } from "./validate.ts";

const NAME = "ratify-policy";

/** Compiles a Policy; undefined, with problems, when it is wrong. */
export function compilePolicy(
  candidate: Candidate,
  problems: ProblemList,
): PolicyProvider | undefined {
  if (candidate.name !== NAME) {
    problems.of(
      candidate,
      [...candidate.path, "metadata", "name"],
      `must be ${NAME}: no other policy takes effect; found ${JSON.stringify(candidate.name)}`,
    );
  }
  const spec = validate(policySpec, candidate.spec);
  if (!spec.ok) {
    problems.issues(candidate, candidate.specPath, spec.issues);
    return undefined;
  }
  switch (spec.value.type.toLowerCase().replaceAll("-", "")) {
    case "configpolicy": {
      const parameters = validate(configPolicyParameters, candidate.parameters);
      if (!parameters.ok) {
        problems.issues(candidate, candidate.parametersPath, parameters.issues);
        return undefined;
      }
      return candidate.name === NAME ? createConfigPolicy(parameters.value) : undefined;
    }
    case "regopolicy":
      checkRego(candidate, problems);
      return undefined;
    default:
      problems.of(
        candidate,
        candidate.typePath,
        `must be config-policy or rego-policy; found ${JSON.stringify(spec.value.type)}`,
        { code: "POLICY_PROVIDER_NOT_FOUND" },
      );
      return undefined;
  }
}

function checkRego(candidate: Candidate, problems: ProblemList): void {
  const parameters = validate(regoPolicyParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
  } else if (!parameters.value.policy && !parameters.value.policyPath) {
    problems.of(candidate, candidate.parametersPath, "must have policy or policyPath");
  } else if (candidate.scope !== "" && parameters.value.policyPath) {
    problems.of(
      candidate,
      [...candidate.parametersPath, "policyPath"],
      "must not be set in a namespace: it names files of the process",
      { atKey: true },
    );
  }
  notAvailable(candidate, candidate.typePath, "The policy type rego-policy", problems);
}
