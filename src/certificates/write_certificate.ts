import { type Bytes, encodeDer, encodePem, encodeUtf8, hash } from "../crypto/mod.ts";
import type { SigningKey } from "./key.ts";

/** Who issues a certificate. */
export interface Issuer {
  /** Its subject, in DER. */
  readonly name: Bytes;
  readonly key: SigningKey;
  /** The identifier of its key; undefined where its own certificate has none. */
  readonly keyId: Bytes | undefined;
}

/** A certificate to write. */
export interface CertificateContent {
  /** In DER; see {@link encodeSubject}. */
  readonly subject: Bytes;
  readonly spki: Bytes;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The names of a server; a CA has none. */
  readonly dnsNames: readonly string[] | "ca";
}

const OID = {
  organization: "55040a",
  commonName: "550403",
  subjectKeyIdentifier: "551d0e",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  authorityKeyIdentifier: "551d23",
  extendedKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
} as const;

const TRUE = encodeDer(0x01, Uint8Array.of(0xff));
/** RFC 5280, Appendix A.1: ub-common-name. */
const MAX_COMMON_NAME = 64;

/** Writes and signs a certificate (RFC 5280 §4.1), as PEM. */
export function writeCertificate(content: CertificateContent, issuer: Issuer): string {
  const { subject, spki, notBefore, notAfter } = content;
  const { algorithm, sign } = issuer.key;
  const signed = sequence(
    encodeDer(0xa0, encodeDer(0x02, Uint8Array.of(2))), // version 3
    encodeDer(0x02, serialNumber()),
    algorithm,
    issuer.name,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    encodeDer(0xa3, sequence(...extensionsOf(content, issuer))),
  );
  const signature = encodeDer(0x03, Uint8Array.of(0), sign(signed));
  return encodePem("CERTIFICATE", sequence(signed, algorithm, signature));
}

/**
 * The name `O=…, CN=…`; without the latter where it is too long for one. A CA has another organization than
 * what it issues: a certificate whose subject is its issuer would pass for one that signed itself.
 */
export function encodeSubject(organization: "Assay" | "Assay CA", commonName: string): Bytes {
  const attribute = (type: string, value: string): Bytes =>
    encodeDer(0x31, sequence(oid(type), encodeDer(0x0c, encodeUtf8(value))));
  return sequence(
    attribute(OID.organization, organization),
    ...(commonName.length > MAX_COMMON_NAME ? [] : [attribute(OID.commonName, commonName)]),
  );
}

/** Names a key: the first 160 bits of a SHA-256 of it (RFC 7093 §2, method 1). */
export function keyIdentifier(spki: Bytes): Bytes {
  return hash("SHA-256", spki).slice(0, 20);
}

function extensionsOf({ spki, dnsNames }: CertificateContent, { keyId }: Issuer): Bytes[] {
  const common = [
    extension(OID.subjectKeyIdentifier, false, encodeDer(0x04, keyIdentifier(spki))),
    ...(keyId === undefined
      ? []
      : [extension(OID.authorityKeyIdentifier, false, sequence(encodeDer(0x80, keyId)))]),
  ];
  if (dnsNames === "ca") {
    const pathLength = encodeDer(0x02, Uint8Array.of(0));
    return [
      extension(OID.basicConstraints, true, sequence(TRUE, pathLength)),
      extension(OID.keyUsage, true, encodeDer(0x03, Uint8Array.of(1, 0b0000_0110))), // keyCertSign, cRLSign
      ...common,
    ];
  }
  const names = dnsNames.map((name) => encodeDer(0x82, encodeUtf8(name)));
  return [
    extension(OID.keyUsage, true, encodeDer(0x03, Uint8Array.of(7, 0b1000_0000))), // digitalSignature
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(...names)),
    ...common,
  ];
}

function extension(type: string, critical: boolean, value: Bytes): Bytes {
  return sequence(oid(type), ...(critical ? [TRUE] : []), encodeDer(0x04, value));
}

/** 126 bits of chance, positive, and never shorter. */
function serialNumber(): Bytes {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049. */
function time(date: Date): Bytes {
  const digits = date.toISOString().replace(/\.\d+Z$/, "Z").replace(/[-:T]/g, "");
  return date.getUTCFullYear() < 2050
    ? encodeDer(0x17, encodeUtf8(digits.slice(2)))
    : encodeDer(0x18, encodeUtf8(digits));
}

function oid(content: string): Bytes {
  return encodeDer(0x06, Uint8Array.fromHex(content));
}

function sequence(...parts: readonly Bytes[]): Bytes {
  return encodeDer(0x30, ...parts);
}
