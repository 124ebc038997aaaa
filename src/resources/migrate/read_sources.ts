import { isConfigFile } from "../config_file.ts";
import { describe } from "../describe.ts";
import type { Document, Path } from "../document.ts";
import { GROUP, KINDS } from "../kinds.ts";
import { isObject, type Members } from "../members.ts";
import { type Draft, draftOf } from "./draft.ts";
import type { Report } from "./finding.ts";

/** The API groups of executors, which the documentation of their product names both. */
export const EXECUTOR_GROUPS = ["config.ratify.sh", "config.ratify.dev"] as const;

/** A resource of the second generation, which has all others in it. */
export interface Executor {
  /** Empty for the cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly label: string;
  readonly spec: Members;
  readonly source: { readonly document: Document; readonly path: Path };
}

/** What sources have in them, sorted by what becomes of it. */
export interface Sources {
  readonly drafts: Draft[];
  readonly executors: Executor[];
  /** The `config.json`, of which there is one. */
  readonly settings: { readonly value: Members; readonly document: Document }[];
  /** Resources that nothing can be made of, by the scope that they were for. */
  readonly lost: { readonly scope: string; readonly label: string }[];
}

/** Fields of a plugin in `config.json` that are not its parameters. */
const PLUGIN_FIELDS = ["name", "type", "version", "artifactTypes", "source", "address"];
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Sorts what documents have in them. */
export function readSources(documents: readonly Document[], report: Report): Sources {
  const sources: Sources = { drafts: [], executors: [], settings: [], lost: [] };
  for (const document of documents) {
    if (document.file.endsWith(".json") && isConfigFile(document.value)) {
      readSettings(document, document.value, sources, report);
    } else readResource(document, [], document.value, sources, report);
  }
  return sources;
}

function readResource(
  document: Document,
  path: Path,
  value: unknown,
  sources: Sources,
  report: Report,
): void {
  const source = { document, path };
  const { kind, items, apiVersion, metadata, spec } = isObject(value) ? value : {} as Members;
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
    for (const [index, item] of items.entries()) {
      readResource(document, [...path, "items", index], item, sources, report);
    }
    return;
  }
  const { name, namespace, labels, annotations } = isObject(metadata) ? metadata : {} as Members;
  const [group = ""] = typeof apiVersion === "string" ? apiVersion.split("/") : [];
  const isExecutor = (kind === "Executor" || kind === "NamespacedExecutor") &&
    EXECUTOR_GROUPS.some((known) => known === group);
  const known = typeof kind === "string" && group === GROUP ? KINDS.get(kind) : undefined;
  if (known === undefined && !isExecutor) {
    if (usesDapr(value)) {
      report.add(
        "decision",
        { label: `${kind}/${name}`, source },
        ["spec"],
        "keeps its cache in Dapr, which there is none of here",
        "use --cache-type ristretto: each replica keeps its own",
      );
      return;
    }
    const found = isObject(value) ? `${apiVersion ?? "?"} ${kind ?? "?"}` : describe(value);
    report.add("note", { label: "", source }, [], `${found} is left out: it configures nothing`);
    return;
  }
  const scope = known?.namespaced || kind === "NamespacedExecutor" ? String(namespace ?? "") : "";
  const label = [kind, ...(scope === "" ? [] : [scope]), name].join("/");
  const isNamed = typeof name === "string" && NAME.test(name) &&
    (scope !== "" || !(known?.namespaced || kind === "NamespacedExecutor"));
  if (!isNamed || !isObject(spec)) {
    const text = isNamed ? "has no spec" : "has no usable name or namespace";
    report.add("decision", { label, source }, [], text, "correct it and migrate again");
    sources.lost.push({ scope, label });
    return;
  }
  if (known === undefined) {
    sources.executors.push({ namespace: scope, name, label, spec, source });
    return;
  }
  if (apiVersion === `${GROUP}/v1alpha1`) {
    report.add("note", { label, source }, ["apiVersion"], "is written as v1beta1");
  }
  const kept = isObject(annotations)
    ? Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== APPLIED))
    : {};
  const also = {
    ...(isObject(labels) ? { labels } : {}),
    ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
  };
  sources.drafts.push(draftOf(known.class, scope, name, spec, source, also));
}

/** Whether a workload is started with a cache that is not in the process. */
function usesDapr(workload: unknown): boolean {
  const text = JSON.stringify(workload) ?? "";
  return /"--cache-type(?:=|",")dapr"/.test(text);
}

/** The plugins of a `config.json` are resources of the cluster. */
function readSettings(
  document: Document,
  value: Members,
  sources: Sources,
  report: Report,
): void {
  sources.settings.push({ value, document });
  const read = (resourceClass: "Store" | "Verifier", plugin: unknown, path: Path): void => {
    const source = { document, path };
    const { name } = isObject(plugin) ? plugin : {} as Members;
    const safe = typeof name === "string" ? name.toLowerCase().replace(/[^a-z0-9.-]/g, "-") : "";
    if (!isObject(plugin) || !NAME.test(safe)) {
      const label = `${resourceClass}/?`;
      const text = "has no usable name";
      report.add("decision", { label, source }, [], text, "correct it and migrate again");
      sources.lost.push({ scope: "", label });
      return;
    }
    const members = Object.entries(plugin);
    const parameters = members.filter(([key]) => !PLUGIN_FIELDS.includes(key));
    const spec = {
      ...Object.fromEntries(members.filter(([key]) => PLUGIN_FIELDS.includes(key))),
      ...(parameters.length > 0 ? { parameters: Object.fromEntries(parameters) } : {}),
    };
    const draft = draftOf(resourceClass, "", safe, spec, source);
    if (safe !== name) report.add("note", draft, ["name"], `the resource is called ${safe}`);
    sources.drafts.push(draft);
  };
  for (const [section, resourceClass] of [["store", "Store"], ["verifier", "Verifier"]] as const) {
    const { plugins } = isObject(value[section]) ? value[section] : {} as Members;
    if (!Array.isArray(plugins)) continue;
    for (const [index, plugin] of plugins.entries()) {
      read(resourceClass, plugin, [section, "plugins", index]);
    }
  }
  const { plugin } = isObject(value["policy"]) ? value["policy"] : {} as Members;
  if (!isObject(plugin)) return;
  const { name, ...parameters } = plugin;
  const source = { document, path: ["policy", "plugin"] };
  const spec = { type: name, parameters };
  sources.drafts.push(draftOf("Policy", "", "ratify-policy", spec, source));
}
