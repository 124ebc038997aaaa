import { type Candidate, type ProblemList, type ResourceClass } from "./candidate.ts";
import type { Document, Path } from "./document.ts";
import { suggest } from "./suggest.ts";

const GROUP = "config.ratify.deislabs.io";
const VERSIONS = ["v1beta1", "v1alpha1"];
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

interface Kind {
  readonly class: ResourceClass;
  readonly namespaced: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  Store: { class: "Store", namespaced: false },
  NamespacedStore: { class: "Store", namespaced: true },
  Verifier: { class: "Verifier", namespaced: false },
  NamespacedVerifier: { class: "Verifier", namespaced: true },
  Policy: { class: "Policy", namespaced: false },
  NamespacedPolicy: { class: "Policy", namespaced: true },
  KeyManagementProvider: { class: "KeyManagementProvider", namespaced: false },
  NamespacedKeyManagementProvider: { class: "KeyManagementProvider", namespaced: true },
  CertificateStore: { class: "CertificateStore", namespaced: true },
};

/** Fields of the spec that count although parameters of the same name may stand beside them. */
const OVERWRITTEN = ["name", "type", "artifactTypes", "source", "resource"];

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
  if (!isObject(value)) {
    problems.add(
      document,
      "",
      path,
      "must be a resource: an object with apiVersion, kind, metadata and spec",
    );
    return [];
  }
  const kind = value["kind"];
  if (kind === "List" && Array.isArray(value["items"])) {
    return value["items"].flatMap((item, index) =>
      readCustomResource(document, [...path, "items", index], item, problems)
    );
  }
  const known = typeof kind === "string" && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (typeof kind !== "string" || known === undefined) {
    const hint = typeof kind === "string" ? suggest(kind, Object.keys(KINDS)) : undefined;
    problems.add(
      document,
      "",
      [...path, "kind"],
      `must be one of ${Object.keys(KINDS).join(", ")}, List; found ${JSON.stringify(kind)}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
    );
    return [];
  }
  return readKnown(document, path, value, kind, known, problems);
}

function readKnown(
  document: Document,
  path: Path,
  value: Readonly<Record<string, unknown>>,
  kind: string,
  known: Kind,
  problems: ProblemList,
): Candidate[] {
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const name = metadata["name"];
  const namespace = metadata["namespace"];
  const label = [
    kind,
    ...(known.namespaced && typeof namespace === "string" ? [namespace] : []),
    name,
  ]
    .filter((part) => typeof part === "string").join("/");
  const report = (at: Path, text: string, atKey = false): void =>
    problems.add(document, label, [...path, ...at], text, { atKey, depth: path.length });
  const before = problems.problems.length;

  const version = checkApiVersion(value["apiVersion"], (text) => report(["apiVersion"], text));
  if (typeof name !== "string" || !NAME.test(name)) {
    report(
      ["metadata", "name"],
      "must be the name of a Kubernetes object: lower-case letters, digits, - and .",
    );
  }
  if (known.namespaced && (typeof namespace !== "string" || !NAME.test(namespace))) {
    report(["metadata", "namespace"], `is missing: ${kind} belongs to a namespace`);
  }
  for (const member of Object.keys(value)) {
    if (!["apiVersion", "kind", "metadata", "spec", "status"].includes(member)) {
      report([member], "is not a known field; known are apiVersion, kind, metadata, spec", true);
    }
  }
  const spec = value["spec"];
  if (!isObject(spec)) report(["spec"], "is missing: an object is required");
  if (problems.problems.length > before || !isObject(spec) || typeof name !== "string") return [];

  if (version === "v1alpha1") {
    problems.add(
      document,
      label,
      [...path, "apiVersion"],
      `${GROUP}/v1alpha1 is deprecated; use ${GROUP}/v1beta1`,
      {
        severity: "warning",
        depth: path.length,
      },
    );
  }
  const candidate = {
    class: known.class,
    label,
    scope: known.namespaced ? String(namespace) : "",
    name,
    document,
    path,
    depth: path.length,
    spec,
    specPath: [...path, "spec"],
    typePath: [...path, "spec", typeField(known.class, spec)],
    parameters: isObject(spec["parameters"]) ? spec["parameters"] : undefined,
    parametersPath: [...path, "spec", "parameters"],
  };
  return [withoutOverwritten(version === "v1alpha1" ? convert(candidate) : candidate, problems)];
}

function typeField(resourceClass: ResourceClass, spec: Readonly<Record<string, unknown>>): string {
  if (resourceClass === "CertificateStore") return "provider";
  const named = resourceClass === "Store" ||
    (resourceClass === "Verifier" && spec["type"] === undefined);
  return named ? "name" : "type";
}

/** The version; undefined, with a problem, when it is none that is known. */
function checkApiVersion(value: unknown, report: (text: string) => void): string | undefined {
  const version = VERSIONS.find((known) => value === `${GROUP}/${known}`);
  if (version === undefined) {
    report(
      `must be ${VERSIONS.map((known) => `${GROUP}/${known}`).join(" or ")}; found ${
        JSON.stringify(value)
      }`,
    );
  }
  return version;
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

/** Parameters that a field of the spec overwrites are left out, with a warning. */
function withoutOverwritten(candidate: Candidate, problems: ProblemList): Candidate {
  const { parameters } = candidate;
  if (parameters === undefined || candidate.class === "CertificateStore") return candidate;
  const kept = Object.entries(parameters).filter(([name]) => {
    if (!OVERWRITTEN.includes(name)) return true;
    problems.of(candidate, [...candidate.parametersPath, name], `is ignored: spec.${name} counts`, {
      severity: "warning",
      atKey: true,
    });
    return false;
  });
  return { ...candidate, parameters: Object.fromEntries(kept) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
