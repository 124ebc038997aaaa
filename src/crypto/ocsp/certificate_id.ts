import { createHash } from "node:crypto";
import { hasNoParameters, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, equalBytes, toHex } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  encodeDer,
  expectTag,
  readDer,
  readInteger,
  readOctets,
  TAG,
} from "../der/mod.ts";
import type { Certificate } from "../x509/mod.ts";

/** Names a certificate by hashes of its issuer (CertID, RFC 6960 §4.1.1). */
export interface CertificateId {
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Bytes;
  readonly issuerKeyHash: Bytes;
  /** Lower-case hexadecimal of the INTEGER's content. */
  readonly serialNumber: string;
}

/** SHA-1 names certificates here, as all responders expect; nothing is signed with it. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/** AlgorithmIdentifier of SHA-1 with NULL parameters. */
const SHA1 = Uint8Array.of(0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00);

/** The OCSPRequest (RFC 6960 §4.1) that asks for one certificate, without a nonce. */
export function encodeOcspRequest(certificate: Certificate, issuer: Certificate): Bytes {
  const serialNumber = Uint8Array.from(
    certificate.serialNumber.match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
  const certificateId = encodeDer(
    0x30,
    SHA1,
    encodeDer(0x04, digest("sha1", issuer.subject.raw)),
    encodeDer(0x04, digest("sha1", keyBits(issuer))),
    encodeDer(0x02, serialNumber),
  );
  const requests = encodeDer(0x30, encodeDer(0x30, certificateId));
  return encodeDer(0x30, encodeDer(0x30, requests));
}

/** Reads a CertID. @throws {FormatError} */
export function readCertificateId(node: DerNode): CertificateId {
  const cursor = new DerCursor(node, "a certificate's name");
  const algorithm = readAlgorithmIdentifier(cursor.take(TAG.sequence, "hash algorithm"));
  const issuerNameHash = cursor.take(TAG.octetString, "hash of the issuer's name").value;
  const issuerKeyHash = cursor.take(TAG.octetString, "hash of the issuer's key").value;
  const serialNumber = toHex(readInteger(cursor.take(TAG.integer, "serial number")));
  cursor.end();
  const hashAlgorithm = hasNoParameters(algorithm) ? algorithm.oid : "";
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

/** Whether an id names this certificate of this issuer: serial number and both hashes. */
export function namesCertificate(
  id: CertificateId,
  certificate: Certificate,
  issuer: Certificate,
): boolean {
  const name = HASHES.get(id.hashAlgorithm);
  return name !== undefined && id.serialNumber === certificate.serialNumber &&
    equalBytes(id.issuerNameHash, digest(name, issuer.subject.raw)) &&
    equalBytes(id.issuerKeyHash, digest(name, keyBits(issuer)));
}

/** The SHA-1 of a certificate's public key, by which responders name themselves. */
export function responderKeyHash(certificate: Certificate): Bytes {
  return digest("sha1", keyBits(certificate));
}

/** The content of the BIT STRING with the key, without the number of unused bits. */
function keyBits(certificate: Certificate): Bytes {
  const cursor = new DerCursor(
    expectTag(readDer(certificate.publicKey.spki), TAG.sequence, "a public key"),
    "a public key",
  );
  cursor.take(TAG.sequence, "algorithm");
  return readOctets(cursor.take(TAG.bitString, "key"));
}

function digest(name: string, data: Bytes): Bytes {
  return new Uint8Array(createHash(name).update(data).digest());
}
