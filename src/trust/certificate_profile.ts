import type { Certificate, KeyUsage, PublicKey } from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { subjectText } from "./subject_text.ts";

/** Key usages that no certificate that signs data may have (contentCommitment is tolerated). */
export const FORBIDDEN_USAGES: readonly KeyUsage[] = [
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** Extended key usages that a code signing certificate must not have. */
const FORBIDDEN_PURPOSES: ReadonlyMap<string, string> = new Map([
  ["2.5.29.37.0", "anyExtendedKeyUsage"],
  ["1.3.6.1.5.5.7.3.1", "serverAuth"],
  ["1.3.6.1.5.5.7.3.2", "clientAuth"],
  ["1.3.6.1.5.5.7.3.4", "emailProtection"],
  ["1.3.6.1.5.5.7.3.8", "timeStamping"],
  ["1.3.6.1.5.5.7.3.9", "OCSPSigning"],
]);

const MIN_CA_RSA_BITS = 2048;
/** The largest key that `verifySignature` takes. */
const MAX_CA_RSA_BITS = 4096;
const CURVES = ["P-256", "P-384", "P-521"];

/**
 * Checks the certificate that signs an image: the code signing profile of the Notary Project
 * signature specification ("Certificate Requirements").
 *
 * @throws {VerificationFailure} `integrity.chain`.
 */
export function checkSigningCertificate(certificate: Certificate): void {
  const refuse: (problem: string) => never = refusal("signing certificate", certificate);
  if (certificate.basicConstraints?.ca) refuse("is a CA (basicConstraints cA is true)");
  const usage = certificate.keyUsage;
  if (usage === undefined) refuse("has no keyUsage extension");
  if (!usage.critical) refuse("has a keyUsage extension that is not critical");
  if (!usage.usages.has("digitalSignature")) refuse("has a keyUsage without digitalSignature");
  for (const forbidden of FORBIDDEN_USAGES) {
    if (usage.usages.has(forbidden)) {
      refuse(`has the keyUsage ${forbidden}, which code signing forbids`);
    }
  }
  for (const purpose of certificate.extendedKeyUsage?.purposes ?? []) {
    const name = FORBIDDEN_PURPOSES.get(purpose);
    if (name !== undefined) {
      refuse(`has the extended key usage ${name}, which code signing forbids`);
    }
  }
}

/**
 * Checks a certificate that issued another one of the chain.
 *
 * @param below how many CA certificates stand between this one and the signing certificate.
 * @throws {VerificationFailure} `integrity.chain`.
 */
export function checkIssuingCertificate(certificate: Certificate, below: number): void {
  const refuse: (problem: string) => never = refusal("CA certificate", certificate);
  const constraints = certificate.basicConstraints;
  if (constraints === undefined) refuse("has no basicConstraints extension");
  if (!constraints.critical) refuse("has a basicConstraints extension that is not critical");
  if (!constraints.ca) refuse("is not a CA (basicConstraints cA is false)");
  if (constraints.pathLength !== undefined && constraints.pathLength < below) {
    refuse(`allows ${constraints.pathLength} CA certificates below it, and the chain has ${below}`);
  }
  const usage = certificate.keyUsage;
  if (usage === undefined) refuse("has no keyUsage extension");
  if (!usage.critical) refuse("has a keyUsage extension that is not critical");
  if (!usage.usages.has("keyCertSign")) refuse("has a keyUsage without keyCertSign");
  const problem = describeIssuingKeyProblem(certificate.publicKey);
  if (problem !== undefined) refuse(problem);
}

function describeIssuingKeyProblem(key: PublicKey): string | undefined {
  switch (key.kind) {
    case "RSA":
    case "RSASSA-PSS":
      return describeRsaSizeProblem(key);
    case "EC":
      return CURVES.includes(key.curve ?? "")
        ? undefined
        : `has a key on a curve that is not allowed (${key.description})`;
    case "Ed25519":
      return undefined;
    default:
      return `has a key of a kind that is not allowed (${key.description})`;
  }
}

function describeRsaSizeProblem({ bits = 0, description }: PublicKey): string | undefined {
  if (bits < MIN_CA_RSA_BITS) {
    return `has a key that is too small (${description}; RSA needs ${MIN_CA_RSA_BITS} bits or more)`;
  }
  return bits > MAX_CA_RSA_BITS
    ? `has a key that is too large (${description}; RSA keys of up to ${MAX_CA_RSA_BITS} bits can be used)`
    : undefined;
}

/** A thrower of failures that name the certificate. */
function refusal(role: string, certificate: Certificate): (problem: string) => never {
  return (problem) => {
    throw new VerificationFailure({
      reason: "integrity.chain",
      message: `The ${role} "${subjectText(certificate.subject)}" ${problem}`,
    });
  };
}
