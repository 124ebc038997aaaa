import * as z from "zod";
import type { ResourceClass } from "./candidate.ts";
import { GROUP, type Kind, KINDS } from "./kinds.ts";
import { RESOURCE_SCHEMAS } from "./schema/catalog.ts";
import {
  type JsonSchema,
  type StructuralSchema,
  toStructural,
  type ValidationRule,
} from "./structural_schema.ts";

/** A CustomResourceDefinition, `apiextensions.k8s.io/v1`. */
export interface ResourceDefinition {
  readonly apiVersion: "apiextensions.k8s.io/v1";
  readonly kind: "CustomResourceDefinition";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The definitions of all kinds, made from the same schemas that resources in files are held to. */
export function resourceDefinitions(): ResourceDefinition[] {
  return [...KINDS].map(([kind, about]) => definitionOf(kind, about));
}

/** Names to type, which nothing else in a cluster has. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  Store: "cstore",
  NamespacedStore: "nstore",
  Verifier: "cverifier",
  NamespacedVerifier: "nverifier",
  Policy: "cpolicy",
  NamespacedPolicy: "npolicy",
  KeyManagementProvider: "kmp",
  NamespacedKeyManagementProvider: "nkmp",
  CertificateStore: "certstore",
};

/** The plural in addresses, such as `namespacedpolicies`. */
export function pluralOf(kind: string): string {
  return kind.toLowerCase().replace(/y$/, "ie") + "s";
}

function definitionOf(kind: string, about: Kind): ResourceDefinition {
  const plural = pluralOf(kind);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [SHORT_NAMES[kind]],
        categories: ["assay"],
      },
      scope: about.namespaced ? "Namespaced" : "Cluster",
      versions: about.versions.map((version) => versionOf(kind, about, version)),
    },
  };
}

function versionOf(kind: string, about: Kind, version: string): Record<string, unknown> {
  const isCurrent = version === about.versions[0];
  return {
    name: version,
    served: true,
    storage: isCurrent,
    ...(isCurrent ? {} : {
      deprecated: true,
      deprecationWarning: `${GROUP}/${version} ${kind} is deprecated; use ${GROUP}/${
        about.versions[0]
      }`,
    }),
    schema: { openAPIV3Schema: objectSchema(kind, about, isCurrent) },
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: "Type", type: "string", jsonPath: `.spec.${typeFieldOf(about.class)}` },
      { name: "IsSuccess", type: "boolean", jsonPath: ".status.issuccess" },
      { name: "Error", type: "string", jsonPath: ".status.brieferror" },
      ...(fetches(about.class)
        ? [{ name: "LastFetchedTime", type: "date", jsonPath: ".status.lastfetchedtime" }]
        : []),
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
  };
}

function objectSchema(kind: string, about: Kind, isCurrent: boolean): StructuralSchema {
  const rules = about.class === "Policy" && isCurrent
    ? [{
      rule: "self.metadata.name == 'ratify-policy'",
      message: `a ${kind} must be named ratify-policy`,
    }]
    : [];
  return {
    type: "object",
    description: DESCRIPTIONS[about.class],
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: specSchema(about, isCurrent),
      status: statusSchema(about.class),
    },
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
  };
}

const DESCRIPTIONS: Readonly<Record<ResourceClass, string>> = {
  Store: "Where images and what is attached to them are read from.",
  Verifier: "Judges what is attached to images, by artifact type.",
  Policy: "Decides about an image by the reports of the verifiers.",
  KeyManagementProvider: "Where certificates and keys come from that verifiers trust.",
  CertificateStore: "The older form of a NamespacedKeyManagementProvider.",
};

function specSchema(about: Kind, isCurrent: boolean): StructuralSchema {
  const { spec, parameters } = RESOURCE_SCHEMAS[about.class];
  const { required = [], ...schema } = toStructural(jsonSchema(spec));
  const types = Object.entries(parameters).map(([type, one]) => [type, jsonSchema(one)] as const);
  const merged: { readonly parameters?: StructuralSchema } = types.length === 0
    ? {}
    : { parameters: mergeParameters(types) };
  // The type of a policy of the older version is its name.
  const needed = isCurrent ? required : required.filter((name) => name !== "type");
  const rules = isCurrent ? rulesOf(about, types, merged.parameters?.properties ?? {}) : [];
  return {
    ...schema,
    properties: { ...schema.properties, ...merged },
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
  };
}

function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    target: "openapi-3.0",
  }) as JsonSchema;
}

/** The parameters of all types in one; where types differ about a parameter, anything may stand there. */
function mergeParameters(types: readonly (readonly [string, JsonSchema])[]): StructuralSchema {
  const names = new Set(types.flatMap(([, { properties = {} }]) => Object.keys(properties)));
  const properties = [...names].map((name) => {
    const found = types.flatMap(([type, { properties = {} }]) => {
      const member = properties[name];
      return member === undefined ? [] : [{ type, schema: toStructural(member) }];
    });
    const [first] = found;
    const shapes = new Set(found.map(({ schema }) => JSON.stringify(withoutTexts(schema))));
    const description = found.length === types.length && shapes.size === 1
      ? first?.schema.description ?? ""
      : describeByType(found);
    return [
      name,
      shapes.size === 1
        ? { ...first?.schema, description }
        : { description, "x-kubernetes-preserve-unknown-fields": true as const },
    ];
  });
  return {
    type: "object",
    description: `What belongs here, the type says: ${types.map(([type]) => type).join(", ")}.`,
    properties: Object.fromEntries(properties),
    "x-kubernetes-preserve-unknown-fields": true,
  };
}

/** One sentence for each thing that is said, with the types that it is said of. */
function describeByType(
  found: readonly { readonly type: string; readonly schema: StructuralSchema }[],
): string {
  const byText = new Map<string, string[]>();
  for (const { type, schema: { description = "" } } of found) {
    byText.set(description, [...byText.get(description) ?? [], type]);
  }
  return [...byText].map(([text, types]) => `${types.join(", ")}: ${text}`).join(" ");
}

function withoutTexts(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutTexts);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).filter(([name, value]) =>
      name !== "description" || typeof value !== "string"
    ).map(([name, value]) => [name, withoutTexts(value)]),
  );
}

/** What the types want, as rules: which types there are, and which parameters each needs. */
function rulesOf(
  about: Kind,
  types: readonly (readonly [string, JsonSchema])[],
  parameters: Readonly<Record<string, StructuralSchema>>,
): ValidationRule[] {
  const names = types.map(([type]) => type);
  const [type, normalise] = DISCRIMINATORS[about.class];
  const literal = (name: string): string => `'${normalise(name)}'`;
  const rules: ValidationRule[] = [];
  if (names.length > 0) {
    const said = about.class === "Verifier"
      ? "type, or name where there is no type,"
      : typeFieldOf(about.class);
    // A Verifier that only had a plugin of Notation downloaded is no mistake: the plugin is built in.
    const download = about.class === "Verifier" ? " || self.name.startsWith('notation-')" : "";
    rules.push({
      rule: `${type} in [${names.map(literal).join(", ")}]${download}`,
      message: `${said} must be one of ${names.join(", ")}`,
    });
  }
  for (const [name, { required = [] }] of types) {
    // A rule can only name what has one type, whatever the type of the resource.
    const typed = required.filter((member) => isTyped(parameters[member] ?? {}));
    if (typed.length === 0) continue;
    const members = typed.map((member) => `has(self.parameters.${member})`).join(" && ");
    rules.push({
      rule: `${type} != ${literal(name)} || (has(self.parameters) && ${members})`,
      message: `${name} needs parameters.${typed.join(", parameters.")}`,
    });
  }
  if (about.namespaced && about.class === "KeyManagementProvider") {
    rules.push({
      rule: `!(self.type in ['file', 'tuf'])`,
      message:
        "a provider of the type file or tuf belongs to the whole cluster: it reads files of the process",
    });
  }
  if (about.namespaced && about.class === "Policy") {
    rules.push({
      rule: "!has(self.parameters) || !has(self.parameters.policyPath)",
      message: "policyPath belongs to the whole cluster: it names a file of the process",
    });
  }
  return rules;
}

function isTyped({ type, items, additionalProperties }: StructuralSchema): boolean {
  return type !== undefined &&
    [items, additionalProperties].every((part) => part === undefined || isTyped(part));
}

const asWritten = (name: string): string => name;

/** The CEL expression of a spec's type, and how the name of a type is written there. */
const DISCRIMINATORS: Readonly<
  Record<ResourceClass, readonly [expression: string, normalise: (name: string) => string]>
> = {
  Store: ["self.name", asWritten],
  Verifier: ["(has(self.type) ? self.type : self.name)", asWritten],
  Policy: ["self.type.lowerAscii().replace('-', '')", (name) => name.replaceAll("-", "")],
  KeyManagementProvider: ["self.type", asWritten],
  CertificateStore: ["self.provider", asWritten],
};

function typeFieldOf(resourceClass: ResourceClass): string {
  switch (resourceClass) {
    case "Store":
    case "Verifier":
      return "name";
    case "CertificateStore":
      return "provider";
    default:
      return "type";
  }
}

function fetches(resourceClass: ResourceClass): boolean {
  return resourceClass === "KeyManagementProvider" || resourceClass === "CertificateStore";
}

const condition: StructuralSchema = {
  type: "object",
  required: ["type", "status", "reason", "message", "lastTransitionTime"],
  properties: {
    type: { type: "string" },
    status: { type: "string", enum: ["True", "False", "Unknown"] },
    observedGeneration: { type: "integer", format: "int64" },
    reason: { type: "string" },
    message: { type: "string" },
    lastTransitionTime: { type: "string", format: "date-time" },
  },
};

function statusSchema(resourceClass: ResourceClass): StructuralSchema {
  return {
    type: "object",
    description: "What became of the resource; written by Assay.",
    properties: {
      issuccess: { type: "boolean", description: "Whether the resource is in force." },
      error: { type: "string", description: "What is wrong with it." },
      brieferror: { type: "string", description: "The beginning of that." },
      ...(fetches(resourceClass)
        ? {
          lastfetchedtime: {
            type: "string",
            format: "date-time",
            description: "When its material was fetched last.",
          },
          properties: {
            type: "object",
            description: "What was fetched.",
            "x-kubernetes-preserve-unknown-fields": true as const,
          },
        }
        : {}),
      observedGeneration: {
        type: "integer",
        format: "int64",
        description: "The generation of the spec that this is about.",
      },
      conditions: { type: "array", items: condition },
    },
  };
}
