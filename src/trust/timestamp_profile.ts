import type { Certificate } from "../crypto/mod.ts";
import { FORBIDDEN_USAGES } from "./certificate_profile.ts";

const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const ANY_PURPOSE = "2.5.29.37.0";
const NAME_CONSTRAINTS = "2.5.29.30";

/** Extensions that are understood when they are critical: keyUsage, names, basicConstraints, policies, purposes. */
const UNDERSTOOD: readonly string[] = [
  "2.5.29.15",
  "2.5.29.17",
  "2.5.29.18",
  "2.5.29.19",
  "2.5.29.31",
  "2.5.29.32",
  "2.5.29.37",
];

const RSA_BITS = [2048, 3072, 4096];
const CURVES = ["P-256", "P-384", "P-521"];

/**
 * What is wrong with the certificate that signs timestamps, by the timestamping profile of the Notary
 * Project signature specification; undefined when nothing is.
 */
export function describeTimestampingProblem(certificate: Certificate): string | undefined {
  const { keyUsage, extendedKeyUsage, publicKey } = certificate;
  if (certificate.basicConstraints?.ca) return "is a CA (basicConstraints cA is true)";
  if (keyUsage === undefined) return "has no keyUsage extension";
  if (!keyUsage.usages.has("digitalSignature")) return "has a keyUsage without digitalSignature";
  const forbidden = FORBIDDEN_USAGES.find((usage) => keyUsage.usages.has(usage));
  if (forbidden !== undefined) return `has the keyUsage ${forbidden}, which timestamping forbids`;
  if (extendedKeyUsage === undefined) return "has no extended key usage";
  if (!extendedKeyUsage.critical) return "has an extended key usage that is not critical";
  const { purposes } = extendedKeyUsage;
  if (purposes.length !== 1 || purposes[0] !== TIME_STAMPING) {
    return "has another extended key usage than timeStamping alone";
  }
  const usable = publicKey.kind === "RSA"
    ? RSA_BITS.includes(publicKey.bits ?? 0)
    : publicKey.kind === "EC" && CURVES.includes(publicKey.curve ?? "");
  return usable
    ? describeCriticalProblem(certificate)
    : `has a key that is not allowed (${publicKey.description})`;
}

/**
 * What is wrong with a certificate that stands above one that signs timestamps.
 *
 * @param below how many CA certificates stand between this one and the signing one.
 */
export function describeTimestampIssuerProblem(
  certificate: Certificate,
  below: number,
): string | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage } = certificate;
  if (!basicConstraints?.ca) return "is not a CA";
  if (!basicConstraints.critical) return "has a basicConstraints extension that is not critical";
  if (basicConstraints.pathLength !== undefined && basicConstraints.pathLength < below) {
    return `allows ${basicConstraints.pathLength} CA certificates below it, and there are ${below}`;
  }
  if (keyUsage === undefined) return "has no keyUsage extension";
  if (!keyUsage.usages.has("keyCertSign")) return "has a keyUsage without keyCertSign";
  const purposes = extendedKeyUsage?.purposes;
  if (purposes && !purposes.includes(TIME_STAMPING) && !purposes.includes(ANY_PURPOSE)) {
    return "is restricted to purposes other than timeStamping";
  }
  if (certificate.extensions.some(({ oid }) => oid === NAME_CONSTRAINTS)) {
    return "has name constraints, which are not evaluated";
  }
  return describeCriticalProblem(certificate);
}

function describeCriticalProblem(certificate: Certificate): string | undefined {
  const unknown = certificate.extensions.find(({ critical, oid }) =>
    critical && !UNDERSTOOD.includes(oid)
  );
  return unknown && `has the critical extension ${unknown.oid}, which is not understood`;
}
