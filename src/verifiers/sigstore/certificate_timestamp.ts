import {
  type Bytes,
  type Certificate,
  concatBytes,
  DerCursor,
  expectTag,
  FormatError,
  hash,
  readChildren,
  readDer,
  readOid,
  type SignatureScheme,
  TAG,
  toHex,
} from "../../crypto/mod.ts";
import { isWithin, type TransparencyLog } from "../../trust/mod.ts";
import { reading, refusal } from "./failure.ts";
import { isAuthentic } from "./known_signatures.ts";

const SCT_LIST = "1.3.6.1.4.1.11129.2.4.2";
const MAX_TIMESTAMPS = 32;

/** A signed certificate timestamp (RFC 6962 §3.2), read but not believed. */
interface CertificateTimestamp {
  /** Lower-case hex. */
  readonly logId: string;
  /** Milliseconds since 1970 as 8 bytes, and as a number. */
  readonly rawTime: Bytes;
  readonly time: number;
  readonly extensions: Bytes;
  readonly scheme: SignatureScheme;
  readonly signature: Bytes;
}

/**
 * Checks the certificate timestamps that are embedded in a certificate. Each by a known log must
 * verify.
 *
 * @param unknown whether a timestamp by a log that is not trusted is a fault, or passed over; one by
 * a trusted log there must be in any case.
 * @returns the logs.
 * @throws {VerificationFailure} `cosign.sct`.
 */
export async function checkCertificateTimestamps(
  certificate: Certificate,
  issuer: Certificate,
  logs: readonly TransparencyLog[],
  unknown: "refuse" | "ignore",
): Promise<TransparencyLog[]> {
  const list = certificate.extensions.find(({ oid }) => oid === SCT_LIST)?.value;
  if (list === undefined) {
    throw wrong("The signing certificate has no certificate timestamp in it");
  }
  const timestamps = reading(
    "cosign.sct",
    "The certificate timestamps cannot be read",
    () => readList(list),
  );
  const found: TransparencyLog[] = [];
  for (const timestamp of timestamps) {
    const log = logs.find(({ logId }) => logId === timestamp.logId);
    if (log === undefined) {
      if (unknown === "ignore") continue;
      throw wrong(`A certificate timestamp is by the log ${timestamp.logId}, which is not trusted`);
    }
    if (!isWithin(log.validFor, timestamp.time / 1000)) {
      throw wrong(`A certificate timestamp is of a time at which ${log.baseUrl} was not in use`);
    }
    if (!await isByLog(timestamp, log, certificate, issuer)) {
      throw wrong(`A certificate timestamp does not verify with the key of ${log.baseUrl}`);
    }
    found.push(log);
  }
  if (found.length === 0) throw wrong("No certificate timestamp is by a trusted log");
  return found;
}

async function isByLog(
  timestamp: CertificateTimestamp,
  log: TransparencyLog,
  certificate: Certificate,
  issuer: Certificate,
): Promise<boolean> {
  const tbs = withoutExtension(certificate, SCT_LIST);
  const signed = concatBytes(
    new Uint8Array([0, 0]), // version 1, certificate_timestamp
    timestamp.rawTime,
    new Uint8Array([0, 1]), // precert_entry
    hash("SHA-256", issuer.publicKey.spki),
    bigEndian(tbs.length, 3),
    tbs,
    bigEndian(timestamp.extensions.length, 2),
    timestamp.extensions,
  );
  return await isAuthentic(log.key.spki, timestamp.scheme, timestamp.signature, signed);
}

/** SignedCertificateTimestampList in an OCTET STRING, in the encoding of TLS. */
function readList(value: Bytes): CertificateTimestamp[] {
  const octets = expectTag(readDer(value), TAG.octetString, "the list of timestamps").value;
  const outer = new TlsReader(octets);
  const list = new TlsReader(outer.vector(2));
  outer.end();
  const timestamps: CertificateTimestamp[] = [];
  while (!list.atEnd) {
    if (timestamps.length === MAX_TIMESTAMPS) throw new FormatError("SCT", "there are too many");
    timestamps.push(readTimestamp(list.vector(2)));
  }
  if (timestamps.length === 0) throw new FormatError("SCT", "the list is empty");
  return timestamps;
}

function readTimestamp(bytes: Bytes): CertificateTimestamp {
  const reader = new TlsReader(bytes);
  if (reader.integer(1) !== 0) throw new FormatError("SCT", "the version is not 1");
  const logId = toHex(reader.take(32));
  const rawTime = reader.take(8);
  const time = rawTime.reduce((number, byte) => number * 256 + byte, 0);
  const extensions = reader.vector(2);
  const scheme = readScheme(reader.integer(1), reader.integer(1));
  const signature = reader.vector(2);
  reader.end();
  return { logId, rawTime, time, extensions, scheme, signature };
}

/** RFC 6962 §2.1.4: SHA-256 with ECDSA or RSA, and nothing else. */
function readScheme(hashCode: number, signatureCode: number): SignatureScheme {
  if (hashCode === 4 && signatureCode === 3) {
    return { name: "ECDSA", hash: "SHA-256", encoding: "der" };
  }
  if (hashCode === 4 && signatureCode === 1) return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  throw new FormatError("SCT", "the signature algorithm is not SHA-256 with ECDSA or RSA");
}

/** Reads integers and vectors as TLS encodes them (RFC 8446 §3). */
class TlsReader {
  readonly #bytes: Bytes;
  #offset = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  take(length: number): Bytes {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new FormatError("SCT", "it is cut off");
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  integer(length: number): number {
    return this.take(length).reduce((number, byte) => number * 256 + byte, 0);
  }

  /** A vector with a length of so many bytes before it. */
  vector(lengthBytes: number): Bytes {
    return this.take(this.integer(lengthBytes));
  }

  end(): void {
    if (!this.atEnd) throw new FormatError("SCT", "there are bytes after it");
  }
}

/** The signed part of a certificate as it was before an extension was put in. */
function withoutExtension(certificate: Certificate, oid: string): Bytes {
  const parts = readChildren(readDer(certificate.tbs)).map((part) => {
    if (part.tagClass !== "context" || part.tag !== 3) return part.raw;
    const cursor = new DerCursor(part, "the extensions");
    const extensions = readChildren(cursor.take(TAG.sequence, "list"))
      .filter((extension) => oidOf(extension) !== oid)
      .map((extension) => extension.raw);
    return element(0xa3, element(0x30, ...extensions));
  });
  return element(0x30, ...parts);
}

function oidOf(extension: ReturnType<typeof readDer>): string {
  return readOid(new DerCursor(extension, "an extension").take(TAG.oid, "identifier"));
}

/** A DER element of at most 64 KiB, as certificates are. */
function element(tag: number, ...content: readonly Bytes[]): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const head = size === 0 ? [tag, length] : [tag, 0x80 + size, ...bigEndian(length, size)];
  return concatBytes(new Uint8Array(head), ...content);
}

function bigEndian(value: number, length: number): Bytes {
  return new Uint8Array(
    Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256),
  );
}

function wrong(message: string): Error {
  return refusal("cosign.sct", message);
}
