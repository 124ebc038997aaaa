import {
  algorithmName,
  type Certificate,
  certificateScheme,
  equalBytes,
  verifySignature,
} from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { checkIssuingCertificate, checkSigningCertificate } from "./certificate_profile.ts";
import { subjectText } from "./subject_text.ts";

/** The most certificates that a chain may have. Whoever reads one holds to it before parsing. */
export const MAX_CHAIN_LENGTH = 16;

/**
 * Checks that certificates form the chain that the Notary Project signature specification asks for:
 * leaf first, each issued by the next, the last one self-signed, each fit for its place. Whether
 * anything in it is trusted, and validity periods, are not looked at here.
 *
 * @throws {VerificationFailure} `integrity.chain`.
 */
export async function checkChain(chain: readonly Certificate[]): Promise<void> {
  const leaf = chain[0];
  if (leaf === undefined) throw broken("The signature carries no certificate");
  checkSigningCertificate(leaf);
  for (const [index, certificate] of chain.entries()) {
    if (index > 0) checkIssuingCertificate(certificate, index - 1);
    const issuer = chain[index + 1];
    if (issuer === undefined) {
      await checkIssuedBy(certificate, certificate, "is the last of the chain but not self-signed");
    } else {
      if (await isSelfSigned(certificate)) {
        throw broken(
          `The certificate ${quote(certificate)} is self-signed but not the last of the chain`,
        );
      }
      await checkIssuedBy(certificate, issuer, `was not issued by the next one, ${quote(issuer)}`);
    }
  }
}

/** Whether the subject is the issuer and the signature was made with the certificate's own key. */
export async function isSelfSigned(certificate: Certificate): Promise<boolean> {
  return equalBytes(certificate.subject.raw, certificate.issuer.raw) &&
    await isSignedBy(certificate, certificate);
}

async function checkIssuedBy(
  certificate: Certificate,
  issuer: Certificate,
  problem: string,
): Promise<void> {
  if (!equalBytes(certificate.signatureAlgorithm.raw, certificate.tbsSignatureAlgorithm.raw)) {
    throw broken(`The certificate ${quote(certificate)} names two different signature algorithms`);
  }
  if (certificateScheme(certificate.signatureAlgorithm) === undefined) {
    throw broken(
      `The certificate ${quote(certificate)} is signed with ${
        algorithmName(certificate.signatureAlgorithm.oid)
      }, which is not allowed`,
    );
  }
  if (!equalBytes(certificate.issuer.raw, issuer.subject.raw)) {
    throw broken(`The certificate ${quote(certificate)} ${problem}: the names differ`);
  }
  if (!await isSignedBy(certificate, issuer)) {
    throw broken(`The certificate ${quote(certificate)} ${problem}: the signature does not verify`);
  }
}

/**
 * Whether a certificate's signature was made with the key of another one. A key that cannot be used
 * cannot have signed either: both are false.
 */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const scheme = certificateScheme(certificate.signatureAlgorithm);
  if (scheme === undefined) return false;
  try {
    return await verifySignature(
      issuer.publicKey.spki,
      scheme,
      certificate.signature,
      certificate.tbs,
    );
  } catch {
    return false;
  }
}

function quote(certificate: Certificate): string {
  return `"${subjectText(certificate.subject)}"`;
}

function broken(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "integrity.chain", message });
}
