import { type AlgorithmIdentifier, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, concatBytes, toHex } from "../bytes.ts";
import {
  berToDer,
  DerCursor,
  type DerNode,
  expectTag,
  readChildren,
  readDer,
  readExplicit,
  readInteger,
  readOid,
  readSmallInteger,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { type Certificate, parseCertificate } from "../x509/mod.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";

/** The most certificates and signers that a message may have. */
const MAX_CERTIFICATES = 32;
const MAX_SIGNERS = 8;
const MAX_ATTRIBUTES = 64;

/** A CMS message of the type SignedData (RFC 5652 §5), read but not believed. */
export interface SignedData {
  readonly version: number;
  /** The type of the content, an object identifier. */
  readonly contentType: string;
  readonly content: Bytes;
  readonly certificates: readonly Certificate[];
  readonly signers: readonly SignerInfo[];
}

/** One signature of a message (RFC 5652 §5.3). */
export interface SignerInfo {
  readonly version: number;
  /** Whose key signed, where issuer and serial number say so; undefined where a key identifier does. */
  readonly signer: IssuerAndSerial | undefined;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** The one value of each signed attribute, by its type; an attribute with several has no entry. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  /** What the signature is over: the signed attributes as a SET OF in DER. */
  readonly signedBytes: Bytes;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Bytes;
}

/** What names a certificate: DER of the issuer, lower-case hexadecimal of the serial number. */
export interface IssuerAndSerial {
  readonly issuer: Bytes;
  readonly serialNumber: string;
}

/**
 * Reads a ContentInfo of the type SignedData with attached content and signed attributes. The input may
 * be BER: lengths and strings are brought into DER first, everything then is read as DER.
 *
 * @throws {FormatError}
 */
export function parseSignedData(bytes: Bytes, maxBytes: number): SignedData {
  const message = new DerCursor(
    expectTag(readDer(berToDer(bytes, { maxBytes }), 2 * maxBytes), TAG.sequence, "a message"),
    "a message",
  );
  if (readOid(message.take(TAG.oid, "content type")) !== SIGNED_DATA) {
    throw new FormatError("CMS", "the message is not signed data");
  }
  const wrapper = message.takeContext(0);
  message.end();
  if (wrapper === undefined) throw new FormatError("CMS", "the message has no content");
  const inner = readExplicit(wrapper);
  return readSignedData(expectTag(inner, TAG.sequence, "signed data"));
}

function readSignedData(node: DerNode): SignedData {
  const cursor = new DerCursor(node, "signed data");
  const version = readSmallInteger(cursor.take(TAG.integer, "version"));
  for (const digest of readChildren(cursor.take(TAG.set, "digest algorithms"))) {
    readAlgorithmIdentifier(digest);
  }
  const content = readContent(cursor.take(TAG.sequence, "content"));
  const certificates = cursor.takeContext(0);
  cursor.takeContext(1); // revocation lists: ours come from where the certificates say
  const signers = readChildren(cursor.take(TAG.set, "signers"));
  cursor.end();
  if (signers.length > MAX_SIGNERS) throw new FormatError("CMS", "there are too many signers");
  return {
    version,
    ...content,
    certificates: certificates === undefined ? [] : readCertificates(certificates),
    signers: signers.map(readSigner),
  };
}

function readContent(node: DerNode): Pick<SignedData, "contentType" | "content"> {
  const cursor = new DerCursor(node, "the content");
  const contentType = readOid(cursor.take(TAG.oid, "type"));
  const wrapper = cursor.takeContext(0);
  cursor.end();
  if (wrapper === undefined) throw new FormatError("CMS", "the content is not in the message");
  return {
    contentType,
    content: expectTag(readExplicit(wrapper), TAG.octetString, "the content").value,
  };
}

function readCertificates(node: DerNode): Certificate[] {
  const nodes = readChildren(node);
  if (nodes.length > MAX_CERTIFICATES) {
    throw new FormatError("CMS", `there are more than ${MAX_CERTIFICATES} certificates`);
  }
  return nodes.map(({ raw }) => parseCertificate(raw));
}

function readSigner(node: DerNode): SignerInfo {
  const cursor = new DerCursor(expectTag(node, TAG.sequence, "a signer"), "a signer");
  const version = readSmallInteger(cursor.take(TAG.integer, "version"));
  const keyIdentifier = cursor.takeContext(0);
  const signer = keyIdentifier === undefined
    ? readIssuerAndSerial(cursor.take(TAG.sequence, "issuer and serial number"))
    : undefined;
  const digestAlgorithm = readAlgorithmIdentifier(cursor.take(TAG.sequence, "digest algorithm"));
  const attributes = cursor.takeContext(0);
  const signatureAlgorithm = readAlgorithmIdentifier(
    cursor.take(TAG.sequence, "signature algorithm"),
  );
  const signature = cursor.take(TAG.octetString, "signature").value;
  cursor.takeContext(1); // unsigned attributes
  cursor.end();
  if (attributes === undefined) throw new FormatError("CMS", "a signer has no signed attributes");
  return {
    version,
    signer,
    digestAlgorithm,
    ...readAttributes(attributes),
    signatureAlgorithm,
    signature,
  };
}

/** IssuerAndSerialNumber (RFC 5652 §10.2.4). */
function readIssuerAndSerial(node: DerNode): IssuerAndSerial {
  const cursor = new DerCursor(node, "issuer and serial number");
  const issuer = cursor.take(TAG.sequence, "issuer").raw;
  const serialNumber = toHex(readInteger(cursor.take(TAG.integer, "serial number")));
  cursor.end();
  return { issuer, serialNumber };
}

/** The attributes are encoded under a tag of their own, and signed as the SET OF that they are. */
function readAttributes(node: DerNode): Pick<SignerInfo, "attributes" | "signedBytes"> {
  const nodes = readChildren(node);
  if (nodes.length > MAX_ATTRIBUTES) throw new FormatError("CMS", "there are too many attributes");
  const attributes = new Map<string, DerNode>();
  const seen = new Set<string>();
  for (const attribute of nodes) {
    const cursor = new DerCursor(
      expectTag(attribute, TAG.sequence, "an attribute"),
      "an attribute",
    );
    const type = readOid(cursor.take(TAG.oid, "type"));
    const values = readChildren(cursor.take(TAG.set, "values"));
    cursor.end();
    if (seen.has(type)) throw new FormatError("CMS", `the attribute ${type} occurs twice`);
    seen.add(type);
    const [value] = values;
    if (value !== undefined && values.length === 1) attributes.set(type, value);
  }
  const header = node.raw.slice(0, node.raw.length - node.value.length);
  header[0] = 0x31;
  const sorted = nodes.map(({ raw }) => raw).sort(compareEncodings);
  return { attributes, signedBytes: concatBytes(header, ...sorted) };
}

/** The order of a SET OF in DER (X.690 §11.6): as if the shorter one were padded with zeros. */
function compareEncodings(a: Bytes, b: Bytes): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
