import type { Candidate, ProblemList } from "./candidate.ts";
import { describe } from "./describe.ts";
import type { Document, Path } from "./document.ts";
import { isObject, type Members } from "./members.ts";
import { type ProcessSettings, readProcessSettings } from "./process_settings.ts";
import { pluginSection, policySection } from "./schema/config_file.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const SECTIONS = ["store", "policy", "verifier", "executor", "crl", "logger"];

/** Fields of a plugin that are not its parameters, by section. */
const SPEC_FIELDS = {
  Store: ["name", "version", "source", "address"],
  Verifier: ["name", "type", "version", "artifactTypes", "source", "address"],
  Policy: ["name"],
} as const;

/** Whether a document is a config.json: an object that is no resource. */
export function isConfigFile(value: unknown): value is Members {
  return isObject(value) && value["kind"] === undefined && value["apiVersion"] === undefined;
}

/**
 * Reads a `config.json`: one file with the sections store, policy, verifier, executor, crl and
 * logger, whose plugins are the same things as cluster-wide resources. A section that is not there
 * is none: resources of other files may stand for it.
 */
export function readConfigFile(
  document: Document,
  value: Members,
  problems: ProblemList,
): { readonly candidates: readonly Candidate[]; readonly settings: ProcessSettings } {
  for (const member of Object.keys(value).filter((name) => !SECTIONS.includes(name))) {
    const hint = suggest(member, SECTIONS);
    const right = hint === undefined ? `known are ${SECTIONS.join(", ")}` : `did you mean ${hint}?`;
    problems.add(document, "", [member], `is ignored: it is not a known section; ${right}`, {
      severity: "warning",
      atKey: true,
    });
  }
  const candidates = [
    ...readPlugins(document, value, "store", problems),
    ...readPlugins(document, value, "verifier", problems),
    ...readPolicy(document, value, problems),
  ];
  return { candidates, settings: readProcessSettings(document, value, problems) };
}

/** Reports what is wrong with a section itself; undefined when there is none to look into. */
function readSection(
  document: Document,
  value: Members,
  name: string,
  schema: typeof pluginSection | typeof policySection,
  problems: ProblemList,
): Members | undefined {
  if (value[name] === undefined) return undefined;
  const section = validate(schema, value[name]);
  if (!section.ok) {
    for (const { path, message, atKey } of section.issues) {
      problems.add(document, "", [name, ...path], message, { atKey });
    }
  }
  return isObject(value[name]) ? value[name] : undefined;
}

function readPlugins(
  document: Document,
  value: Members,
  name: "store" | "verifier",
  problems: ProblemList,
): Candidate[] {
  const section = readSection(document, value, name, pluginSection, problems);
  if (section?.["pluginBinDirs"] !== undefined) {
    problems.add(
      document,
      "",
      [name, "pluginBinDirs"],
      "is ignored: the built-in types need no plugin directory",
      { severity: "warning", atKey: true },
    );
  }
  const plugins = section?.["plugins"];
  if (!Array.isArray(plugins)) return [];
  return plugins.flatMap((plugin, index) =>
    readPlugin(
      document,
      name === "store" ? "Store" : "Verifier",
      plugin,
      [name, "plugins", index],
      problems,
    )
  );
}

function readPolicy(document: Document, value: Members, problems: ProblemList): Candidate[] {
  const section = readSection(document, value, "policy", policySection, problems);
  const plugin = section?.["plugin"];
  return plugin === undefined
    ? []
    : readPlugin(document, "Policy", plugin, ["policy", "plugin"], problems);
}

function readPlugin(
  document: Document,
  resourceClass: "Store" | "Verifier" | "Policy",
  plugin: unknown,
  path: Path,
  problems: ProblemList,
): Candidate[] {
  if (!isObject(plugin)) return []; // the section's schema has said so
  const { name } = plugin;
  if (typeof name !== "string" || name === "") {
    const text = name === undefined
      ? "is missing: text is required"
      : `must be text that is not empty; found ${describe(name)}`;
    problems.add(document, "", [...path, "name"], text);
    return [];
  }
  const fields: readonly string[] = SPEC_FIELDS[resourceClass];
  const members = Object.entries(plugin);
  const spec = Object.fromEntries(members.filter(([key]) => fields.includes(key)));
  const parameters = Object.fromEntries(members.filter(([key]) => !fields.includes(key)));
  const isPolicy = resourceClass === "Policy";
  return [{
    class: resourceClass,
    label: `${resourceClass}/${name}`,
    scope: "",
    name: isPolicy ? "ratify-policy" : name,
    document,
    path,
    depth: 0, // in this file people know their way from the top
    spec: isPolicy ? { type: name, parameters } : { ...spec, parameters },
    specPath: path,
    typePath: [...path, spec["type"] === undefined ? "name" : "type"],
    parameters,
    parametersPath: path,
  }];
}
