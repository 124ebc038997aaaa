import * as z from "zod";
import { anyParameters, nonEmpty } from "./common.ts";

/** The spec of a Policy, beside its parameters. */
export const policySpec = z.strictObject({
  type: nonEmpty.describe(
    "The kind of policy: `config-policy`, `threshold-policy`, `rego-policy` or `cel-policy`.",
  ),
  parameters: anyParameters,
});

/** The parameters of a policy of the type `config-policy`. */
export const configPolicyParameters = z.strictObject({
  artifactVerificationPolicies: z.record(nonEmpty, z.enum(["any", "all"])).default({})
    .describe(
      "By artifact type: `any` for one valid artifact, `all` for all; `default` for other types.",
    ),
});

const role = {
  required: z.boolean().default(false)
    .describe("Whether it must hold even when the threshold is met without it."),
  optional: z.boolean().default(false)
    .describe("Whether it may be absent: it does not count, and must hold where it has artifacts."),
};

const verifierRule = {
  ...role,
  verifierName: nonEmpty.optional().describe("The verifier whose artifacts the rule is about."),
  artifacts: z.enum(["any", "all"]).optional()
    .describe("Whether one artifact must be valid for the verifier, which is the default, or all."),
};

const threshold = z.int().min(1).optional()
  .describe("How many of the rules that are not optional must hold; all when absent.");

const innermost = z.array(z.strictObject(verifierRule)).min(1).optional();
const inner = z.array(z.strictObject({
  ...verifierRule,
  threshold,
  rules: innermost.describe("The rules of a group in a group in a group."),
})).min(1).optional();
const outer = z.array(z.strictObject({
  ...verifierRule,
  threshold,
  rules: inner.describe("The rules of a group in a group."),
})).min(1);

/** The parameters of a policy of the type `threshold-policy`. */
export const thresholdPolicyParameters = z.strictObject({
  policy: z.strictObject({
    threshold,
    rules: outer.describe("Rules, each about a verifier or a group of rules."),
  }).describe("The rules, and how many of them must hold."),
});

/** The parameters of a policy of the type `rego-policy`. */
export const regoPolicyParameters = z.strictObject({
  policy: z.string().optional().describe("The Rego module: package `ratify.policy`, rule `valid`."),
  policyPath: z.string().optional().describe("Path of a file with the module; not in a namespace."),
  passthroughEnabled: z.boolean().default(false)
    .describe("Denies without asking the module: whoever asked judges the reports."),
});

/** The parameters of a policy of the type `cel-policy`. */
export const celPolicyParameters = z.strictObject({
  expression: nonEmpty.describe(
    "An expression in CEL over the variable `input`, of the type bool.",
  ),
});
