import { type Certificate, equalBytes } from "../../crypto/mod.ts";
import {
  type CertificateAuthority,
  formatMoment,
  isSignedBy,
  isWithin,
  subjectText,
} from "../../trust/mod.ts";
import { refusal } from "./failure.ts";

const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE = "2.5.29.37.0";

/** Extensions that may be critical, since they are looked at, or say nothing that matters here. */
const UNDERSTOOD = [
  "2.5.29.14", // subjectKeyIdentifier
  "2.5.29.15", // keyUsage
  "2.5.29.17", // subjectAltName
  "2.5.29.19", // basicConstraints
  "2.5.29.35", // authorityKeyIdentifier
  "2.5.29.37", // extKeyUsage
];

/** A way from a signing certificate to a trusted authority: leaf first, root last. */
export interface CertificatePath {
  readonly authority: CertificateAuthority;
  readonly certificates: readonly [Certificate, Certificate, ...Certificate[]];
}

/**
 * Finds the ways from a signing certificate to trusted authorities on which every certificate is fit
 * for its place and valid at each of the moments.
 *
 * @param intermediates certificates that came with the signature; they only help where an authority
 * is known by its root alone.
 * @param moments seconds since 1970; at least one.
 * @throws {VerificationFailure} `cosign.certificate_untrusted`, or `cosign.certificate_time` when
 * only time is in the way.
 */
export async function findPaths(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  authorities: readonly CertificateAuthority[],
  moments: readonly number[],
): Promise<CertificatePath[]> {
  const problem = describeLeafProblem(leaf);
  if (problem !== undefined) throw untrusted(`The signing certificate ${problem}`);
  for (const moment of moments) checkLeafTime(leaf, moment);
  const paths: CertificatePath[] = [];
  for (const authority of authorities) {
    for (const certificates of await pathsTo(leaf, intermediates, authority)) {
      paths.push({ authority, certificates });
    }
  }
  const fit = paths.filter(({ certificates }) => certificates.slice(1).every(isFitToIssue));
  if (fit.length === 0) {
    throw untrusted(
      `The signing certificate was issued by "${
        subjectText(leaf.issuer)
      }", which no authority of the trusted root is`,
    );
  }
  const valid = fit.filter((path) => moments.every((moment) => isValidAt(path, moment)));
  if (valid.length === 0) {
    throw refusal(
      "cosign.certificate_time",
      `The authority "${subjectText(leaf.issuer)}" was not valid at ${
        moments.map(formatMoment).join(" and ")
      }`,
    );
  }
  return valid;
}

function describeLeafProblem(leaf: Certificate): string | undefined {
  if (leaf.basicConstraints?.ca) return "is a CA";
  if (!leaf.extendedKeyUsage?.purposes.includes(CODE_SIGNING)) return "is not for code signing";
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.usages.has("digitalSignature")) {
    return "must not sign (keyUsage)";
  }
  return describeExtensionProblem(leaf);
}

function describeExtensionProblem(certificate: Certificate): string | undefined {
  const strange = certificate.extensions.find(({ critical, oid }) =>
    critical && !UNDERSTOOD.includes(oid)
  );
  return strange && `has the critical extension ${strange.oid}, which is not understood`;
}

function checkLeafTime({ notBefore, notAfter }: Certificate, moment: number): void {
  if (moment * 1000 >= notBefore.getTime() && moment * 1000 <= notAfter.getTime()) return;
  throw refusal(
    "cosign.certificate_time",
    `The signing certificate was valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}, not at ${
      formatMoment(moment)
    }`,
  );
}

function isValidAt({ authority, certificates }: CertificatePath, moment: number): boolean {
  return isWithin(authority.validFor, moment) &&
    certificates.every(({ notBefore, notAfter }) =>
      moment * 1000 >= notBefore.getTime() && moment * 1000 <= notAfter.getTime()
    );
}

/** @param index how many CA certificates stand between this one and the signing certificate. */
function isFitToIssue(certificate: Certificate, index: number): boolean {
  const { basicConstraints, keyUsage, extendedKeyUsage } = certificate;
  const { pathLength } = basicConstraints ?? {};
  const purposes = extendedKeyUsage?.purposes;
  return basicConstraints?.ca === true &&
    (pathLength === undefined || pathLength >= index) &&
    (keyUsage === undefined || keyUsage.usages.has("keyCertSign")) &&
    (purposes === undefined || purposes.includes(CODE_SIGNING) || purposes.includes(ANY_PURPOSE)) &&
    describeExtensionProblem(certificate) === undefined;
}

type Certificates = CertificatePath["certificates"];

async function pathsTo(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  { chain }: CertificateAuthority,
): Promise<Certificates[]> {
  for (const [index, issuer] of chain.entries()) {
    const above = chain.slice(index + 1);
    if (await isIssuedBy(leaf, issuer) && await isChain([issuer, ...above])) {
      return [[leaf, issuer, ...above]];
    }
  }
  const [root] = chain;
  if (root === undefined || chain.length > 1) return [];
  const found: Certificates[] = [];
  for (const intermediate of intermediates) {
    if (await isIssuedBy(leaf, intermediate) && await isIssuedBy(intermediate, root)) {
      found.push([leaf, intermediate, root]);
    }
  }
  return found;
}

async function isChain(certificates: readonly Certificate[]): Promise<boolean> {
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer !== undefined && !await isIssuedBy(certificate, issuer)) return false;
  }
  return true;
}

async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  return equalBytes(certificate.issuer.raw, issuer.subject.raw) &&
    equalBytes(certificate.signatureAlgorithm.raw, certificate.tbsSignatureAlgorithm.raw) &&
    await isSignedBy(certificate, issuer);
}

function untrusted(message: string): Error {
  return refusal("cosign.certificate_untrusted", message);
}
