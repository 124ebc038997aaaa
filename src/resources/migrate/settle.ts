import type { Path } from "../document.ts";
import { loadConfiguration, type LoadOptions } from "../load.ts";
import { isObject } from "../members.ts";
import { formatPath, type Problem } from "../problem.ts";
import { classOf, type Draft, draftOf, toResource } from "./draft.ts";
import type { Report } from "./finding.ts";
import type { Sources } from "./read_sources.ts";

/** What settling depends on. */
export interface SettleOptions extends LoadOptions {
  /** Whether a file or folder is there. */
  readonly exists: (path: string) => Promise<boolean>;
}

/**
 * Leaves out what does not load, and sees to it that nothing more is allowed without it.
 *
 * @returns resources that load, but for files that they name and that are not here.
 */
export async function settle(
  drafts: readonly Draft[],
  lost: Sources["lost"],
  report: Report,
  options: SettleOptions,
): Promise<Draft[]> {
  let left = [...drafts];
  const gone = [...lost];
  // Each round leaves something out, or is the last.
  for (;;) {
    const { wrong, warnings } = await tryOut(left, report, options);
    if (wrong.length === 0) {
      for (const [draft, field, text] of warnings) report.add("note", draft, field, text);
      return await withDenials(left, drafts, gone, report, options);
    }
    for (const draft of wrong) {
      left = left.filter((one) => one !== draft);
      gone.push({ scope: draft.namespace, label: draft.label });
    }
  }
}

interface Trial {
  readonly wrong: readonly Draft[];
  readonly warnings: readonly (readonly [Draft, Path, string])[];
}

async function tryOut(
  drafts: readonly Draft[],
  report: Report,
  options: SettleOptions,
): Promise<Trial> {
  const byFile = new Map(drafts.map((draft, index) => [`${index}.json`, draft]));
  const files = [...byFile].map(([path, draft]) => ({
    path,
    text: JSON.stringify(toResource(draft)),
  }));
  const { problems, referencedFiles } = await loadConfiguration(files, options);
  const absent = new Set<string>();
  for (const path of referencedFiles) if (!await options.exists(path)) absent.add(path);
  const wrong = new Set<Draft>();
  const warnings: (readonly [Draft, Path, string])[] = [];
  for (const problem of problems) {
    const draft = byFile.get(problem.file);
    if (draft === undefined || problem.resource === "") continue; // about all of them together
    const { path: field, value } = fieldOf(draft, problem);
    if (problem.severity === "warning") warnings.push([draft, field, problem.text]);
    else if (typeof value === "string" && absent.has(expand(value, options.home))) {
      report.add(
        "decision",
        draft,
        field,
        `names ${value}, which is not here, so that it was not looked into`,
        "mount the file under this path for Assay",
      );
    } else {
      const text = `cannot be carried over: ${problem.text}`;
      report.add("decision", draft, field, text, "correct it, or write what stands for it");
      wrong.add(draft);
    }
  }
  return { wrong: [...wrong], warnings };
}

function expand(path: string, home: string | undefined): string {
  return home !== undefined && path.startsWith("~/") ? `${home}${path.slice(1)}` : path;
}

/** The path of the field that a problem names, and its value. */
function fieldOf(draft: Draft, { field }: Problem): { path: Path; value: unknown } {
  const open: { path: Path; value: unknown }[] = [{ path: [], value: toResource(draft) }];
  let nearest: { path: Path; value: unknown } = { path: [], value: undefined };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value } = next;
    const text = formatPath(path);
    if (text === field) return next;
    if (field.startsWith(text) && path.length > nearest.path.length) nearest = next;
    if (typeof value !== "object" || value === null) continue;
    for (const [step, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      open.push({ path: [...path, step], value: member });
    }
  }
  return nearest;
}

/**
 * Adds to policies what denies every image for as long as something is missing that would have decided too.
 * An artifact of a type that no media type can be is asked for: nothing can be attached that has it.
 */
async function withDenials(
  drafts: readonly Draft[],
  all: readonly Draft[],
  gone: readonly { readonly scope: string; readonly label: string }[],
  report: Report,
  options: SettleOptions,
): Promise<Draft[]> {
  // A provider or store of the cluster that is missing only takes away.
  const deciding = gone.filter(({ scope, label }) =>
    !/^(?:Namespaced)?KeyManagementProvider\//.test(label) &&
    !(scope === "" && label.startsWith("Store/"))
  );
  if (deciding.length === 0) return [...drafts];
  const scopes = new Set(deciding.map(({ scope }) => scope));
  if (scopes.has("")) {
    for (const draft of all) if (classOf(draft) === "Policy") scopes.add(draft.namespace);
  }
  let result = [...drafts];
  for (const scope of scopes) {
    const labels = deciding.filter((one) => one.scope === scope || one.scope === "");
    result = withDenial(result, all, scope, labels.map(({ label }) => label), report);
  }
  const { wrong } = await tryOut(result, report, options);
  if (wrong.length > 0) throw new Error(`a policy that denies does not load: ${wrong[0]?.label}`);
  return result;
}

function withDenial(
  drafts: readonly Draft[],
  all: readonly Draft[],
  scope: string,
  labels: readonly string[],
  report: Report,
): Draft[] {
  const isPolicyOf = (namespace: string) => (draft: Draft): boolean =>
    classOf(draft) === "Policy" && draft.namespace === namespace;
  const own = drafts.find(isPolicyOf(scope));
  const base = own ?? drafts.find(isPolicyOf(""));
  const isConfig = base !== undefined && /^config-?policy$/i.test(String(base.spec["type"]));
  const parameters = isConfig && isObject(base.spec["parameters"]) ? base.spec["parameters"] : {};
  const given = parameters["artifactVerificationPolicies"];
  const markers = Object.fromEntries(labels.map((label) => [markerFor(label), "all"]));
  const artifactVerificationPolicies = { ...(isObject(given) ? given : {}), ...markers };
  const source = own?.source ?? all.find(({ namespace }) => namespace === scope)?.source ??
    all[0]?.source;
  if (source === undefined) return [...drafts];
  const policy = draftOf(
    "Policy",
    scope,
    "ratify-policy",
    { type: "config-policy", parameters: { ...parameters, artifactVerificationPolicies } },
    source,
    own?.metadata,
  );
  if (own !== undefined && !isConfig) {
    report.add(
      "decision",
      own,
      ["spec"],
      "is replaced by a policy that denies, as verifiers are missing that it was about",
      "put it back when what stands in their place is there",
    );
  }
  report.add(
    "decision",
    policy,
    [],
    `denies every image until this is decided: ${labels.join(", ")}`,
    `remove the lines "${markerFor("…")}" from the policy when what stands in their place is there`,
  );
  return [...drafts.filter((draft) => draft !== own), policy];
}

/** What no media type can be. */
function markerFor(label: string): string {
  return `not carried over: ${label}`;
}
