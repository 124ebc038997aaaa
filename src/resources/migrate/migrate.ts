import { AssayError } from "../../errors.ts";
import { splitList } from "../schema/common.ts";
import { formatProblem } from "../problem.ts";
import type { Document } from "../document.ts";
import { isObject, type Members } from "../members.ts";
import { parseFile } from "../parse_file.ts";
import type { SourceFile } from "../source.ts";
import { chartValues } from "./chart_values.ts";
import { classOf, type Draft, toResource } from "./draft.ts";
import { fromExecutors } from "./executor.ts";
import { type Finding, Report } from "./finding.ts";
import { normalise } from "./normalise.ts";
import { readSources } from "./read_sources.ts";
import { settle, type SettleOptions } from "./settle.ts";

/** What came of a migration. */
export interface Migration {
  /** Resources for Assay, which load. */
  readonly resources: readonly Members[];
  /** Values for the chart. */
  readonly values: Members;
  /** What became of fields that are not carried over as they are. */
  readonly findings: readonly Finding[];
}

/** What a migration depends on. */
export interface MigrationOptions extends SettleOptions {
  /** Kinds of a cluster that could not be read, and why. */
  readonly unread?: readonly { readonly kind: string; readonly problem: string }[];
}

/**
 * Makes resources and chart values for Assay of those of the product that it replaces: resources of its
 * first generation in any version, its `config.json`, or executors of its second. Whatever cannot be
 * carried over leaves a policy behind that denies until somebody has decided.
 *
 * @throws {AssayError} CONFIG_INVALID when a file cannot be read as YAML or JSON.
 */
export async function migrate(
  files: readonly SourceFile[],
  options: MigrationOptions,
): Promise<Migration> {
  const documents: Document[] = [];
  for (const file of files) {
    const parsed = await parseFile(file);
    const [problem] = parsed.problems;
    if (problem !== undefined) throw unreadable(formatProblem(problem));
    documents.push(...parsed.documents);
  }
  const report = new Report();
  const sources = readSources(documents, report);
  for (const { kind, problem } of options.unread ?? []) {
    const source = { document: placeless(kind), path: [] };
    const text = `could not be read from the cluster: ${problem}`;
    report.add(
      "decision",
      { label: "", source },
      [],
      text,
      "allow listing them, and migrate again",
    );
    sources.lost.push({ scope: "", label: kind });
  }
  const drafts = [
    ...await normalise(sources.drafts, report),
    ...fromExecutors(sources, report),
  ];
  if (drafts.length === 0 && sources.settings.length === 0 && sources.lost.length === 0) {
    throw unreadable("there is no resource among what was read");
  }
  reportMeanings(drafts, report);
  const settled = await settle(drafts, sources.lost, report, options);
  const values = chartValues(settled, sources.settings, report);
  return { resources: settled.map(toResource), values, findings: report.findings };
}

function unreadable(message: string): AssayError {
  return new AssayError({
    code: "CONFIG_INVALID",
    component: "config",
    message: `Nothing was migrated: ${message}`,
    remedy: "Name files with resources, a config.json, or --cluster.",
  });
}

/** A document of which nothing could be read. */
function placeless(file: string): Document {
  const position = (): { line: number; column: number } => ({ line: 1, column: 1 });
  const whole = position as Document["position"];
  return { file, value: undefined, position: whole, keyPosition: whole, positionWithin: whole };
}

/** What is carried over as it is, and works in another way. */
function reportMeanings(drafts: readonly Draft[], report: Report): void {
  for (const draft of drafts) {
    const parameters = isObject(draft.spec["parameters"]) ? draft.spec["parameters"] : {};
    const { authProvider, trustPolicies } = parameters;
    const isAsked = isObject(authProvider) && authProvider["name"] !== "dockerConfig";
    if (isAsked && parameters["anonymousFallback"] !== true) {
      const text = "registries are not asked anonymously when this provider fails";
      const remedy = "set anonymousFallback to true where they should be";
      report.add("note", draft, ["spec", "parameters", "authProvider"], text, remedy);
    }
    if (draft.spec["name"] === "cosign" && Array.isArray(trustPolicies)) {
      const asks = trustPolicies.some((one) =>
        isObject(one) && one["tLogVerify"] !== false && one["rekorURL"] === undefined
      );
      if (!asks) continue;
      const text = "signatures must carry their proof of a transparency log: none is asked";
      const remedy = "set rekorURL to ask one for those that do not";
      report.add("note", draft, ["spec", "parameters", "trustPolicies"], text, remedy);
    }
  }
  const verifiers = drafts.filter((draft) => classOf(draft) === "Verifier");
  for (const [index, draft] of verifiers.entries()) {
    const types = typesOf(draft);
    const other = verifiers.slice(0, index).find((one) =>
      one.namespace === draft.namespace && [...typesOf(one)].some((type) => types.has(type))
    );
    if (other === undefined) continue;
    const text = `judges artifacts that ${other.label} judges too: both judge them`;
    const remedy = "check that the policy is right with a report of each";
    report.add("changed", draft, ["spec", "artifactTypes"], text, remedy);
  }
}

function typesOf({ spec }: Draft): Set<string> {
  return new Set(splitList(String(spec["artifactTypes"] ?? "")));
}
