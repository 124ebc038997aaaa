export { type CompiledSchema, compileSchema } from "./json_schema.ts";
export { createSchemaVerifier, type SchemaConfiguration } from "./verifier.ts";
