import * as z from "zod";
import { anyParameters, nonEmpty } from "./common.ts";

/** The spec of a Policy, beside its parameters. */
export const policySpec = z.strictObject({
  type: nonEmpty.describe("The kind of policy: `config-policy`."),
  parameters: anyParameters,
});

/** The parameters of a policy of the type `config-policy`. */
export const configPolicyParameters = z.strictObject({
  artifactVerificationPolicies: z.record(nonEmpty, z.enum(["any", "all"])).default({})
    .describe(
      "By artifact type: `any` for one valid artifact, `all` for all; `default` for other types.",
    ),
});

/** The parameters of a policy of the type `rego-policy`. */
export const regoPolicyParameters = z.strictObject({
  policy: z.string().optional().describe("The Rego module."),
  policyPath: z.string().optional().describe("Path of a file with the module."),
  passthroughEnabled: z.boolean().default(false)
    .describe("Denies without asking the module: whoever asked judges the reports."),
});
