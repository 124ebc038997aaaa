import type { Candidate } from "./candidate.ts";
import { expandHome } from "./compile_notation.ts";
import { isObject } from "./members.ts";

/**
 * The files and directories that resources name and whose content they depend on, also of resources
 * that have problems: the content may be the problem.
 */
export function referencedFilesOf(
  candidates: readonly Candidate[],
  home: string | undefined,
): string[] {
  const files = candidates.filter(({ scope }) => scope === "").flatMap((candidate) => {
    const parameters = candidate.parameters ?? {};
    if (candidate.class === "Verifier") return strings(parameters["verificationCerts"]);
    if (candidate.class !== "Store") return [];
    const bundles = parameters["caBundles"];
    const values = isObject(bundles) ? Object.values(bundles) : [];
    return strings(values).filter((bundle) => !bundle.includes("-----BEGIN"));
  });
  return [...new Set(files.map((path) => expandHome(path, home)))];
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((value) => typeof value === "string") : [];
}
