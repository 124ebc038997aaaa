import {
  type Certificate,
  certificateScheme,
  type Crl,
  equalBytes,
  FormatError,
  LruMap,
  type RevokedEntry,
  verifySignature,
} from "../../crypto/mod.ts";
import { reasonName, type RevocationAnswer } from "./status.ts";

/** Reasons that may be taken back (RFC 5280 §5.3.1). */
const HOLD = 6;
const REMOVE = 8;

/** A CRL, and the delta CRL that brings it up to date where it names one. */
export interface CrlPair {
  readonly base: Crl;
  readonly delta: Crl | undefined;
}

/** By list and issuing key: whether the one signed the other. */
const signatures = new LruMap<string, true>(1024);

/**
 * What keeps a CRL and its delta from being believed: signature, issuer, form; undefined when nothing
 * does. Says nothing of freshness, and nothing of any certificate.
 */
export async function describeCrlProblem(
  { base, delta }: CrlPair,
  issuer: Certificate,
): Promise<string | undefined> {
  const problem = await describeListProblem(base, issuer);
  if (problem !== undefined) return problem;
  if (base.deltaBase !== undefined) return "it is a delta CRL where a complete one belongs";
  if (delta === undefined) return undefined;
  const inDelta = await describeListProblem(delta, issuer) ?? describeDeltaProblem(base, delta);
  return inDelta === undefined ? undefined : `its delta CRL cannot be used: ${inDelta}`;
}

async function describeListProblem(crl: Crl, issuer: Certificate): Promise<string | undefined> {
  if (!equalBytes(crl.issuer.raw, issuer.subject.raw)) return "it is of another issuer";
  if (!issuer.basicConstraints?.ca) return "its issuer is not a CA";
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.usages.has("cRLSign")) {
    return "its issuer may not sign CRLs (keyUsage without cRLSign)";
  }
  const [unknown] = crl.unknownCritical;
  if (unknown !== undefined) return `it has the critical extension ${unknown}`;
  if (crl.nextUpdate === undefined) return "it does not say until when it holds";
  if (!await isSignedBy(crl, issuer)) return "its signature is not that of the issuer";
  try {
    crl.entries(""); // a list with an entry that cannot be read must not be used for any
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** RFC 5280 §5.2.4: a delta is about a base that is at least as new, and newer itself. */
function describeDeltaProblem(base: Crl, delta: Crl): string | undefined {
  if (base.number === undefined || delta.number === undefined) return "one of them has no number";
  if (delta.deltaBase === undefined) return "it is a complete CRL";
  if (delta.number <= base.number) return "it is not newer than the CRL";
  return delta.deltaBase > base.number ? "it is about a newer CRL" : undefined;
}

async function isSignedBy(crl: Crl, issuer: Certificate): Promise<boolean> {
  const scheme = certificateScheme(crl.signatureAlgorithm);
  if (
    scheme === undefined || !equalBytes(crl.signatureAlgorithm.raw, crl.tbsSignatureAlgorithm.raw)
  ) {
    return false;
  }
  const id = `${crl.fingerprint} ${issuer.publicKey.fingerprint}`;
  if (signatures.get(id)) return true;
  try {
    const signed = await verifySignature(
      issuer.publicKey.spki,
      scheme,
      crl.signature,
      crl.tbs,
    );
    if (signed) signatures.set(id, true);
    return signed;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/**
 * What a CRL that is believed says of a certificate of its issuer.
 *
 * @param signingTime an authentic one, seconds since 1970: entries whose invalidity date is later do not
 * count.
 * @returns the answer; or why the list says nothing of this certificate.
 */
export function lookUp(
  { base, delta }: CrlPair,
  certificate: Certificate,
  source: string,
  signingTime: number | undefined,
): RevocationAnswer | string {
  for (const crl of delta === undefined ? [base] : [base, delta]) {
    const problem = describeScopeProblem(crl, certificate);
    if (problem !== undefined) return problem;
  }
  const entries = [base, delta].flatMap((crl) => crl?.entries(certificate.serialNumber) ?? []);
  const entry = deciding(
    entries.filter(({ invalidityDate }) =>
      signingTime === undefined || invalidityDate === undefined ||
      signingTime * 1000 >= invalidityDate.getTime()
    ),
  );
  const times = [base, delta].flatMap((crl) => crl === undefined ? [] : [crl]);
  return {
    status: entry === undefined ? "good" : "revoked",
    source,
    protocol: "CRL",
    thisUpdate: new Date(Math.max(...times.map(({ thisUpdate }) => thisUpdate.getTime()))),
    nextUpdate: new Date(Math.min(...times.map(({ nextUpdate }) => nextUpdate?.getTime() ?? 0))),
    ...(entry && { revokedAt: entry.revokedAt }),
    ...(entry?.reason === undefined ? {} : { reason: reasonName(entry.reason) }),
    ...(entry?.invalidityDate && { invalidityDate: entry.invalidityDate }),
  };
}

/** The entry by which a certificate is revoked. Of holds and releases the latest counts. */
function deciding(entries: readonly RevokedEntry[]): RevokedEntry | undefined {
  let temporary: RevokedEntry | undefined;
  for (const entry of entries) {
    if (entry.reason !== HOLD && entry.reason !== REMOVE) return entry;
    if (temporary === undefined || entry.revokedAt >= temporary.revokedAt) temporary = entry;
  }
  return temporary?.reason === HOLD ? temporary : undefined;
}

/** Whether a certificate is among those that a list is about (RFC 5280 §6.3.3 (b)). */
function describeScopeProblem({ scope }: Crl, certificate: Certificate): string | undefined {
  if (scope === undefined) return undefined;
  const ca = certificate.basicConstraints?.ca ?? false;
  if (scope.indirect) return "it is an indirect CRL, which is not supported";
  if (scope.onlySomeReasons) return "it is about some reasons of revocation only";
  if (scope.onlyAttributeCertificates) return "it is about attribute certificates only";
  if (scope.onlyUserCertificates && ca) return "it is not about CA certificates";
  if (scope.onlyCaCertificates && !ca) return "it is about CA certificates only";
  const { urls } = scope;
  return urls === undefined || urls.some((url) => certificate.crlUrls.includes(url))
    ? undefined
    : "it is for certificates that name another address";
}
