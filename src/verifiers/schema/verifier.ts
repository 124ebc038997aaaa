import { VerificationFailure } from "../../errors.ts";
import {
  blobsOf,
  type ContentConfiguration,
  contentVerifier,
  MAX_SCHEMA_VALUES,
  readBlobs,
  readJson,
} from "../content/mod.ts";
import type { Verifier } from "../verifier.ts";
import type { CompiledSchema } from "./json_schema.ts";

/** The configuration of a verifier of documents by JSON schemas, validated. */
export interface SchemaConfiguration extends ContentConfiguration {
  /** By media type of a blob. */
  readonly schemas: ReadonlyMap<string, CompiledSchema>;
}

/** Verifies that every blob follows the schema that is configured for its media type. */
export function createSchemaVerifier(configuration: SchemaConfiguration): Verifier {
  return contentVerifier("schemavalidator", configuration, async ({ context, checks }) => {
    await checks.run("schema", "enforce", async () => {
      const blobs = await blobsOf(context);
      for (const { mediaType } of blobs) schemaFor(configuration, mediaType); // before any is fetched
      await readBlobs(blobs, context, (bytes, { mediaType, digest }) => {
        const what = `The blob ${digest}`;
        const problem = schemaFor(configuration, mediaType)
          .check(readJson(bytes, what, "schema.invalid", MAX_SCHEMA_VALUES));
        if (problem === undefined) return;
        throw new VerificationFailure({
          reason: "schema.invalid",
          message: `${what} does not follow the schema for ${mediaType}: ${problem}`,
        });
      });
      return `Every blob follows the schema for its media type`;
    });
    checks.conclude();
    return { message: "schema validation passed for configured media types" };
  });
}

function schemaFor({ schemas }: SchemaConfiguration, mediaType: string): CompiledSchema {
  const schema = schemas.get(mediaType);
  if (schema !== undefined) return schema;
  throw new VerificationFailure({
    reason: "schema.not_configured",
    message: `media type not configured for plugin: no schema for ${mediaType}`,
  });
}
