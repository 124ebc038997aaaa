import type { LogClient } from "../rekor/mod.ts";
import type { Certificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readCertificateFiles } from "../keys/mod.ts";
import { checkTrustPolicyDocument, parseTrustStore, subjectText } from "../trust/mod.ts";
import type { TrustPolicyDocument } from "../trust/mod.ts";
import { createNotationVerifier, type Verifier } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { type CertificateStores, readCertificateStores } from "./certificate_stores.ts";
import { isObject } from "./members.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import { checkReference } from "./providers.ts";
import { milliseconds } from "./schema/common.ts";
import { notationParameters, trustPolicyDocument } from "./schema/notation.ts";
import type { SigstoreEnvironment } from "./sigstore_variables.ts";
import { validate } from "./validate.ts";

/** What verifiers refer to. */
export interface VerifierEnvironment {
  /** References of all key management providers that are configured, also of those with problems. */
  readonly providers: ReadonlySet<string>;
  /** The home directory, for paths that begin with `~/`. */
  readonly home: string | undefined;
  /** Environment variables that name files with keys of Sigstore. */
  readonly env: SigstoreEnvironment | undefined;
  /** The time against which expired certificates are noticed. */
  readonly now: Date | undefined;
  /** Content of files that a verifier depends on is noted here, with the verifier. */
  readonly inputs: string[];
  /** Asks transparency logs, in place of the client of the process. */
  readonly askLog?: LogClient | undefined;
}

/**
 * Compiles the parameters of a Notation verifier. Its parts are checked one by one, so that a
 * mistake in one does not hide those in another.
 */
export async function compileNotation(
  candidate: Candidate,
  artifactTypes: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const { parametersPath: at } = candidate;
  const raw = candidate.parameters ?? {};
  const parameters = validate(notationParameters, raw);
  if (!parameters.ok) problems.issues(candidate, at, parameters.issues);

  const listed = raw["verificationCertStores"] ?? {};
  const stores = isObject(listed) ? readCertificateStores(candidate, listed, problems) : undefined;
  for (const { reference, path } of [...stores?.values() ?? []].flat()) {
    checkReference(candidate, reference, path, environment.providers, problems);
  }
  const document = validate(trustPolicyDocument, raw["trustPolicyDoc"]);
  if (document.ok) {
    const issues = checkTrustPolicyDocument(document.value);
    problems.issues(candidate, [...at, "trustPolicyDoc"], issues);
    if (stores !== undefined) checkStoresExist(candidate, document.value, stores, problems);
  }
  if (!parameters.ok || stores === undefined) return undefined;
  const { verificationCerts, userMetadata, maxSignatureAttempts } = parameters.value;
  const { allowedRevocationHosts, staleWhileUnreachable } = parameters.value;
  const caCertificates = verificationCerts === undefined
    ? undefined
    : await readFiles(candidate, verificationCerts, environment, problems);
  return createNotationVerifier({
    name: candidate.name,
    type: "notation",
    artifactTypes,
    trustPolicy: parameters.value.trustPolicyDoc,
    stores: new Map(
      [...stores].map(([store, entries]) => [store, entries.map((entry) => entry.reference)]),
    ),
    caCertificates,
    userMetadata,
    maxSignatureAttempts,
    allowedRevocationHosts,
    staleWhileUnreachable: milliseconds(staleWhileUnreachable),
  });
}

/** A trust store that is not configured makes every verification under its statement fail. */
function checkStoresExist(
  candidate: Candidate,
  document: TrustPolicyDocument,
  stores: CertificateStores,
  problems: ProblemList,
): void {
  const { parameters, parametersPath } = candidate;
  const files = parameters?.["verificationCertStores"] === undefined &&
    parameters?.["verificationCerts"] !== undefined;
  const known = [...stores.keys()].join(", ") || "none";
  document.trustPolicies.forEach((statement, index) => {
    statement.trustStores?.forEach((store, position) => {
      const type = parseTrustStore(store)?.type;
      if (type === undefined || stores.has(store) || (files && type === "ca")) return;
      const at = ["trustPolicyDoc", "trustPolicies", index, "trustStores", position];
      problems.of(
        candidate,
        [...parametersPath, ...at],
        `names the trust store ${store}, which verificationCertStores does not configure; configured: ${known}`,
      );
    });
  });
}

/** Files serve every `ca` store, and only when no stores are configured. */
async function readFiles(
  candidate: Candidate,
  paths: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<readonly Certificate[] | undefined> {
  const at = [...candidate.parametersPath, "verificationCerts"];
  if (candidate.scope !== "") {
    problems.of(candidate, at, NAMES_FILES, { atKey: true });
    return undefined;
  }
  if (candidate.parameters?.["verificationCertStores"] !== undefined) {
    problems.of(candidate, at, "is ignored: verificationCertStores counts", {
      severity: "warning",
      atKey: true,
    });
    return undefined;
  }
  const certificates: Certificate[] = [];
  for (const [index, path] of paths.entries()) {
    try {
      const found = await readCertificateFiles([expandHome(path, environment.home)]);
      certificates.push(...found);
      warnAboutFiles(candidate, [...at, index], found, environment.now, problems);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      problems.of(candidate, [...at, index], error.message, { code: error.code });
    }
  }
  const fingerprints = certificates.map((certificate) => certificate.fingerprint);
  environment.inputs.push(JSON.stringify([candidate.name, ...fingerprints]));
  return certificates;
}

function warnAboutFiles(
  candidate: Candidate,
  path: readonly (string | number)[],
  certificates: readonly Certificate[],
  now: Date | undefined,
  problems: ProblemList,
): void {
  if (certificates.length === 0) {
    problems.of(candidate, path, "has no certificates in it", { severity: "warning" });
  }
  for (const { subject, notAfter } of certificates) {
    if (now === undefined || notAfter >= now) continue;
    const text = `the certificate "${
      subjectText(subject)
    }" has expired on ${notAfter.toISOString()}`;
    problems.of(candidate, path, text, { severity: "warning" });
  }
}

/** A path with `~/` before it lies in the home directory. */
export function expandHome(path: string, home: string | undefined): string {
  return path.startsWith("~/") && home !== undefined ? `${home}${path.slice(1)}` : path;
}
