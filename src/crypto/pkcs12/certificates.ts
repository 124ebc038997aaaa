import { createHmac, timingSafeEqual } from "node:crypto";
import { readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, concatBytes } from "../bytes.ts";
import {
  berToDer,
  DerCursor,
  type DerNode,
  expectTag,
  readChildren,
  readDer,
  readExplicit,
  readOctetString,
  readOid,
  readSmallInteger,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { decryptContent, takeIterations, unsupported, type Work } from "./decrypt.ts";
import { derive, type Pkcs12Hash, PURPOSE } from "./derive.ts";

const MAX_BYTES = 256 * 1024;
/** The most parts of a file, and the most bags of a part. */
const MAX_PARTS = 16;
const MAX_BAGS = 100;
/** How deep bags may be inside bags. */
const MAX_DEPTH = 3;
/** The most iterations of one file, all derivations together: half a second. */
const MAX_ITERATIONS = 120_000;

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const CERT_BAG = "1.2.840.113549.1.12.10.1.3";
const SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";

const MAC_HASHES: ReadonlyMap<string, Pkcs12Hash> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/** What stands for an empty password in the old algorithms: a BMPString that only ends, or nothing. */
const EMPTY_PASSWORDS: readonly Bytes[] = [Uint8Array.of(0, 0), Uint8Array.of()];

/**
 * Reads the certificates of a PKCS#12 file (RFC 7292) that has an empty password, in the order of their bags.
 * Its integrity is checked. Private keys are passed over, and what is encrypted of them is not decrypted.
 *
 * @returns the DER of the certificates; none when there are none.
 * @throws {FormatError}
 */
export async function readPkcs12Certificates(file: Bytes): Promise<Bytes[]> {
  const work = { iterations: MAX_ITERATIONS };
  const cursor = new DerCursor(sequence(readDer(toDer(file))), "a PFX");
  if (readSmallInteger(cursor.take(TAG.integer, "version")) !== 3) {
    throw new FormatError("PKCS#12", "it is not of version 3");
  }
  const content = contentOf(cursor.take(TAG.sequence, "content"), DATA);
  const safe = readOctetString(readExplicit(content));
  const mac = cursor.takeIf(TAG.sequence);
  cursor.end();
  if (mac === undefined) throw new FormatError("PKCS#12", "nothing guards its integrity (no MAC)");
  const password = checkMac(mac, safe, work);
  const parts = readChildren(sequence(readDer(toDer(safe))));
  if (parts.length > MAX_PARTS) throw new FormatError("PKCS#12", "it has too many parts");
  const certificates: Bytes[] = [];
  for (const part of parts) {
    const bags = await openPart(part, password, work);
    certificates.push(...certificatesOf(sequence(readDer(toDer(bags))), 0));
  }
  return certificates;
}

/** Finds which empty password the file is made with. Throws {@link FormatError}. */
function checkMac(mac: DerNode, safe: Bytes, work: Work): Bytes {
  const cursor = new DerCursor(mac, "a MAC");
  const info = new DerCursor(cursor.take(TAG.sequence, "digest"), "a digest");
  const { oid } = readAlgorithmIdentifier(info.take(TAG.sequence, "algorithm"));
  const digest = readOctetString(info.take(TAG.octetString, "value"));
  info.end();
  const salt = readOctetString(cursor.take(TAG.octetString, "salt"));
  const count = cursor.takeIf(TAG.integer);
  cursor.end();
  const hash = MAC_HASHES.get(oid);
  if (hash === undefined) throw unsupported("MAC", oid);
  const iterations = count === undefined ? 1 : takeIterations(count, work, 2);
  for (const password of EMPTY_PASSWORDS) {
    const key = derive({ hash, password, salt, iterations }, PURPOSE.mac, digest.length);
    const expected = createHmac(hash, key).update(safe).digest();
    if (expected.length === digest.length && timingSafeEqual(expected, digest)) return password;
  }
  throw new FormatError("PKCS#12", "it is damaged, or has a password");
}

/** The SafeContents of a part. Throws {@link FormatError}. */
async function openPart(part: DerNode, password: Bytes, work: Work): Promise<Bytes> {
  const [type, wrapped] = contentInfo(part);
  const content = readExplicit(wrapped);
  if (type === DATA) return readOctetString(content);
  if (type !== ENCRYPTED_DATA) throw unsupported("content", type);
  const cursor = new DerCursor(sequence(content), "EncryptedData");
  readSmallInteger(cursor.take(TAG.integer, "version"));
  const inner = new DerCursor(cursor.take(TAG.sequence, "content"), "EncryptedContentInfo");
  cursor.end();
  const oid = readOid(inner.take(TAG.oid, "type"));
  if (oid !== DATA) throw unsupported("content", oid);
  const algorithm = readAlgorithmIdentifier(inner.take(TAG.sequence, "algorithm"));
  const data = inner.takeContext(0);
  inner.end();
  if (data === undefined) throw new FormatError("PKCS#12", "an encrypted part is empty");
  const bytes = data.constructed
    ? concatBytes(...readChildren(data).map(readOctetString))
    : data.value;
  return await decryptContent(algorithm, bytes, password, work);
}

function certificatesOf(contents: DerNode, depth: number): Bytes[] {
  if (depth > MAX_DEPTH) throw new FormatError("PKCS#12", "bags are nested too deep");
  const bags = readChildren(contents);
  if (bags.length > MAX_BAGS) throw new FormatError("PKCS#12", "it has too many bags");
  return bags.flatMap((bag) => {
    const cursor = new DerCursor(sequence(bag), "a bag");
    const type = readOid(cursor.take(TAG.oid, "type"));
    const value = cursor.takeContext(0);
    cursor.takeIf(TAG.set);
    cursor.end();
    if (value === undefined) throw new FormatError("PKCS#12", "a bag is empty");
    if (type === SAFE_CONTENTS_BAG) return certificatesOf(sequence(readExplicit(value)), depth + 1);
    if (type !== CERT_BAG) return []; // keys, revocation lists, secrets
    const content = contentOf(readExplicit(value), X509_CERTIFICATE);
    return [readOctetString(readExplicit(content))];
  });
}

/** A type, and what is explicitly tagged 0 behind it. */
function contentInfo(node: DerNode): [type: string, content: DerNode] {
  const cursor = new DerCursor(sequence(node), "a content");
  const type = readOid(cursor.take(TAG.oid, "type"));
  const content = cursor.takeContext(0);
  cursor.end();
  if (content === undefined) throw new FormatError("PKCS#12", "a content is empty");
  return [type, content];
}

function contentOf(node: DerNode, wanted: string): DerNode {
  const [type, content] = contentInfo(node);
  if (type !== wanted) throw unsupported("content", type);
  return content;
}

function sequence(node: DerNode): DerNode {
  return expectTag(node, TAG.sequence, "a part of the file");
}

/** Files are written in BER, with any lengths. */
function toDer(bytes: Bytes): Bytes {
  return berToDer(bytes, { maxBytes: MAX_BYTES });
}
