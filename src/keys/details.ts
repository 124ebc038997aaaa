import type { Certificate, PublicKey } from "../crypto/mod.ts";
import { type MaterialDetail, subjectText } from "../trust/mod.ts";

/** What a person reads about a certificate of a provider. */
export function describeCertificate(
  certificate: Certificate,
  name: string,
  version: string,
): MaterialDetail {
  return {
    kind: "certificate",
    name,
    version,
    fingerprint: certificate.fingerprint,
    subject: subjectText(certificate.subject),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
  };
}

/** What a person reads about a key of a provider. */
export function describeKey(key: PublicKey, name: string, version: string): MaterialDetail {
  return { kind: "key", name, version, fingerprint: key.fingerprint };
}
