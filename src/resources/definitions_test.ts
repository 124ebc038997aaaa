import assert from "node:assert/strict";
import { pluralOf, resourceDefinitions } from "./definitions.ts";
import { KINDS } from "./kinds.ts";
import { RESOURCE_SCHEMAS } from "./schema/catalog.ts";
import { type StructuralSchema, toStructural } from "./structural_schema.ts";

interface Version {
  readonly name: string;
  readonly storage: boolean;
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
}

const definitions = resourceDefinitions().map(({ metadata, spec }) => ({
  name: metadata.name,
  kind: (spec["names"] as { kind: string }).kind,
  shortNames: (spec["names"] as { shortNames: string[] }).shortNames,
  versions: spec["versions"] as Version[],
}));

Deno.test("there is a definition for each kind, and its current version is stored", () => {
  assert.deepEqual(definitions.map(({ kind }) => kind), [...KINDS.keys()]);
  for (const { name, kind, versions } of definitions) {
    assert.equal(name, `${pluralOf(kind)}.config.ratify.deislabs.io`);
    assert.deepEqual(
      versions.filter(({ storage }) => storage).map((version) => version.name),
      ["v1beta1"],
    );
    assert.deepEqual(versions.map((version) => version.name), KINDS.get(kind)?.versions);
  }
  const short = definitions.flatMap(({ shortNames }) => shortNames);
  assert.equal(new Set(short).size, definitions.length);
});

Deno.test("pluralOf gives the names of collections in addresses", () => {
  assert.deepEqual([...KINDS.keys()].map(pluralOf), [
    "stores",
    "namespacedstores",
    "verifiers",
    "namespacedverifiers",
    "policies",
    "namespacedpolicies",
    "keymanagementproviders",
    "namespacedkeymanagementproviders",
    "certificatestores",
  ]);
});

Deno.test("every object of a schema keeps members that it does not know, and every field is described", () => {
  let objects = 0;
  const walk = (schema: StructuralSchema, path: string): void => {
    if (schema.type === "object" && schema.additionalProperties === undefined) {
      objects++;
      assert.equal(schema["x-kubernetes-preserve-unknown-fields"], true, path);
    }
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      assert.ok(member.description, `${path}.${name}`);
      walk(member, `${path}.${name}`);
    }
    if (schema.items !== undefined) walk(schema.items, `${path}[]`);
    if (schema.additionalProperties !== undefined) walk(schema.additionalProperties, `${path}{}`);
  };
  for (const { kind, versions } of definitions) {
    for (const { name, schema } of versions) {
      const { spec = {} } = schema.openAPIV3Schema.properties ?? {};
      walk(spec, `${kind}/${name}`);
    }
  }
  assert.ok(objects > 50);
});

Deno.test("the parameters of every type are in the definition of its kind", () => {
  for (const { kind, versions } of definitions) {
    const parameters = RESOURCE_SCHEMAS[KINDS.get(kind)?.class ?? "Store"].parameters;
    for (const { schema } of versions) {
      const spec = schema.openAPIV3Schema.properties?.["spec"]?.properties ?? {};
      for (const one of Object.values(parameters)) {
        const known = spec["parameters"]?.properties ?? {};
        const members = Object.keys((one as unknown as { shape: object }).shape);
        for (const member of members) assert.ok(member in known, `${kind} ${member}`);
      }
    }
  }
});

Deno.test("toStructural keeps what an API server can check, and says what it cannot fill in", () => {
  assert.deepEqual(
    toStructural({ type: "string", minLength: 1, default: "x", description: "A." }),
    {
      type: "string",
      minLength: 1,
      description: 'A. Default: "x".',
    },
  );
  assert.deepEqual(
    toStructural({ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    {
      type: "integer",
      minimum: 0,
      format: "int64",
    },
  );
  assert.deepEqual(toStructural({ type: "array", items: { type: "string", enum: ["a"] } }), {
    type: "array",
    items: { type: "string", enum: ["a"] },
  });
  assert.deepEqual(toStructural({ anyOf: [{ type: "string" }, { type: "object" }] }), {
    "x-kubernetes-preserve-unknown-fields": true,
  });
  assert.deepEqual(toStructural({ type: "object", additionalProperties: { type: "boolean" } }), {
    type: "object",
    additionalProperties: { type: "boolean" },
  });
  assert.deepEqual(
    toStructural({
      type: "object",
      properties: { a: { type: "boolean" } },
      required: ["a"],
      additionalProperties: false,
    }),
    {
      type: "object",
      properties: { a: { type: "boolean" } },
      required: ["a"],
      "x-kubernetes-preserve-unknown-fields": true,
    },
  );
});
