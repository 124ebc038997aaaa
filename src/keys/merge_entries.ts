import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { KeptEntry } from "./kept_entry.ts";

/**
 * The material of a provider: what all entries have, in their order. What is older than it should be
 * carries the time of its last refresh.
 */
export function mergeEntries(reference: string, entries: readonly KeptEntry[]): TrustMaterial {
  const parts = entries.flatMap(({ material, condition, fetchedAt }) => {
    if (material === undefined) return [];
    const age = condition === "stale" && fetchedAt !== undefined
      ? { staleSince: fetchedAt.toISOString() }
      : {};
    const aged = <T>(items: readonly T[]): T[] => items.map((item) => ({ ...item, ...age }));
    return [{
      ...material,
      certificates: aged(material.certificates),
      keys: aged(material.keys),
      details: aged(material.details),
    }];
  });
  const trustedRoot = parts.find((part) => part.trustedRoot !== undefined)?.trustedRoot;
  const missing = entries.find(({ condition }) =>
    condition === "pending" || condition === "missing"
  );
  return {
    certificates: parts.flatMap(({ certificates }) => certificates),
    keys: parts.flatMap(({ keys }) => keys),
    details: parts.flatMap(({ details }) => details),
    ...(trustedRoot === undefined ? {} : { trustedRoot }),
    ...(missing === undefined ? {} : { incomplete: missingError(reference, missing) }),
  };
}

function missingError(reference: string, { entry, fetchedAt, problem }: KeptEntry): AssayError {
  const what = `Key management provider ${reference} has no ${entry.label}`;
  const why = problem === undefined ? "it has not come yet" : problem.message;
  const message = fetchedAt === undefined
    ? `${what}: ${why}`
    : `${what} any more: it was last fetched at ${fetchedAt.toISOString()}, which is too long ago: ${why}`;
  return new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message,
    ...(problem === undefined ? {} : { remedy: problem.remedy, cause: problem }),
    // What has failed for that long will not pass by itself.
    transient: fetchedAt === undefined && (problem?.transient ?? true),
  });
}
