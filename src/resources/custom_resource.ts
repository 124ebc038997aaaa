import type { Candidate, ProblemList, ResourceClass } from "./candidate.ts";
import { describe } from "./describe.ts";
import type { Document, Path } from "./document.ts";
import { GROUP, type Kind, KINDS } from "./kinds.ts";
import { isObject, type Members } from "./members.ts";
import { suggest } from "./suggest.ts";

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const FIELDS = ["apiVersion", "kind", "metadata", "spec"];

/** Parameters that something else overwrites: a field of the spec, or the name of the resource. */
const OVERWRITTEN: Readonly<Record<ResourceClass, readonly string[]>> = {
  Store: ["name"],
  Verifier: ["name", "type", "artifactTypes"],
  Policy: ["name"],
  KeyManagementProvider: ["type", "resource"],
  CertificateStore: [],
};

/**
 * Reads the custom resource at a path of a document, and those of a `List`.
 *
 * @returns the resources that can be looked at further; what cannot is in `problems`.
 */
export function readCustomResource(
  document: Document,
  path: Path,
  value: unknown,
  problems: ProblemList,
): Candidate[] {
  const report = (label: string, at: Path, text: string): void =>
    problems.add(document, label, [...path, ...at], text, { depth: path.length });
  if (!isObject(value)) {
    report(
      "",
      [],
      `must be a resource, with apiVersion, kind, metadata and spec; found ${describe(value)}`,
    );
    return [];
  }
  const { kind, items } = value;
  if (kind === "List") {
    if (Array.isArray(items)) {
      return items.flatMap((item, index) =>
        readCustomResource(document, [...path, "items", index], item, problems)
      );
    }
    report("List", ["items"], `must be a list of resources; found ${describe(items)}`);
    return [];
  }
  const known = typeof kind === "string" ? KINDS.get(kind) : undefined;
  if (typeof kind !== "string" || known === undefined) {
    const names = [...KINDS.keys(), "List"];
    const hint = typeof kind === "string" ? suggest(kind, names) : undefined;
    const found = `${describe(kind)}${hint === undefined ? "" : ` (did you mean ${hint}?)`}`;
    report(
      "",
      ["kind"],
      kind === undefined
        ? `is missing: one of ${names.join(", ")} is required`
        : `must be one of ${names.join(", ")}; found ${found}`,
    );
    return [];
  }
  return readKnown(document, path, value, kind, known, problems);
}

function readKnown(
  document: Document,
  path: Path,
  value: Members,
  kind: string,
  known: Kind,
  problems: ProblemList,
): Candidate[] {
  const { name, namespace } = isObject(value["metadata"]) ? value["metadata"] : {};
  const label = [kind, ...(known.namespaced ? [namespace] : []), name]
    .filter((part) => typeof part === "string" && part !== "").join("/");
  let usable = true;
  const report: Report = (at, text, atKey = false) => {
    usable = false;
    problems.add(document, label, [...path, ...at], text, { atKey, depth: path.length });
  };
  checkHead(value, kind, known, report);
  const { spec } = value;
  if (!usable || !isObject(spec)) return [];

  const candidate: Candidate = {
    class: known.class,
    label,
    scope: known.namespaced ? String(namespace) : "",
    name: String(name),
    document,
    path,
    depth: path.length,
    spec: spec["parameters"] === null ? withoutMember(spec, "parameters") : spec,
    specPath: [...path, "spec"],
    typePath: [...path, "spec", typeField(known.class, spec)],
    parameters: isObject(spec["parameters"]) ? spec["parameters"] : undefined,
    parametersPath: [...path, "spec", "parameters"],
  };
  const deprecated = value["apiVersion"] === `${GROUP}/v1alpha1`;
  if (deprecated) {
    problems.of(
      candidate,
      [...path, "apiVersion"],
      `${GROUP}/v1alpha1 is deprecated; use ${GROUP}/v1beta1`,
      { severity: "warning" },
    );
  }
  if (!known.namespaced && namespace !== undefined) {
    problems.of(
      candidate,
      [...path, "metadata", "namespace"],
      `is ignored: a ${kind} is for the whole cluster; for one namespace use Namespaced${kind}`,
      { severity: "warning", atKey: true },
    );
  }
  return [withoutOverwritten(deprecated ? convert(candidate) : candidate, problems)];
}

type Report = (at: Path, text: string, atKey?: boolean) => void;

/** Everything beside the content of the spec. */
function checkHead(value: Members, kind: string, known: Kind, report: Report): void {
  const { apiVersion, metadata, spec } = value;
  const versions = known.versions.map((version) => `${GROUP}/${version}`);
  if (typeof apiVersion !== "string" || !versions.includes(apiVersion)) {
    const allowed = versions.join(" or ");
    report(
      ["apiVersion"],
      apiVersion === undefined
        ? `is missing: ${allowed} is required`
        : `must be ${allowed}; found ${describe(apiVersion)}`,
    );
  }
  for (const member of Object.keys(value)) {
    if (FIELDS.includes(member) || member === "status") continue;
    const hint = suggest(member, FIELDS);
    const right = hint === undefined ? `known are ${FIELDS.join(", ")}` : `did you mean ${hint}?`;
    report([member], `is not a known field; ${right}`, true);
  }
  const { name, namespace } = isObject(metadata) ? metadata : {};
  if (name === undefined) {
    report(["metadata", "name"], "is missing: every resource has a name");
  } else if (typeof name !== "string" || !NAME.test(name)) {
    const found = describe(name);
    report(
      ["metadata", "name"],
      `must consist of lower-case letters, digits, "-" and "."; found ${found}`,
    );
  }
  if (known.namespaced && namespace === undefined) {
    report(["metadata", "namespace"], `is missing: a ${kind} belongs to a namespace`);
  } else if (known.namespaced && (typeof namespace !== "string" || !NAMESPACE.test(namespace))) {
    const found = describe(namespace);
    report(
      ["metadata", "namespace"],
      `must consist of lower-case letters, digits and "-"; found ${found}`,
    );
  }
  if (spec === undefined) report(["spec"], "is missing: an object is required");
  else if (!isObject(spec)) report(["spec"], `must be an object; found ${describe(spec)}`);
}

function typeField(resourceClass: ResourceClass, spec: Members): string {
  if (resourceClass === "CertificateStore") return "provider";
  const named = resourceClass === "Store" ||
    (resourceClass === "Verifier" && spec["type"] === undefined);
  return named ? "name" : "type";
}

/** Templates leave an empty `parameters:` behind when they fill in none; an API server drops it. */
function withoutMember(members: Members, name: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([member]) => member !== name));
}

/**
 * A Policy of v1alpha1 has its type as its name. A Verifier or Store of v1alpha1 has fewer fields,
 * which mean the same.
 */
function convert(candidate: Candidate): Candidate {
  if (candidate.class !== "Policy" || candidate.spec["type"] !== undefined) return candidate;
  return {
    ...candidate,
    name: "ratify-policy",
    spec: { ...candidate.spec, type: candidate.name },
    typePath: [...candidate.path, "metadata", "name"],
  };
}

/** Leaves out, with a warning, what means nothing where it stands. */
function withoutOverwritten(candidate: Candidate, problems: ProblemList): Candidate {
  if (candidate.parameters === undefined) return candidate;
  let { parameters } = candidate;
  for (const name of OVERWRITTEN[candidate.class]) {
    if (!Object.hasOwn(parameters, name)) continue;
    parameters = withoutMember(parameters, name);
    problems.of(
      candidate,
      [...candidate.parametersPath, name],
      "is ignored: among the parameters it means nothing",
      { severity: "warning", atKey: true },
    );
  }
  return { ...candidate, parameters };
}
