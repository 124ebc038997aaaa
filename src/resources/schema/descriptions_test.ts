import assert from "node:assert/strict";
import * as z from "zod";
import * as attestation from "./attestation.ts";
import * as configFile from "./config_file.ts";
import * as content from "./content.ts";
import * as cosign from "./cosign.ts";
import * as provider from "./key_management_provider.ts";
import * as notation from "./notation.ts";
import * as policy from "./policy.ts";
import * as process from "./process.ts";
import * as store from "./store.ts";
import * as verifier from "./verifier.ts";

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** The fields of a schema that have no description, as paths. */
function undescribed(schema: JsonSchema, path: string): string[] {
  const inner = schema.items === undefined ? [] : undescribed(schema.items, `${path}[]`);
  return Object.entries(schema.properties ?? {}).reduce((found, [name, field]) => {
    const at = `${path}.${name}`;
    return [...found, ...(field.description ? [] : [at]), ...undescribed(field, at)];
  }, inner);
}

const MODULES = [
  attestation,
  configFile,
  content,
  cosign,
  provider,
  notation,
  policy,
  process,
  store,
  verifier,
].flatMap((module) => Object.entries(module));

const SCHEMAS = MODULES.flatMap(([name, value]): [string, z.ZodType][] =>
  value instanceof z.ZodType
    ? [[name, value]]
    : Object.entries(value).map(([type, schema]) => [`${name} ${type}`, schema as z.ZodType])
);

Deno.test("every schema can be written as a JSON schema", () => {
  assert.ok(SCHEMAS.length >= 24);
  for (const [name, schema] of SCHEMAS) {
    assert.equal(z.toJSONSchema(schema, { io: "input" }).type, "object", name);
  }
});

Deno.test("every field of every schema says what it means", () => {
  const missing = SCHEMAS.flatMap(([name, schema]) =>
    undescribed(z.toJSONSchema(schema, { io: "input" }) as JsonSchema, name)
  );
  assert.deepEqual(missing, []);
});
