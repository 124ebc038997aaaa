import type { Candidate, ProblemList } from "./candidate.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import { quote } from "./describe.ts";
import type { Path } from "./document.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import { checkReference } from "./providers.ts";
import { type CosignParameters, cosignParameters } from "./schema/cosign.ts";
import { validate } from "./validate.ts";

/** A trust policy as it is written. */
export type TrustPolicy = NonNullable<CosignParameters["trustPolicies"]>[number];
type Report = (path: Path, text: string, severity?: "error" | "warning") => void;

/** The most scopes of one verifier: each is compared with each. */
const MAX_SCOPES = 2000;

/**
 * Finds what is wrong with the parameters of a Cosign verifier.
 *
 * @returns the parameters, unless they do not fit their schema.
 */
export function checkCosign(
  candidate: Candidate,
  environment: VerifierEnvironment,
  problems: ProblemList,
): CosignParameters | undefined {
  const validated = validate(cosignParameters, candidate.parameters ?? {});
  if (!validated.ok) {
    problems.issues(candidate, candidate.parametersPath, validated.issues);
    return undefined;
  }
  const { trustPolicies, key, rekorURL } = validated.value;
  const report: Report = (path, text, severity = "error") =>
    problems.of(candidate, [...candidate.parametersPath, ...path], text, { severity });
  if (trustPolicies !== undefined && (key !== undefined || rekorURL !== undefined)) {
    report([key === undefined ? "rekorURL" : "key"], "must not stand beside trustPolicies");
  }
  if (trustPolicies === undefined && key === undefined) {
    report([], "must have trustPolicies, or a key: without either every signer would be accepted");
  }
  if (candidate.scope !== "" && key !== undefined) report(["key"], NAMES_FILES);
  checkTrustPolicies(candidate, trustPolicies ?? [], environment, problems);
  return validated.value;
}

/** Finds what is wrong with the trust policies of a verifier, which are at `trustPolicies`. */
export function checkTrustPolicies(
  candidate: Candidate,
  trustPolicies: readonly TrustPolicy[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): void {
  const report: Report = (path, text, severity = "error") =>
    problems.of(candidate, [...candidate.parametersPath, ...path], text, { severity });
  const names = new Set<string>();
  trustPolicies.forEach((policy, index) => {
    const at = ["trustPolicies", index];
    if (names.has(policy.name)) {
      report([...at, "name"], `must be unique; ${quote(policy.name)} is used by an earlier policy`);
    }
    names.add(policy.name);
    checkKeys(candidate, policy, at, report);
    checkKeyless(policy, at, report);
    for (const [reference, path] of references(policy, at)) {
      const where = [...candidate.parametersPath, ...path];
      checkReference(candidate, reference, where, environment.providers, problems);
    }
  });
  checkScopes(trustPolicies, report);
}

function checkKeys(candidate: Candidate, policy: TrustPolicy, at: Path, report: Report): void {
  const keys = policy.keys ?? [];
  if ((keys.length > 0) === (policy.keyless !== undefined)) {
    report(at, "must have exactly one of keys and keyless");
  }
  keys.forEach((key, index) => {
    const where = [...at, "keys", index];
    if ((key.provider === undefined) === (key.file === undefined)) {
      report(where, "must have exactly one of provider and file");
    }
    if (key.version !== undefined && key.name === undefined) {
      report([...where, "version"], "needs a name beside it");
    }
    if (key.file !== undefined && candidate.scope !== "") report([...where, "file"], NAMES_FILES);
  });
}

function checkKeyless({ keyless }: TrustPolicy, at: Path, report: Report): void {
  if (keyless === undefined) return;
  for (const field of ["certificateIdentity", "certificateOIDCIssuer"] as const) {
    if ((keyless[field] === undefined) === (keyless[`${field}RegExp`] === undefined)) {
      report([...at, "keyless"], `must have exactly one of ${field} and ${field}RegExp`);
    }
  }
}

/** The providers that a policy names, and where. */
function references(policy: TrustPolicy, at: Path): (readonly [string, Path])[] {
  const keys = (policy.keys ?? []).flatMap(({ provider }, index) =>
    provider === undefined ? [] : [[provider, [...at, "keys", index, "provider"]] as const]
  );
  return policy.trustedRoot === undefined
    ? keys
    : [...keys, [policy.trustedRoot, [...at, "trustedRoot"]]];
}

/** Scopes must not overlap: at most one policy may apply to an image, beside the one for all. */
function checkScopes(policies: readonly TrustPolicy[], report: Report): void {
  const count = policies.reduce((sum, policy) => sum + policy.scopes.length, 0);
  if (count > MAX_SCOPES) {
    report(["trustPolicies"], `must have at most ${MAX_SCOPES} scopes in all; found ${count}`);
    return;
  }
  const seen: string[] = [];
  policies.forEach((policy, index) =>
    policy.scopes.forEach((scope, position) => {
      const path = ["trustPolicies", index, "scopes", position];
      if (scope === "*" && policy.scopes.length > 1) {
        report(path, '"*" must be the only scope of its policy');
      }
      const clash = seen.find((earlier) => overlap(earlier, scope));
      if (clash !== undefined) report(path, `overlaps with the scope ${quote(clash)}`);
      if (/[^/:@*]\*$/.test(scope)) {
        const text = `also applies to every longer name: write ${
          scope.slice(0, -1)
        }/* for what is below`;
        report(path, text, "warning");
      }
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
