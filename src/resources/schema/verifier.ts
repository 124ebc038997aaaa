import * as z from "zod";
import {
  anyParameters,
  artifactTypeList,
  ignoredVersion,
  nonEmpty,
  pluginSource,
} from "./common.ts";

/** The spec of a Verifier, beside its parameters. */
export const verifierSpec = z.strictObject({
  name: nonEmpty.describe("The kind of verifier where `type` is absent."),
  type: nonEmpty.optional().describe("The kind of verifier."),
  version: ignoredVersion,
  artifactTypes: artifactTypeList
    .describe("Artifact types that it judges, separated by commas; `*` for all."),
  address: z.string().optional().describe("Directory of plugins. Ignored."),
  source: pluginSource.optional().describe("A plugin to download. Refused."),
  parameters: anyParameters.optional(),
});
