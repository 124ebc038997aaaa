import type { Candidate, ProblemList } from "./candidate.ts";
import type { Document, Path } from "./document.ts";
import { type ProcessSettings, readProcessSettings } from "./process_settings.ts";

const SECTIONS = ["store", "policy", "verifier", "executor", "crl", "logger"];

/** Fields of a plugin that are not its parameters, by section. */
const SPEC_FIELDS = {
  Store: ["name", "version", "source", "address"],
  Verifier: ["name", "type", "version", "artifactTypes", "source", "address"],
  Policy: ["name"],
} as const;

/**
 * Reads a `config.json`: one file with the sections store, policy, verifier, executor, crl and
 * logger, whose plugins are the same things as cluster-wide resources.
 */
export function readConfigFile(
  document: Document,
  value: Readonly<Record<string, unknown>>,
  problems: ProblemList,
): { readonly candidates: readonly Candidate[]; readonly settings: ProcessSettings } {
  for (const member of Object.keys(value)) {
    if (!SECTIONS.includes(member)) {
      problems.add(
        document,
        "",
        [member],
        `is not a known section; known are ${SECTIONS.join(", ")}`,
        {
          severity: "warning",
          atKey: true,
        },
      );
    }
  }
  const candidates = [
    ...plugins(document, value, "store", problems)
      .flatMap(({ plugin, path }) => candidate(document, "Store", plugin, path, problems)),
    ...plugins(document, value, "verifier", problems)
      .flatMap(({ plugin, path }) => candidate(document, "Verifier", plugin, path, problems)),
    ...policy(document, value, problems),
  ];
  return { candidates, settings: readProcessSettings(document, value, problems) };
}

type Members = Readonly<Record<string, unknown>>;

function plugins(
  document: Document,
  value: Members,
  section: "store" | "verifier",
  problems: ProblemList,
): { plugin: Members; path: Path }[] {
  const list = isObject(value[section]) ? value[section]["plugins"] : undefined;
  if (!Array.isArray(list) || list.length === 0) {
    problems.add(
      document,
      "",
      [section, "plugins"],
      "is missing: a list with at least one entry is required",
    );
    return [];
  }
  return list.flatMap((plugin, index) => {
    const path = [section, "plugins", index];
    if (isObject(plugin)) return [{ plugin, path }];
    problems.add(document, "", path, "must be an object");
    return [];
  });
}

function policy(document: Document, value: Members, problems: ProblemList): Candidate[] {
  const plugin = isObject(value["policy"]) ? value["policy"]["plugin"] : undefined;
  const path = ["policy", "plugin"];
  if (isObject(plugin)) return candidate(document, "Policy", plugin, path, problems);
  problems.add(
    document,
    "",
    path,
    "is missing: an object with the name of a policy type is required",
  );
  return [];
}

function candidate(
  document: Document,
  resourceClass: "Store" | "Verifier" | "Policy",
  plugin: Members,
  path: Path,
  problems: ProblemList,
): Candidate[] {
  const name = plugin["name"];
  if (typeof name !== "string" || name === "") {
    problems.add(document, "", [...path, "name"], "is missing: text is required");
    return [];
  }
  const fields: readonly string[] = SPEC_FIELDS[resourceClass];
  const spec = Object.fromEntries(Object.entries(plugin).filter(([key]) => fields.includes(key)));
  const parameters = Object.fromEntries(
    Object.entries(plugin).filter(([key]) => !fields.includes(key)),
  );
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

/** Whether a document is a config.json: an object without a kind. */
export function isConfigFile(value: unknown): value is Members {
  return isObject(value) && value["kind"] === undefined && value["apiVersion"] === undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
