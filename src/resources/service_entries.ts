import type { NamedEntry } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";

/** An entry as a resource names it. */
export interface WrittenEntry {
  readonly name: string;
  readonly version?: string | undefined;
  readonly versionHistoryLimit?: number | undefined;
}

/** What is named in a list of a provider, each once. White space around names is dropped. */
export function asNamedEntries(
  candidate: Candidate,
  field: "certificates" | "keys",
  written: readonly WrittenEntry[],
  problems: ProblemList,
): NamedEntry[] {
  const known = new Set<string>();
  return written.flatMap(({ name, version = "", versionHistoryLimit = 0 }, index) => {
    const entry = { name: name.trim(), version: version.trim(), versionHistoryLimit };
    const key = JSON.stringify([entry.name, entry.version]);
    if (!known.has(key)) {
      known.add(key);
      return [entry];
    }
    const path = [...candidate.parametersPath, field, index];
    const text = "is ignored: an entry above has the same name and version";
    problems.of(candidate, path, text, { severity: "warning" });
    return [];
  });
}

/** The address of a service, as a resource names it, without slash at its end; undefined, with a problem, for more. */
export function checkEndpoint(
  candidate: Candidate,
  endpoint: string,
  problems: ProblemList,
): string | undefined {
  const { href, origin } = new URL(endpoint.trim());
  if (href === `${origin}/`) return origin;
  const text = `must be an address and nothing more, such as ${origin}`;
  problems.of(candidate, [...candidate.parametersPath, "endpoint"], text);
  return undefined;
}
