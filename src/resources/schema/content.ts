import * as z from "zod";
import { duration, ignoredVersion, nonEmpty } from "./common.ts";

/** A JSON schema, or the path of a file with one. */
const jsonSchema = z.union([nonEmpty, z.record(z.string(), z.unknown())]);

const common = {
  nestedReferences: z.string().optional()
    .describe(
      "Artifact types that must be attached to the artifact itself, separated by commas; `*` for any.",
    ),
  version: ignoredVersion,
};

/** The parameters of the verifiers that look into attached documents, by type. */
export const contentParameters = {
  sbom: z.strictObject({
    ...common,
    disallowedLicenses: z.array(nonEmpty).optional()
      .describe("Licenses that no package may have concluded."),
    disallowedPackages: z.array(z.strictObject({
      name: nonEmpty.describe("The name of the package."),
      version: z.string().optional().describe("Its version; any when absent."),
    })).optional().describe("Packages that must not be there."),
    licenseMatching: z.enum(["word", "expression"]).default("word")
      .describe(
        "Whether a license is looked for as a word, or by what an SPDX license expression means.",
      ),
  }),
  vulnerabilityreport: z.strictObject({
    ...common,
    maximumAge: duration.optional().describe("How old the report may be; any age when absent."),
    disallowedSeverities: z.array(nonEmpty).optional()
      .describe("Severities that no finding may have."),
    denylistCVEs: z.array(nonEmpty).optional().describe("Rules that no finding may be of."),
    schemaURL: jsonSchema.optional()
      .describe(
        "The JSON schema of the report: a path or `file:///` address, or the schema itself; that of SARIF 2.1.0 when absent.",
      ),
    createdAnnotationName: nonEmpty.optional()
      .describe("The annotation with the time of the report; org.opencontainers.image.created."),
    passthrough: z.boolean().optional()
      .describe("Hands the report on without looking into it."),
    requireSignedCreated: z.boolean().default(false)
      .describe("Whether the time of the report must be signed."),
  }),
  schemavalidator: z.strictObject({
    ...common,
    schemas: z.record(nonEmpty, jsonSchema)
      .describe(
        "By media type: a path or `file:///` address of its JSON schema, or the schema itself.",
      ),
  }),
  licensechecker: z.strictObject({
    ...common,
    allowedLicenses: z.array(nonEmpty).describe("The licenses that packages may have."),
  }),
} as const;

/** The types of verifiers that look into attached documents. */
export type ContentType = keyof typeof contentParameters;
