import { AssayError } from "../../errors.ts";
import { loadConfiguration, type LoadOptions, type LoadResult } from "../load.ts";
import type { Problem } from "../problem.ts";
import type { SourceFile } from "../source.ts";
import type { ClusterObject } from "./cluster_object.ts";

/** What became of the resources of a cluster. */
export interface LoadedObjects {
  readonly configuration: NonNullable<LoadResult["configuration"]>;
  /** What is wrong with each resource as it is now, by its label; warnings too. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** The texts that are in force, by label: of a resource with errors that of its last good version. */
  readonly inForce: ReadonlyMap<string, string>;
  /** Files that resources name. */
  readonly referencedFiles: readonly string[];
}

/**
 * Makes a configuration of the resources of a cluster. They are independent: what is wrong with one
 * leaves it as it was when it was right last. One that never was right is not there, and whatever it
 * would have decided is not decided: requests that it is for get no verdict.
 *
 * @param lastGood the texts that were in force before, by label.
 */
export async function loadObjects(
  objects: readonly ClusterObject[],
  settings: readonly SourceFile[],
  lastGood: ReadonlyMap<string, string>,
  options: LoadOptions,
): Promise<LoadedObjects> {
  const texts = new Map(objects.map(({ label, file }) => [label, file.text]));
  const byPath = new Map(objects.map((object) => [object.file.path, object]));
  const problems = new Map<string, readonly Problem[]>();
  const unusable = new Map<
    string,
    { readonly object: ClusterObject; readonly error: AssayError }
  >();
  // Each round takes back one version of at least one resource, or is the last.
  for (;;) {
    const files = objects.flatMap(({ label, file }) => {
      const text = texts.get(label);
      return text === undefined ? [] : [{ path: file.path, text }];
    });
    const result = await loadConfiguration([...settings, ...files], {
      ...options,
      unusable: [...unusable.values()].map(({ object, error }) => ({
        class: object.class,
        scope: object.namespace,
        name: object.name,
        error,
      })),
    });
    for (const [path, found] of Map.groupBy(result.problems, ({ file }) => file)) {
      const object = byPath.get(path);
      if (object !== undefined && !problems.has(object.label)) problems.set(object.label, found);
    }
    if (result.configuration !== undefined) {
      const { configuration, referencedFiles } = result;
      return { configuration, problems, inForce: texts, referencedFiles };
    }
    const wrong = new Set(
      result.problems.filter(({ severity }) => severity === "error").map(({ file }) => file),
    );
    const failed = objects.filter(({ label, file }) => texts.has(label) && wrong.has(file.path));
    if (failed.length === 0) throw notOfResources(result.problems);
    for (const object of failed) takeBack(object, texts, lastGood, problems, unusable);
  }
}

/** To the last good version, if that is another one than was tried; else to none. */
function takeBack(
  object: ClusterObject,
  texts: Map<string, string>,
  lastGood: ReadonlyMap<string, string>,
  problems: ReadonlyMap<string, readonly Problem[]>,
  unusable: Map<string, { readonly object: ClusterObject; readonly error: AssayError }>,
): void {
  const { label } = object;
  const before = lastGood.get(label);
  if (before !== undefined && before !== texts.get(label)) {
    texts.set(label, before);
    return;
  }
  texts.delete(label);
  const [first] = (problems.get(label) ?? []).filter(({ severity }) => severity === "error");
  const error = new AssayError({
    code: first?.code ?? "CONFIG_INVALID",
    component: "config",
    message: `${label} is not in force: ${[first?.field, first?.text].filter(Boolean).join(": ")}`,
    remedy: `Correct ${label}; its status has all that is wrong with it.`,
    effect: "unusable",
    transient: false,
  });
  unusable.set(label, { object, error });
}

/** What is wrong is in the settings of the process, or a defect of ours. */
function notOfResources(problems: readonly Problem[]): AssayError {
  const first = problems.find(({ severity }) => severity === "error");
  return new AssayError({
    code: first?.code ?? "CONFIG_INVALID",
    component: "config",
    message: first === undefined
      ? "The configuration cannot be used"
      : `${first.file}:${first.line}:${first.column}: ${first.text}`,
  });
}
