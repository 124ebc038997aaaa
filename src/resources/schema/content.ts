import { z } from "zod";
import { duration, nonEmpty } from "./common.ts";

const common = {
  nestedReferences: z.string().optional()
    .describe("Artifact types that must be attached to the artifact itself, separated by commas."),
  version: z.string().optional(),
};

/** The parameters of the verifiers that look into attached documents, by type. */
export const contentParameters: Readonly<Record<string, z.ZodObject>> = {
  sbom: z.strictObject({
    ...common,
    disallowedLicenses: z.array(nonEmpty).optional(),
    disallowedPackages: z.array(z.strictObject({ name: nonEmpty, version: z.string().optional() }))
      .optional(),
    licenseMatching: z.enum(["word", "expression"]).default("word"),
  }),
  vulnerabilityreport: z.strictObject({
    ...common,
    maximumAge: duration.optional(),
    disallowedSeverities: z.array(nonEmpty).optional(),
    denylistCVEs: z.array(nonEmpty).optional(),
    schemaURL: nonEmpty.optional(),
    createdAnnotationName: nonEmpty.optional(),
    passthrough: z.boolean().optional(),
    requireSignedCreated: z.boolean().default(false),
  }),
  schemavalidator: z.strictObject({ ...common, schemas: z.record(z.string(), nonEmpty) }),
  licensechecker: z.strictObject({ ...common, allowedLicenses: z.array(nonEmpty) }),
};
