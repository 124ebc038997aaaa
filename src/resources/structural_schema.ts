/** A schema as custom resource definitions have it: OpenAPI v3, structural. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}

/** A rule in CEL, and what a person is told whose object breaks it. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

/** JSON Schema as it is made of the schemas of resources. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly default?: unknown;
}

/** What is left as it is. */
const KEPT = ["type", "pattern", "enum", "minLength", "minItems", "maxItems"] as const;

/**
 * The structural form of a schema. Members that it does not know are kept by the API server: were they
 * dropped, a misspelt field would vanish silently, where Assay names it. Defaults are told and not
 * filled in, so that an object stays as it was written.
 */
export function toStructural(schema: JsonSchema): StructuralSchema {
  const description = describe(schema);
  const described = description === "" ? {} : { description };
  if (schema.type === undefined) {
    return { ...described, "x-kubernetes-preserve-unknown-fields": true };
  }
  const kept = Object.fromEntries(
    KEPT.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]),
  );
  const { minimum, maximum = Infinity } = schema;
  const bounds = {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum > Number.MAX_SAFE_INTEGER - 1 ? {} : { maximum }),
  };
  const base = { ...described, ...kept, ...bounds };
  if (schema.type === "integer") return { ...base, format: "int64" };
  if (schema.type === "array") return { ...base, items: toStructural(schema.items ?? {}) };
  if (schema.type === "object") return { ...base, ...members(schema) };
  return base;
}

function members(schema: JsonSchema): Partial<StructuralSchema> {
  const { properties, required, additionalProperties: others } = schema;
  if (properties === undefined && typeof others === "object" && Object.keys(others).length > 0) {
    return { additionalProperties: toStructural(others) };
  }
  return {
    ...(properties === undefined ? {} : {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, toStructural(member)]),
      ),
    }),
    ...(required === undefined || required.length === 0 ? {} : { required }),
    "x-kubernetes-preserve-unknown-fields": true,
  };
}

function describe({ description = "", default: fallback }: JsonSchema): string {
  if (fallback === undefined) return description;
  return `${description} Default: ${JSON.stringify(fallback)}.`.trim();
}
