import {
  type Certificate,
  decodePem,
  decodeUtf8,
  equalBytes,
  parseCertificate,
  readChildren,
  readDer,
} from "../crypto/mod.ts";
import { readKey } from "./key.ts";

/** A server's certificate and its key, in PEM. */
export interface ServerPair {
  readonly cert: string;
  readonly key: string;
  /** The certificate, read. */
  readonly certificate: Certificate;
}

const SUBJECT_ALT_NAME = "2.5.29.17";

/** Reads a pair. Throws for one that cannot serve; nothing of the key is quoted. */
export function readServerPair(cert: string, key: string): ServerPair {
  const [certificate] = readCertificates(cert);
  if (certificate === undefined) throw new Error("there is no certificate in it");
  if (!equalBytes(readKey(key).spki, certificate.publicKey.spki)) {
    throw new Error("the key is not that of the certificate");
  }
  return { cert, key, certificate };
}

/** The certificates in a PEM text. @throws {FormatError} */
export function readCertificates(pem: string): Certificate[] {
  return decodePem(pem).filter(({ label }) => label === "CERTIFICATE")
    .map(({ bytes }) => parseCertificate(bytes));
}

/** The DNS names that a certificate is for. @throws {FormatError} */
export function dnsNamesOf({ extensions }: Certificate): string[] {
  const value = extensions.find(({ oid }) => oid === SUBJECT_ALT_NAME)?.value;
  if (value === undefined) return [];
  return readChildren(readDer(value)).filter(({ tagClass, tag }) =>
    tagClass === "context" && tag === 2
  )
    .map((name) => decodeUtf8(name.value));
}
