import * as z from "zod";
import { ignoredVersion, nonEmpty } from "./common.ts";
import { trustPolicy } from "./cosign.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const condition = z.strictObject({
  path: nonEmpty.describe(
    "Where in the predicate, as in `$.runDetails.builder.id`; `[0]` is an element, `[*]` any element.",
  ),
  equals: scalar.optional().describe("What the value must be."),
  in: z.array(scalar).min(1).max(1000).optional().describe("Values of which it must be one."),
  matches: nonEmpty.optional()
    .describe("A regular expression in RE2 syntax that the text there must have a match of."),
});

/** The parameters of a verifier of the type `attestation`. */
export const attestationParameters = z.strictObject({
  trustPolicies: z.array(trustPolicy).min(1).max(1000)
    .describe("Whose attestations count, by scope; as for cosign."),
  predicateTypes: z.array(nonEmpty).min(1).max(20).describe(
    "Types of predicates: `slsaprovenance`, `slsaprovenance1`, `spdx`, `cyclonedx`, `vuln`, `custom`, `link`, or an address.",
  ),
  builderID: nonEmpty.optional().describe("The builder that SLSA provenance must name."),
  sourceRepository: nonEmpty.optional()
    .describe("The repository that SLSA provenance must name as the source."),
  buildType: nonEmpty.optional().describe("The build type that SLSA provenance must name."),
  conditions: z.array(condition).max(100).optional()
    .describe("What else the predicate must have; all must be met."),
  version: ignoredVersion,
});

/** The parameters of an attestation verifier. */
export type AttestationParameters = z.infer<typeof attestationParameters>;
