import type { Candidate } from "./candidate.ts";
import { expandHome } from "./compile_notation.ts";
import { schemaPath } from "./json_schema_file.ts";
import { isObject } from "./members.ts";
import { type SigstoreEnvironment, sigstoreFiles } from "./sigstore_variables.ts";

/**
 * The files and directories that resources name and whose content they depend on, also of resources
 * that have problems: the content may be the problem.
 */
export function referencedFilesOf(
  candidates: readonly Candidate[],
  home: string | undefined,
  env: SigstoreEnvironment | undefined,
): string[] {
  const files = candidates.filter(({ scope }) => scope === "").flatMap((candidate) => {
    const parameters = candidate.parameters ?? {};
    if (candidate.class === "Verifier") return filesOfVerifier(parameters);
    if (candidate.class === "KeyManagementProvider" && candidate.spec["type"] === "file") {
      return strings([parameters["path"]]);
    }
    if (candidate.class === "KeyManagementProvider" && candidate.spec["type"] === "tuf") {
      return strings([parameters["rootFile"], parameters["fallbackFile"]]);
    }
    if (candidate.class !== "Store") return [];
    const bundles = parameters["caBundles"];
    const certificates = parameters["clientCertificates"];
    const values = [
      ...isObject(bundles) ? Object.values(bundles) : [],
      ...objects(isObject(certificates) ? Object.values(certificates) : [])
        .flatMap(({ certificate, key }) => [certificate, key]),
    ];
    return strings(values).filter((bundle) => !bundle.includes("-----BEGIN"));
  });
  const named = files.map((path) => expandHome(path, home));
  return [...new Set([...named, ...sigstoreFiles(env).map(({ path }) => path)])];
}

/** Certificates of Notation verifiers, keys of those for signatures by cosign, JSON schemas. */
function filesOfVerifier(parameters: Readonly<Record<string, unknown>>): string[] {
  const policies = objects(parameters["trustPolicies"]);
  const keys = policies.flatMap((policy) => objects(policy["keys"]));
  const { schemas } = parameters;
  const named = strings([
    parameters["schemaURL"],
    ...isObject(schemas) ? Object.values(schemas) : [],
  ]);
  return [
    ...named.map(schemaPath).filter((path) => path !== undefined),
    ...strings(parameters["verificationCerts"]),
    ...strings([parameters["key"], ...keys.map((key) => key["file"])]),
  ];
}

function objects(list: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((value) => typeof value === "string") : [];
}
