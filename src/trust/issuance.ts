import {
  type Certificate,
  certificateScheme,
  equalBytes,
  LruMap,
  verifySignature,
} from "../crypto/mod.ts";

/** Which certificate's key signed which other one is a function of their bytes: found out once. */
const known = new LruMap<string, Promise<boolean>>(4096);

/**
 * Whether a certificate's signature was made with the key of another one, under an algorithm that is
 * allowed. A key that cannot be used cannot have signed either: both are false.
 */
export function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const id = `${certificate.fingerprint} ${issuer.publicKey.fingerprint}`;
  let signed = known.get(id);
  if (signed === undefined) known.set(id, signed = checkSignature(id, certificate, issuer));
  return signed;
}

async function checkSignature(
  id: string,
  certificate: Certificate,
  issuer: Certificate,
): Promise<boolean> {
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
    known.delete(id); // the key may have been refused for a reason of this machine
    return false;
  }
}

/** Whether the subject is the issuer and the signature was made with the certificate's own key. */
export async function isSelfSigned(certificate: Certificate): Promise<boolean> {
  return equalBytes(certificate.subject.raw, certificate.issuer.raw) &&
    await isSignedBy(certificate, certificate);
}
