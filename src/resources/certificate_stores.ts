import type { Candidate, ProblemList } from "./candidate.ts";
import type { Path } from "./document.ts";

/** A key management provider that a trust store takes its certificates from, and where it is named. */
export interface StoreEntry {
  readonly reference: string;
  readonly path: Path;
}

const TYPES = ["ca", "signingAuthority", "tsa"];

/**
 * Reads `verificationCertStores` in either of its shapes: by type and name, or, the older one, by
 * name for stores of the type `ca`.
 *
 * @returns `type:name` → providers, in the order written.
 */
export function readCertificateStores(
  candidate: Candidate,
  value: Readonly<Record<string, unknown>> | undefined,
  problems: ProblemList,
): ReadonlyMap<string, readonly StoreEntry[]> {
  const stores = new Map<string, readonly StoreEntry[]>();
  if (value === undefined) return stores;
  const at = [...candidate.parametersPath, "verificationCertStores"];
  const typed = Object.keys(value).filter((key) => TYPES.includes(key));
  const others = Object.keys(value).filter((key) => !TYPES.includes(key));
  if (typed.length > 0 && others.length > 0) {
    problems.of(
      candidate,
      [...at, others[0] ?? ""],
      `must stand under one of ${TYPES.join(", ")}, as ${
        typed.join(", ")
      } here does: the two shapes must not be mixed`,
      { atKey: true },
    );
    return stores;
  }
  const add = (store: string, list: unknown, path: Path): void => {
    const entries = readEntries(candidate, list, path, problems);
    if (entries !== undefined) stores.set(store, entries);
  };
  for (const name of others) add(`ca:${name}`, value[name], [...at, name]);
  for (const type of typed) {
    const named = value[type];
    if (Array.isArray(named)) {
      problems.of(
        candidate,
        [...at, type],
        `must be an object of store names: as a store of the older shape, ${type} would be ambiguous; write ca: { ${type}: […] }`,
      );
    } else if (typeof named !== "object" || named === null) {
      problems.of(
        candidate,
        [...at, type],
        "must be an object: store names with lists of providers",
      );
    } else {
      for (const [name, list] of Object.entries(named)) {
        add(`${type}:${name}`, list, [...at, type, name]);
      }
    }
  }
  return stores;
}

function readEntries(
  candidate: Candidate,
  list: unknown,
  path: Path,
  problems: ProblemList,
): StoreEntry[] | undefined {
  if (list === null || (Array.isArray(list) && list.length === 0)) {
    problems.of(candidate, path, "has no certificates: list at least one key management provider");
    return undefined;
  }
  if (!Array.isArray(list)) {
    problems.of(candidate, path, "must be a list of key management providers");
    return undefined;
  }
  const entries: StoreEntry[] = [];
  for (const [index, reference] of list.entries()) {
    const at = [...path, index];
    if (typeof reference === "string" && reference !== "") entries.push({ reference, path: at });
    else problems.of(candidate, at, "must be the name of a key management provider");
  }
  return entries;
}
