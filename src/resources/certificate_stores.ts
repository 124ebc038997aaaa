import { parseTrustStore } from "../trust/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { describe } from "./describe.ts";
import type { Path } from "./document.ts";
import { isObject, type Members } from "./members.ts";

/** A key management provider that a trust store takes its certificates from, and where it is named. */
export interface StoreEntry {
  readonly reference: string;
  readonly path: Path;
}

/** `type:name` → providers, in the order written. */
export type CertificateStores = ReadonlyMap<string, readonly StoreEntry[]>;

const TYPES = ["ca", "signingAuthority", "tsa"];

/**
 * Reads `verificationCertStores` in either of its shapes: by type and name, or, the older one, by
 * name for stores of the type `ca`. Which of the two it is, the names of the members say.
 *
 * @returns the stores, also those with problems: they exist. Undefined, with a problem, when the
 * shape is wrong, so that nobody can say which stores there are.
 */
export function readCertificateStores(
  candidate: Candidate,
  value: Members,
  problems: ProblemList,
): CertificateStores | undefined {
  const at = [...candidate.parametersPath, "verificationCertStores"];
  const typed = Object.keys(value).filter((key) => TYPES.includes(key));
  const others = Object.keys(value).filter((key) => !TYPES.includes(key));
  const wrong = typed.filter((type) => !isObject(value[type]));
  for (const type of wrong) {
    const text = Array.isArray(value[type])
      ? `must be an object of store names; for a store that is called ${type}, write ca: {${type}: […]}`
      : `must be an object of store names with lists of providers; found ${describe(value[type])}`;
    problems.of(candidate, [...at, type], text);
  }
  if (wrong.length > 0) return undefined;
  const [other] = others;
  if (typed.length > 0 && other !== undefined) {
    const text = `must stand under one of ${TYPES.join(", ")}, as there is ${
      typed.join(", ")
    } beside it: the two shapes must not be mixed`;
    problems.of(candidate, [...at, other], text, { atKey: true });
    return undefined;
  }
  const stores = new Map<string, readonly StoreEntry[]>();
  const add = (type: string, name: string, list: unknown, path: Path): void => {
    const store = `${type}:${name}`;
    stores.set(store, readEntries(candidate, list, path, problems));
    if (parseTrustStore(store) !== undefined) return;
    const text = 'must be a name of letters, digits, "_", "." and "-": no trust policy can name it';
    problems.of(candidate, path, text, { atKey: true });
  };
  for (const name of others) add("ca", name, value[name], [...at, name]);
  for (const type of typed) {
    for (const [name, list] of Object.entries(value[type] ?? {})) {
      add(type, name, list, [...at, type, name]);
    }
  }
  return stores;
}

function readEntries(
  candidate: Candidate,
  list: unknown,
  path: Path,
  problems: ProblemList,
): StoreEntry[] {
  if (list === null || (Array.isArray(list) && list.length === 0)) {
    problems.of(candidate, path, "has no certificates: list at least one key management provider");
    return [];
  }
  if (!Array.isArray(list)) {
    const text = `must be a list of key management providers; found ${describe(list)}`;
    problems.of(candidate, path, text);
    return [];
  }
  const entries: StoreEntry[] = [];
  for (const [index, reference] of list.entries()) {
    const at = [...path, index];
    if (typeof reference === "string" && reference !== "") entries.push({ reference, path: at });
    else {
      const text = `must be the name of a key management provider; found ${describe(reference)}`;
      problems.of(candidate, at, text);
    }
  }
  return entries;
}
