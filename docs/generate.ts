/**
 * Writes what is made from the code: docs/cli.md, docs/errors.md, docs/fields.md, the Azure Policy
 * definition of the constraint library, and the custom resource definitions of the chart. With `--check` it writes nothing and fails when a page is
 * not what the code says.
 */
import { COMMANDS } from "../src/cli/commands/mod.ts";
import type { Command } from "../src/cli/command.ts";
import { COMMON_OPTIONS, optionSyntax, optionText, synopsis } from "../src/cli/help.ts";
import { stringify } from "yaml";
import { z } from "zod";
import { resourceDefinitions } from "../src/resources/mod.ts";
import { RESOURCE_SCHEMAS } from "../src/resources/schema/catalog.ts";
import { authProviders } from "../src/resources/schema/store.ts";
import { azurePolicy } from "./azure_policy.ts";
import { ERROR_CODES, FAILURE_REASONS } from "../src/errors.ts";

const PAGES: Readonly<Record<string, () => string>> = {
  "cli.md": cliPage,
  "errors.md": errorsPage,
  "fields.md": fieldsPage,
  "../config/library/azure-policy/verified-images.json": azurePolicy,
  ...Object.fromEntries(
    resourceDefinitions().map((definition) => [
      `../k8s/charts/assay/crds/${definition.metadata.name}.yaml`,
      () => stringify(definition, { aliasDuplicateObjects: false }),
    ]),
  ),
};

const EFFECTS = {
  deny: "deny (exit 1)",
  undecided: "undecided (exit 3)",
  unusable: "no verdict (exit 2)",
} as const;

function cliPage(): string {
  return [
    "# Command line",
    "",
    "<!-- Made by `./dev docs` from the commands' definitions. -->",
    "",
    "From a clone, `./dev assay` stands for `assay`. Results go to standard output, errors, warnings and hints to",
    "standard error. Options are written `--name value` or `--name=value`.",
    "",
    ...COMMANDS.flatMap(commandSection),
  ].join("\n");
}

function commandSection(command: Command): string[] {
  return [
    `## ${command.name}`,
    "",
    "```sh",
    synopsis(command),
    "```",
    "",
    ...command.description.split("\n"),
    "",
    "| option | meaning |",
    "| --- | --- |",
    ...[...command.options, ...COMMON_OPTIONS].map((option) =>
      `| \`${optionSyntax(option)}\` | ${optionText(option)}${option.many ? " Repeatable." : ""} |`
    ),
    "",
    "```sh",
    ...command.examples,
    "```",
    "",
    "| exit status | when |",
    "| --- | --- |",
    ...Object.entries(command.exits).map(([status, when]) => `| ${status} | ${when} |`),
    "",
  ];
}

function errorsPage(): string {
  return [
    "# Errors",
    "",
    "<!-- Made by `./dev docs` from src/errors.ts. -->",
    "",
    "Every error has a code, a message, often a detail, and a remedy. Its effect says what it means for the verdict:",
    "the artifact is bad or the policy is not met (*deny*), the truth could not be found out (*undecided*), or there",
    "is no verdict because the request or the configuration cannot be used. A *transient* cause may be gone when the",
    "same question is asked again.",
    "",
    ...Object.entries(ERROR_CODES).flatMap(([code, known]) => [
      `## ${code}`,
      "",
      known.meaning,
      "",
      `- Effect: ${EFFECTS[known.effect]}${known.transient ? ", transient" : ""}`,
      `- What to do: ${known.remedy}`,
      "",
    ]),
    "## Reasons of a verifier",
    "",
    "Why one artifact was not accepted; `errorReason` of its report.",
    "",
    "| reason | what to do |",
    "| --- | --- |",
    ...Object.entries(FAILURE_REASONS).map(([reason, remedy]) => `| \`${reason}\` | ${remedy} |`),
    "| `deadline` | Try again; the message says which step had not come to its end. |",
    "| `defect` | Please report it: a verifier failed in a way that it must not. |",
    "",
  ].join("\n");
}

/** Heading → schema, in the order of the page. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(RESOURCE_SCHEMAS).flatMap(([name, { spec, parameters }]) => [
    [name, spec],
    ...Object.entries(parameters).map(([type, schema]) =>
      [`${name}: parameters of \`${type}\``, schema] as const
    ),
    ...(name !== "Store"
      ? []
      : Object.entries(authProviders).map(([type, schema]) =>
        [`Store: authProvider \`${type}\``, schema] as const
      )),
  ]),
);

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly default?: unknown;
  readonly description?: string;
}

function fieldsPage(): string {
  return [
    "# Fields",
    "",
    "<!-- Made by `./dev docs` from the schemas in src/resources/schema. -->",
    "",
    "Every field of every resource, below `spec` or `spec.parameters`. A namespaced kind has the fields of the kind for the",
    "cluster. What the words mean together is in [Configuration](configuration.md).",
    "",
    ...Object.entries(SCHEMAS).flatMap(([heading, schema]) => [
      `## ${heading}`,
      "",
      "| field | value | required | meaning |",
      "| --- | --- | --- | --- |",
      ...fieldRows(
        z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema,
        "",
      ),
      "",
    ]),
  ].join("\n");
}

function fieldRows(schema: JsonSchema, prefix: string): string[] {
  const list = schema.items;
  if (list !== undefined) return fieldRows(list, `${prefix.replace(/\.$/, "")}[].`);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const required = schema.required?.includes(name) ? "yes" : "";
    const fallback = field.default === undefined
      ? ""
      : ` Default: \`${JSON.stringify(field.default)}\`.`;
    const meaning = `${field.description ?? ""}${fallback}`.trim();
    return [
      `| \`${prefix}${name}\` | ${valueOf(field)} | ${required} | ${meaning} |`,
      ...fieldRows(field, `${prefix}${name}.`),
    ];
  });
}

function valueOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueOf))].join(" or ");
  switch (schema.type) {
    case "array":
      return `list of ${schema.items === undefined ? "values" : valueOf(schema.items)}`;
    case "object": {
      const values = schema.additionalProperties;
      return typeof values === "object" && Object.keys(values).length > 0 &&
          schema.properties === undefined
        ? `object of ${valueOf(values)}`
        : "object";
    }
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    case "integer":
      return "whole number";
    default:
      return schema.type ?? "any value";
  }
}

const check = Deno.args.includes("--check");
let stale = 0;
for (const [name, page] of Object.entries(PAGES)) {
  const path = new URL(name, import.meta.url);
  const text = page();
  if (!check) Deno.writeTextFileSync(path, text);
  else if (Deno.readTextFileSync(path) !== text) {
    Deno.stderr.writeSync(
      new TextEncoder().encode(
        `${new URL(name, "file:///docs/").pathname} is not what the code says; run ./dev docs\n`,
      ),
    );
    stale++;
  }
}
Deno.exit(stale > 0 ? 1 : 0);
