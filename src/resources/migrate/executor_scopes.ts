import { isObject, type Members } from "../members.ts";
import type { Executor } from "./read_sources.ts";
import type { Report } from "./finding.ts";

/** The scopes of an executor, by what they name. */
export interface Scopes {
  /** `host/repository`. */
  readonly repositories: readonly string[];
  /** Hosts without a repository. */
  readonly hosts: readonly string[];
  /** What cannot be carried over: it is for no image then. */
  readonly left: boolean;
}

/** The scopes written in a list; empty when it is none. */
export function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/**
 * The scopes of an executor that resources can have. A host of which another executor has a repository is
 * left out: policies of one scope apply together here, and in place of each other there.
 */
export function scopesOf(
  executor: Executor,
  others: readonly Executor[],
  report: Report,
): Scopes {
  const field = ["spec", "scopes"];
  const repositories: string[] = [];
  const hosts: string[] = [];
  const elsewhere = others.flatMap(({ spec }) => listOf(spec["scopes"]));
  let left = false;
  for (const [index, scope] of listOf(executor.spec["scopes"]).entries()) {
    const isPattern = scope.includes("*");
    const isShared = elsewhere.some((one) => one === scope || one.startsWith(`${scope}/`));
    if (isPattern || isShared) {
      left = true;
      report.add(
        "decision",
        executor,
        [...field, index],
        isPattern
          ? `${scope} is left out, and its images are denied: no policy here names hosts by a pattern`
          : `${scope} is left out, and its images are denied: another executor names it too`,
        "write its repositories, or hosts, into the scopes of the verifiers",
      );
    } else (scope.includes("/") ? repositories : hosts).push(scope);
  }
  return { repositories, hosts, left };
}

/** The scopes of a trust policy for signatures by cosign: beginnings of references. */
export function cosignScopes(
  own: unknown,
  scopes: Scopes,
): string[] {
  const within = [
    ...scopes.repositories.flatMap((one) => [`${one}:*`, `${one}@*`]),
    ...scopes.hosts.map((one) => `${one}/*`),
  ];
  const wanted = listOf(own);
  if (wanted.length === 0 || wanted.includes("*")) return within;
  const known = new Set([...scopes.repositories, ...scopes.hosts]);
  return wanted.flatMap((one) => {
    const host = one.split("/")[0] ?? "";
    if (one.includes("*") || !(known.has(one) || scopes.hosts.includes(host))) return [];
    return one.includes("/") ? [`${one}:*`, `${one}@*`] : [`${one}/*`];
  });
}

/** The repositories of a trust policy for Notation, which cannot name a host as a whole. */
export function notationScopes(
  own: unknown,
  scopes: Scopes,
  executor: Executor,
  report: Report,
): string[] {
  const wanted = listOf(own);
  const all = wanted.length === 0 || wanted.includes("*");
  for (const host of scopes.hosts) {
    const named = wanted.filter((one) => one.startsWith(`${host}/`) && !one.includes("*"));
    if (!all && named.length > 0) continue;
    report.add(
      "decision",
      executor,
      ["spec", "scopes"],
      `for ${host} no Notation signature counts: trust policies of Notation name repositories`,
      `list the repositories of ${host} in registryScopes, or "*" if every registry may be trusted alike`,
    );
  }
  if (all) return [...scopes.repositories];
  return wanted.filter((one) =>
    !one.includes("*") &&
    (scopes.repositories.includes(one) ||
      (one.includes("/") && scopes.hosts.includes(one.split("/")[0] ?? "")))
  );
}

/** The members of a value, or of nothing. */
export function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}
