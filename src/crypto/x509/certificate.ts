import { type AlgorithmIdentifier, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, toHex } from "../bytes.ts";
import { cryptoCounters } from "../counters.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readExplicit,
  readInteger,
  readSmallInteger,
  readTime,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { hash } from "../hash.ts";
import { LruMap } from "../lru.ts";
import { parsePublicKey, type PublicKey } from "../public_key.ts";
import {
  type Extension,
  type KnownExtensions,
  readExtensions,
  readKnownExtensions,
} from "./extensions.ts";
import { type Name, readName } from "./name.ts";
import { readSigned } from "./signed.ts";

/** The most bytes that a certificate may have: 64 KiB. */
const MAX_BYTES = 64 * 1024;

/** The most bytes of a serial number; RFC 5280 allows 20, some issuers take one more for the sign. */
const MAX_SERIAL_BYTES = 21;

/** An X.509 certificate, read but not believed. */
export interface Certificate extends KnownExtensions {
  /** DER of the whole certificate. */
  readonly raw: Bytes;
  /** The bytes that the issuer signed. */
  readonly tbs: Bytes;
  /** Lower-case hexadecimal SHA-256 of `raw`. */
  readonly fingerprint: string;
  readonly version: 1 | 2 | 3;
  /** Lower-case hexadecimal of the INTEGER's content. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  /** The algorithm beside the signature, and the one inside the signed part; they must be the same. */
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Bytes;
  readonly extensions: readonly Extension[];
}

/** The chains of a deployment have few certificates, and each comes with every signature. */
const parsed = new LruMap<string, Certificate>(1024, 8 * 1024 * 1024);

/**
 * Reads a certificate (RFC 5280 §4.1) from DER, strictly, with nothing after it. The same bytes may
 * give the same object; it keeps a copy of them.
 *
 * @throws {FormatError}
 */
export function parseCertificate(der: Bytes): Certificate {
  if (der.length > MAX_BYTES) {
    throw new FormatError("X.509", `a certificate has more than ${MAX_BYTES} bytes`);
  }
  const fingerprint = toHex(hash("SHA-256", der));
  const known = parsed.get(fingerprint);
  if (known !== undefined) return known;
  const certificate = read(der.slice(), fingerprint);
  cryptoCounters.certificatesRead++;
  parsed.set(fingerprint, certificate, 4 * der.length); // the parts weigh more than their bytes
  return certificate;
}

function read(der: Bytes, fingerprint: string): Certificate {
  const { tbs, signatureAlgorithm, signature, rest } = readSigned(der, "a certificate", MAX_BYTES);
  rest.end();
  return {
    raw: der,
    tbs: tbs.raw,
    fingerprint,
    signatureAlgorithm,
    signature,
    ...readSignedPart(tbs),
  };
}

type SignedPart = Omit<
  Certificate,
  "raw" | "tbs" | "fingerprint" | "signatureAlgorithm" | "signature"
>;

function readSignedPart(tbs: DerNode): SignedPart {
  const cursor = new DerCursor(tbs, "the signed part of a certificate");
  const version = readVersion(cursor.takeContext(0));
  const serial = readInteger(cursor.take(TAG.integer, "serial number"));
  if (serial.length > MAX_SERIAL_BYTES) {
    throw new FormatError("X.509", "the serial number is too long");
  }
  const tbsSignatureAlgorithm = readAlgorithmIdentifier(
    cursor.take(TAG.sequence, "signature algorithm"),
  );
  const issuer = readName(cursor.take(TAG.sequence, "issuer"));
  const validity = readValidity(cursor.take(TAG.sequence, "validity"));
  const subject = readName(cursor.take(TAG.sequence, "subject"));
  const publicKey = parsePublicKey(cursor.take(TAG.sequence, "public key").raw);
  const issuerId = cursor.takeContext(1);
  const subjectId = cursor.takeContext(2);
  const wrapper = cursor.takeContext(3);
  cursor.end();
  if (version === 1 && (issuerId !== undefined || subjectId !== undefined)) {
    throw new FormatError("X.509", "a certificate of version 1 has unique identifiers");
  }
  if (version !== 3 && wrapper !== undefined) {
    throw new FormatError("X.509", `a certificate of version ${version} has extensions`);
  }
  const extensions = wrapper === undefined ? [] : readExtensions(readExplicit(wrapper));
  return {
    version,
    serialNumber: toHex(serial),
    tbsSignatureAlgorithm,
    issuer,
    ...validity,
    subject,
    publicKey,
    extensions,
    ...readKnownExtensions(extensions),
  };
}

function readVersion(node: DerNode | undefined): 1 | 2 | 3 {
  if (node === undefined) return 1;
  const number = readSmallInteger(expectTag(readExplicit(node), TAG.integer, "the version")) + 1;
  if (number !== 2 && number !== 3) {
    throw new FormatError("X.509", "the version is none that is written out (2 or 3)");
  }
  return number;
}

function readValidity(node: DerNode): { notBefore: Date; notAfter: Date } {
  const cursor = new DerCursor(node, "the validity");
  const [notBefore, notAfter] = [cursor.takeAny(), cursor.takeAny()];
  cursor.end();
  if (notBefore === undefined || notAfter === undefined) {
    throw new FormatError("X.509", "the validity lacks a time");
  }
  return { notBefore: readTime(notBefore), notAfter: readTime(notAfter) };
}
