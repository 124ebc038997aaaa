import {
  algorithmName,
  type Certificate,
  certificateScheme,
  equalBytes,
  LruMap,
} from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { checkIssuingCertificate, checkSigningCertificate } from "./certificate_profile.ts";
import { isSelfSigned, isSignedBy } from "./issuance.ts";
import { subjectText } from "./subject_text.ts";

/** The most certificates that a chain may have. Whoever reads one holds to it before parsing. */
export const MAX_CHAIN_LENGTH = 16;

/** Chains that are right, by the fingerprints of their certificates. What is wrong is told each time. */
const right = new LruMap<string, true>(1024, 1024 * 1024);

/**
 * Checks that certificates form the chain that the Notary Project signature specification asks for:
 * leaf first, each issued by the next, the last one self-signed, each fit for its place. Whether
 * anything in it is trusted, and validity periods, are not looked at here.
 *
 * @throws {VerificationFailure} `integrity.chain`.
 */
export async function checkChain(chain: readonly Certificate[]): Promise<void> {
  const id = chain.map((certificate) => certificate.fingerprint).join(" ");
  if (right.get(id)) return;
  await checkCertificates(chain);
  right.set(id, true, id.length);
}

async function checkCertificates(chain: readonly Certificate[]): Promise<void> {
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

function quote(certificate: Certificate): string {
  return `"${subjectText(certificate.subject)}"`;
}

function broken(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "integrity.chain", message });
}
