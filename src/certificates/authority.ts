import { type Bytes, type Certificate, equalBytes, readDer } from "../crypto/mod.ts";
import { createKey, type KeyType, readKey, type SigningKey } from "./key.ts";
import { readCertificates, readServerPair, type ServerPair } from "./server_pair.ts";
import { encodeSubject, keyIdentifier, writeCertificate } from "./write_certificate.ts";

/** A CA that certificates are issued with: ours, or one that somebody put there. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: SigningKey;
}

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";

/** Makes a CA that is good for ten years. */
export async function createAuthority(name: string, type: KeyType, now: Date): Promise<Authority> {
  const key = await createKey(type);
  const subject = encodeSubject("Assay CA", name);
  const pem = writeCertificate({
    subject,
    spki: key.spki,
    ...validity(now, 10 * YEAR),
    dnsNames: "ca",
  }, { name: subject, key, keyId: keyIdentifier(key.spki) });
  const [certificate] = readCertificates(pem);
  if (certificate === undefined) throw new Error("unreachable");
  return { certificate, key };
}

/**
 * The CA among certificates that a private key belongs to, if it can issue.
 *
 * @throws {Error} saying why there is none. Nothing of the key is quoted.
 */
export function findAuthority(certificates: readonly Certificate[], keyPem: string): Authority {
  const key = readKey(keyPem);
  const certificate = certificates.find(({ publicKey }) => equalBytes(publicKey.spki, key.spki));
  if (certificate === undefined) throw new Error("the key is that of none of the certificates");
  const { basicConstraints, keyUsage } = certificate;
  if (basicConstraints?.ca !== true) throw new Error("the certificate is not that of a CA");
  if (keyUsage?.usages.has("keyCertSign") === false) {
    throw new Error("the CA may not sign certificates");
  }
  return { certificate, key };
}

/** Issues a certificate for a server, good for a year, or as long as the CA. The first name is its subject. */
export async function issueServerPair(
  authority: Authority,
  dnsNames: readonly [string, ...string[]],
  type: KeyType,
  now: Date,
): Promise<ServerPair> {
  const key = await createKey(type);
  const { notBefore, notAfter } = validity(now, YEAR);
  const end = authority.certificate.notAfter;
  const cert = writeCertificate({
    subject: encodeSubject("Assay", dnsNames[0]),
    spki: key.spki,
    notBefore,
    notAfter: end < notAfter ? end : notAfter,
    dnsNames,
  }, {
    name: authority.certificate.subject.raw,
    key: authority.key,
    keyId: keyIdentifierOf(authority.certificate),
  });
  return readServerPair(cert, key.pem);
}

/** From an hour ago: clocks of machines differ. */
function validity(now: Date, length: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - HOUR), notAfter: new Date(now.getTime() + length) };
}

function keyIdentifierOf({ extensions }: Certificate): Bytes | undefined {
  const value = extensions.find(({ oid }) => oid === SUBJECT_KEY_IDENTIFIER)?.value;
  return value === undefined ? undefined : readDer(value).value;
}
