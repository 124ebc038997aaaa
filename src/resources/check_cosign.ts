import type { Candidate, ProblemList } from "./candidate.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import type { Path } from "./document.ts";
import { type CosignParameters, cosignParameters } from "./schema/cosign.ts";
import { validate } from "./validate.ts";

type TrustPolicy = NonNullable<CosignParameters["trustPolicies"]>[number];

/** Finds what is wrong with the parameters of a Cosign verifier. */
export function checkCosign(
  candidate: Candidate,
  environment: VerifierEnvironment,
  problems: ProblemList,
): void {
  const validated = validate(cosignParameters, candidate.parameters ?? {});
  if (!validated.ok) {
    problems.issues(candidate, candidate.parametersPath, validated.issues);
    return;
  }
  const { trustPolicies, key, rekorURL } = validated.value;
  const report = (path: Path, text: string): void =>
    problems.of(candidate, [...candidate.parametersPath, ...path], text);
  if (trustPolicies !== undefined && (key !== undefined || rekorURL !== undefined)) {
    report([key === undefined ? "rekorURL" : "key"], "must not stand beside trustPolicies");
  }
  if (trustPolicies === undefined && key === undefined) {
    report([], "must have trustPolicies, or a key: without either every signer would be accepted");
  }
  if (candidate.scope !== "" && key !== undefined) {
    report(["key"], "must not be set in a namespace: it names files of the process");
  }
  const names = new Set<string>();
  trustPolicies?.forEach((policy, index) => {
    const at = ["trustPolicies", index];
    if (names.has(policy.name)) {
      report([...at, "name"], `must be unique; "${policy.name}" is used before`);
    }
    names.add(policy.name);
    checkTrust(candidate, policy, at, environment, problems);
  });
  checkScopes(trustPolicies ?? [], report);
}

function checkTrust(
  candidate: Candidate,
  policy: TrustPolicy,
  at: Path,
  environment: VerifierEnvironment,
  problems: ProblemList,
): void {
  const path = (...steps: Path): Path => [...candidate.parametersPath, ...at, ...steps];
  const keys = policy.keys ?? [];
  if ((keys.length > 0) === (policy.keyless !== undefined)) {
    problems.of(candidate, path(), "must have exactly one of keys and keyless");
  }
  const requireProvider = (reference: string, where: Path): void => {
    if (environment.providers.has(reference)) return;
    problems.of(candidate, where, `there is no KeyManagementProvider ${reference}`, {
      code: "RESOURCE_NOT_FOUND",
    });
  };
  keys.forEach((key, index) => {
    const where = path("keys", index);
    if ((key.provider === undefined) === (key.file === undefined)) {
      problems.of(candidate, where, "must have exactly one of provider and file");
    }
    if (key.version !== undefined && key.name === undefined) {
      problems.of(candidate, [...where, "version"], "needs a name beside it");
    }
    if (key.file !== undefined && candidate.scope !== "") {
      problems.of(
        candidate,
        [...where, "file"],
        "must not be set in a namespace: it names files of the process",
      );
    }
    if (key.provider !== undefined) requireProvider(key.provider, [...where, "provider"]);
  });
  if (policy.trustedRoot !== undefined) requireProvider(policy.trustedRoot, path("trustedRoot"));
  const { keyless } = policy;
  if (keyless === undefined) return;
  for (const field of ["certificateIdentity", "certificateOIDCIssuer"] as const) {
    if ((keyless[field] === undefined) === (keyless[`${field}RegExp`] === undefined)) {
      problems.of(
        candidate,
        path("keyless"),
        `must have exactly one of ${field} and ${field}RegExp`,
      );
    }
  }
}

/** Scopes must not overlap: at most one policy may apply to an image, beside the one for all. */
function checkScopes(
  policies: readonly TrustPolicy[],
  report: (path: Path, text: string) => void,
): void {
  const seen: string[] = [];
  policies.forEach((policy, index) =>
    policy.scopes.forEach((scope, position) => {
      const path = ["trustPolicies", index, "scopes", position];
      if (scope === "*" && policy.scopes.length > 1) {
        report(path, '"*" must be the only scope of its policy');
      }
      const clash = seen.find((earlier) => overlap(earlier, scope));
      if (clash !== undefined) report(path, `overlaps with the scope ${JSON.stringify(clash)}`);
      seen.push(scope);
    })
  );
}

function overlap(a: string, b: string): boolean {
  if (a === "*" || b === "*") return a === b;
  const [prefixA, prefixB] = [a.replace(/\*$/, ""), b.replace(/\*$/, "")];
  if (a === b) return true;
  return (a.endsWith("*") && prefixB.startsWith(prefixA)) ||
    (b.endsWith("*") && prefixA.startsWith(prefixB));
}
