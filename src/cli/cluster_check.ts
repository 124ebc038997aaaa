import { asAssayError } from "../errors.ts";
import type { ClusterObject, LoadedObjects, Problem } from "../resources/mod.ts";
import { memberOf, textOf } from "../cloud/mod.ts";

/** A line that tells how it stands with something. */
export interface CheckLine {
  readonly severity: "error" | "warning" | "info";
  readonly text: string;
}

const CLASSES = ["Store", "Verifier", "Policy"] as const;

/** How it stands with each resource: whether it is in force, what is wrong with it, what its status says. */
export function resourceLines(
  objects: readonly ClusterObject[],
  loaded: LoadedObjects,
): CheckLine[] {
  return objects.flatMap((object) => {
    const { label } = object;
    const problems = loaded.problems.get(label) ?? [];
    const errors = problems.filter(({ severity }) => severity === "error");
    const why = errors.map(describe).join("; ");
    const head: CheckLine = errors.length === 0
      ? { severity: "info", text: `${label}: in force` }
      : isInForce(object)
      // It may name files that are in the pod only.
      ? {
        severity: "warning",
        text: `${label}: in force for the service, and not from here: ${why}`,
      }
      : { severity: "error", text: `${label}: not in force: ${why}` };
    const warnings = problems.filter(({ severity }) => severity === "warning").map((
      problem,
    ): CheckLine => ({ severity: "warning", text: `${label}: ${describe(problem)}` }));
    return [head, ...warnings, ...statusLines(object, errors.length > 0)];
  });
}

function describe({ code, field, text }: Problem): string {
  return [code, field === "" ? text : `${field}: ${text}`].join(" ");
}

/** Whether a service has this very generation in force. */
function isInForce({ status, generation }: ClusterObject): boolean {
  const seen = memberOf(status, "observedGeneration");
  return seen === generation && textOf(readyOf(status), "status") === "True";
}

function readyOf(status: unknown): unknown {
  const conditions = memberOf(status, "conditions");
  return (Array.isArray(conditions) ? conditions : [])
    .find((one) => textOf(one, "type") === "Ready");
}

/** What a service that runs has written, where it says something else than what we found. */
function statusLines(object: ClusterObject, isWrong: boolean): CheckLine[] {
  const { label, status, generation } = object;
  const ready = readyOf(status);
  const seen = memberOf(status, "observedGeneration");
  const warn = (text: string): CheckLine[] => [{ severity: "warning", text: `${label}: ${text}` }];
  if (isWrong && textOf(ready, "reason") === "LastGoodInForce") {
    return warn("the service still has the version before in force; a new replica has none");
  }
  if (typeof seen === "number" && seen !== generation) {
    return warn(`the service has seen generation ${seen}, and it is at ${generation}`);
  }
  const brief = textOf(status, "brieferror") ?? "";
  return !isWrong && brief !== "" ? warn(`its status says: ${brief}`) : [];
}

/** What applies to requests of the cluster, and of each namespace that has resources of its own. */
export function scopeLines(
  objects: readonly ClusterObject[],
  { configuration }: LoadedObjects,
): CheckLine[] {
  const namespaces = new Set(
    objects.filter(({ class: kind }) => CLASSES.some((one) => one === kind))
      .map(({ namespace }) => namespace),
  );
  return ["", ...[...namespaces].filter((one) => one !== "").toSorted()].map((scope) => {
    const { error } = configuration.forScope(scope);
    const parts = CLASSES.map((kind) => {
      const of = (namespace: string): string[] =>
        objects.filter((one) => one.class === kind && one.namespace === namespace)
          .map(({ name }) => name);
      const own = of(scope);
      const names = own.length > 0 ? own : of("");
      const whose = scope !== "" && own.length === 0 && names.length > 0 ? " of the cluster" : "";
      return `${kind} ${names.length === 0 ? "none" : names.join(", ")}${whose}`;
    });
    const text = `${scope === "" ? "the cluster" : `namespace ${scope}`}: ${parts.join("; ")}`;
    const missing = parts.some((part) => part.endsWith(" none"));
    if (error === undefined && !missing) return { severity: "info", text };
    const why = error?.message ?? "something is missing";
    return { severity: "warning", text: `${text}; its requests get no verdict: ${why}` };
  });
}

/** What providers of key material have; for those that fetch, what the service has written about it. */
export function materialLines(
  objects: readonly ClusterObject[],
  { configuration, inForce }: LoadedObjects,
): CheckLine[] {
  const providers = objects.filter(({ class: kind, label }) =>
    (kind === "KeyManagementProvider" || kind === "CertificateStore") && inForce.has(label)
  );
  const fetched = new Set(configuration.fetchedProviders.map(({ reference }) => reference));
  return providers.map((object): CheckLine => {
    const { namespace, name, label, status } = object;
    const reference = namespace === "" ? name : `${namespace}/${name}`;
    if (fetched.has(reference)) {
      const last = textOf(status, "lastfetchedtime");
      return last === undefined
        ? { severity: "warning", text: `${label}: no service has fetched it yet` }
        : { severity: "info", text: `${label}: the service fetched it last at ${last}` };
    }
    try {
      const { details } = configuration.trust.material(reference, namespace);
      const parts = details.map(({ kind, subject, notAfter }) =>
        subject === undefined ? kind : `${kind} ${subject} until ${notAfter}`
      );
      return { severity: "info", text: `${label}: ${parts.join("; ") || "nothing"}` };
    } catch (error) {
      const { message } = asAssayError(error, "keyManagementProvider");
      return { severity: "warning", text: `${label}: ${message}` };
    }
  });
}
