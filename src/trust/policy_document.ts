import type { Issue } from "../errors.ts";
import { type DistinguishedName, parseDistinguishedName } from "./distinguished_name.ts";
import { canonicalScope, describeScopeProblem } from "./registry_scope.ts";
import type {
  Action,
  Level,
  TrustPolicyDocument,
  TrustPolicyStatement,
  TrustStoreType,
  Validation,
} from "./trust_policy.ts";

const LEVELS: readonly Level[] = ["strict", "permissive", "audit", "skip"];
const OVERRIDABLE: readonly Validation[] = [
  "authenticity",
  "authenticTimestamp",
  "expiry",
  "revocation",
];
const ACTIONS: readonly Action[] = ["enforce", "log", "skip"];
const STORE_TYPES: readonly TrustStoreType[] = ["ca", "signingAuthority", "tsa"];
const STORE_NAME = /^[a-zA-Z0-9_.-]+$/;

/** Prefix of the one kind of identity that is understood without a plugin. */
export const X509_SUBJECT = "x509.subject";

/** Splits `type:name`; undefined when it is not a trust store of a known type. */
export function parseTrustStore(
  text: string,
): { readonly type: TrustStoreType; readonly name: string } | undefined {
  const colon = text.indexOf(":");
  const type = STORE_TYPES.find((known) => known === text.slice(0, colon));
  const name = text.slice(colon + 1);
  return type === undefined || !STORE_NAME.test(name) ? undefined : { type, name };
}

/**
 * Finds everything in a trust policy document that breaks the rules of the Notary Project trust
 * store and trust policy specification, beyond the types of its members. Unlike a level `skip` for
 * one repository, a `skip` for every repository is refused: it would verify nothing, silently.
 *
 * @returns the problems, in document order; empty for a good document.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkTrustPolicyDocument } from "./mod.ts";
 *
 * const [problem] = checkTrustPolicyDocument({
 *   version: "1.0",
 *   trustPolicies: [{
 *     name: "default",
 *     registryScopes: ["*"],
 *     signatureVerification: { level: "skip" },
 *   }],
 * });
 * assert.deepEqual(problem?.path, ["trustPolicies", 0, "signatureVerification", "level"]);
 * ```
 */
export function checkTrustPolicyDocument(document: TrustPolicyDocument): Issue[] {
  const issues: Issue[] = [];
  const report: Report = (path, message) => issues.push({ severity: "error", path, message });

  if (document.version !== "1.0") {
    report(["version"], `must be "1.0"; found ${JSON.stringify(document.version)}`);
  }
  if (document.trustPolicies.length === 0) {
    report(["trustPolicies"], "must have at least one statement");
  }
  const names = new Set<string>();
  const scopes = new Map<string, string>();
  document.trustPolicies.forEach((statement, index) => {
    const at = ["trustPolicies", index];
    if (statement.name === "") report([...at, "name"], "must not be empty");
    else if (names.has(statement.name)) {
      report(
        [...at, "name"],
        `must be unique; "${statement.name}" is used by an earlier statement`,
      );
    }
    names.add(statement.name);
    checkScopes(statement, at, scopes, report);
    checkSignatureVerification(statement, at, report);
    checkStoresAndIdentities(statement, at, report);
  });
  return issues;
}

type Report = (path: (string | number)[], message: string) => void;

function checkScopes(
  statement: TrustPolicyStatement,
  at: (string | number)[],
  seen: Map<string, string>,
  report: Report,
): void {
  const { registryScopes } = statement;
  if (registryScopes.length === 0) {
    report(
      [...at, "registryScopes"],
      'must have at least one scope: "registry/repository", or "*"',
    );
  }
  registryScopes.forEach((scope, index) => {
    const path = [...at, "registryScopes", index];
    if (scope === "*") {
      if (registryScopes.length > 1) report(path, '"*" must be the only scope of its statement');
    } else {
      const problem = describeScopeProblem(scope);
      if (problem !== undefined) report(path, problem);
    }
    const earlier = seen.get(canonicalScope(scope));
    if (earlier !== undefined) {
      report(
        path,
        `"${scope}" is already a scope of statement "${earlier}"; a scope may occur once`,
      );
    }
    seen.set(canonicalScope(scope), statement.name);
  });
}

function checkSignatureVerification(
  statement: TrustPolicyStatement,
  at: (string | number)[],
  report: Report,
): void {
  const path = [...at, "signatureVerification"];
  const { level, override, verifyTimestamp } = statement.signatureVerification;
  if (!LEVELS.includes(level)) {
    report(
      [...path, "level"],
      `must be one of ${LEVELS.join(", ")}; found ${JSON.stringify(level)}`,
    );
  }
  if (level === "skip" && statement.registryScopes.includes("*")) {
    report(
      [...path, "level"],
      'level "skip" must not be used with the scope "*": name the repositories whose signatures are not verified',
    );
  }
  const overrides = Object.entries(override ?? {});
  if (level === "skip" && overrides.length > 0) {
    report([...path, "override"], 'level "skip" must not have overrides');
  }
  for (const [validation, action] of overrides) {
    const where = [...path, "override", validation];
    if (validation === "integrity") {
      report(where, "integrity is always enforced and must not be overridden");
    } else if (!OVERRIDABLE.some((known) => known === validation)) {
      report(where, `must be one of ${OVERRIDABLE.join(", ")}; found "${validation}"`);
    } else if (!ACTIONS.includes(action)) {
      report(where, `must be one of ${ACTIONS.join(", ")}; found ${JSON.stringify(action)}`);
    } else if (action === "skip" && validation !== "revocation") {
      report(where, `must be enforce or log: only revocation may be skipped`);
    }
  }
  if (
    verifyTimestamp !== undefined && verifyTimestamp !== "always" &&
    verifyTimestamp !== "afterCertExpiry"
  ) {
    report([...path, "verifyTimestamp"], "must be one of always, afterCertExpiry");
  }
}

function checkStoresAndIdentities(
  statement: TrustPolicyStatement,
  at: (string | number)[],
  report: Report,
): void {
  const stores = statement.trustStores ?? [];
  const identities = statement.trustedIdentities ?? [];
  if (statement.signatureVerification.level === "skip") {
    if (stores.length > 0) report([...at, "trustStores"], 'must be empty with level "skip"');
    if (identities.length > 0) {
      report([...at, "trustedIdentities"], 'must be empty with level "skip"');
    }
    return;
  }
  if (stores.length === 0) {
    report([...at, "trustStores"], 'must name at least one trust store, such as "ca:production"');
  }
  stores.forEach((store, index) => {
    if (parseTrustStore(store) === undefined) {
      report(
        [...at, "trustStores", index],
        `must be TYPE:NAME with a type of ${
          STORE_TYPES.join(", ")
        } and a name of letters, digits, "_", ".", "-"; found ${JSON.stringify(store)}`,
      );
    }
  });
  if (identities.length === 0) {
    report(
      [...at, "trustedIdentities"],
      'must name at least one identity, such as "x509.subject: C=US, ST=WA, O=example", or "*" for any',
    );
  }
  checkIdentities(identities, [...at, "trustedIdentities"], report);
}

function checkIdentities(
  identities: readonly string[],
  at: (string | number)[],
  report: Report,
): void {
  const parsed: { index: number; name: DistinguishedName }[] = [];
  identities.forEach((identity, index) => {
    const path = [...at, index];
    if (identity === "*") {
      if (identities.length > 1) report(path, '"*" must be the only identity of its statement');
      return;
    }
    const colon = identity.indexOf(":");
    if (colon < 0) {
      report(
        path,
        `must be "x509.subject: <distinguished name>" or "*"; found ${JSON.stringify(identity)}`,
      );
      return;
    }
    if (identity.slice(0, colon) !== X509_SUBJECT) return; // for verification plugins
    const text = identity.slice(colon + 1);
    if (text.trim() === "") {
      report(path, "must have a distinguished name after x509.subject:");
      return;
    }
    const name = parseDistinguishedName(text);
    if (typeof name === "string") {
      report(path, `${name} (in the distinguished name of x509.subject)`);
      return;
    }
    for (const earlier of parsed) {
      if (isSubset(earlier.name, name) || isSubset(name, earlier.name)) {
        report(path, `overlaps with identity ${earlier.index + 1}: one of them contains the other`);
      }
    }
    parsed.push({ index, name });
  });
}

/** Whether every attribute of `part` is in `whole` with the same value. */
export function isSubset(part: DistinguishedName, whole: DistinguishedName): boolean {
  for (const [type, value] of part) if (whole.get(type) !== value) return false;
  return true;
}
