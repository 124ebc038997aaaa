import type { Bytes } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readBitString,
  readBoolean,
  readChildren,
  readDer,
  readOid,
  readSmallInteger,
  readString,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";

/** An extension as encoded. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The content of its OCTET STRING. */
  readonly value: Bytes;
}

/** The names of RFC 5280 §4.2.1.3, by bit. */
const KEY_USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** What a key may be used for. */
export type KeyUsage = typeof KEY_USAGES[number];

/** The extensions that verification looks at, read; undefined where a certificate lacks one. */
export interface KnownExtensions {
  readonly basicConstraints?: {
    readonly critical: boolean;
    readonly ca: boolean;
    readonly pathLength: number | undefined;
  };
  readonly keyUsage?: { readonly critical: boolean; readonly usages: ReadonlySet<KeyUsage> };
  readonly extendedKeyUsage?: { readonly critical: boolean; readonly purposes: readonly string[] };
  /** Addresses of OCSP responders (authorityInfoAccess). */
  readonly ocspUrls: readonly string[];
  /** Addresses of CRLs (cRLDistributionPoints). */
  readonly crlUrls: readonly string[];
  /** Whether delta CRLs are to be had at addresses of their own (freshestCRL). */
  readonly namesFreshestCrl: boolean;
}

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const CRL_DISTRIBUTION_POINTS = "2.5.29.31";
const FRESHEST_CRL = "2.5.29.46";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
const OCSP = "1.3.6.1.5.5.7.48.1";

/** The context tag of uniformResourceIdentifier in GeneralName. */
const URI = 6;

/** Reads Extensions (RFC 5280 §4.1.2.9); each may occur once. @throws {FormatError} */
export function readExtensions(node: DerNode): Extension[] {
  const extensions = readChildren(expectTag(node, TAG.sequence, "the extensions")).map(
    readExtension,
  );
  const oids = new Set(extensions.map((extension) => extension.oid));
  if (extensions.length === 0) throw new FormatError("X.509", "the list of extensions is empty");
  if (oids.size < extensions.length) throw new FormatError("X.509", "an extension occurs twice");
  return extensions;
}

function readExtension(node: DerNode): Extension {
  const cursor = new DerCursor(expectTag(node, TAG.sequence, "an extension"), "an extension");
  const oid = readOid(cursor.take(TAG.oid, "identifier"));
  const flag = cursor.takeIf(TAG.boolean);
  const critical = flag !== undefined && readBoolean(flag);
  if (flag !== undefined && !critical) {
    throw new FormatError(
      "X.509",
      "an extension writes out that it is not critical, which DER leaves out",
    );
  }
  const { value } = cursor.take(TAG.octetString, "value");
  cursor.end();
  return { oid, critical, value };
}

/** Reads the extensions that verification looks at. @throws {FormatError} */
export function readKnownExtensions(extensions: readonly Extension[]): KnownExtensions {
  const find = (oid: string): Extension | undefined =>
    extensions.find((extension) => extension.oid === oid);
  const constraints = find(BASIC_CONSTRAINTS);
  const usage = find(KEY_USAGE);
  const purposes = find(EXTENDED_KEY_USAGE);
  const access = find(AUTHORITY_INFO_ACCESS);
  const points = find(CRL_DISTRIBUTION_POINTS);
  return {
    ...(constraints && {
      basicConstraints: {
        critical: constraints.critical,
        ...readBasicConstraints(constraints.value),
      },
    }),
    ...(usage && { keyUsage: { critical: usage.critical, usages: readKeyUsage(usage.value) } }),
    ...(purposes && {
      extendedKeyUsage: { critical: purposes.critical, purposes: readPurposes(purposes.value) },
    }),
    ocspUrls: access === undefined ? [] : readOcspUrls(access.value),
    crlUrls: points === undefined ? [] : readCrlUrls(points.value),
    namesFreshestCrl: find(FRESHEST_CRL) !== undefined,
  };
}

function readBasicConstraints(value: Bytes): { ca: boolean; pathLength: number | undefined } {
  const cursor = new DerCursor(
    expectTag(readDer(value), TAG.sequence, "basicConstraints"),
    "basicConstraints",
  );
  const flag = cursor.takeIf(TAG.boolean);
  const length = cursor.takeIf(TAG.integer);
  cursor.end();
  // An encoder that writes out the default (FALSE) breaks DER, yet says what is meant.
  return {
    ca: flag !== undefined && readBoolean(flag),
    pathLength: length === undefined ? undefined : readSmallInteger(length),
  };
}

function readKeyUsage(value: Bytes): Set<KeyUsage> {
  const { bytes } = readBitString(expectTag(readDer(value), TAG.bitString, "keyUsage"));
  if (bytes.length > 2) {
    throw new FormatError("X.509", "keyUsage has more bits than there are usages");
  }
  return new Set(
    KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0),
  );
}

function readPurposes(value: Bytes): string[] {
  const purposes = readChildren(expectTag(readDer(value), TAG.sequence, "extendedKeyUsage"))
    .map((node) => readOid(expectTag(node, TAG.oid, "a purpose")));
  if (purposes.length === 0) throw new FormatError("X.509", "extendedKeyUsage is empty");
  return purposes;
}

function readOcspUrls(value: Bytes): string[] {
  const urls: string[] = [];
  for (const node of readChildren(expectTag(readDer(value), TAG.sequence, "authorityInfoAccess"))) {
    const cursor = new DerCursor(
      expectTag(node, TAG.sequence, "an access description"),
      "an access description",
    );
    const method = readOid(cursor.take(TAG.oid, "method"));
    const location = cursor.takeAny();
    cursor.end();
    const url = location === undefined ? undefined : uri(location);
    if (method === OCSP && url !== undefined) urls.push(url);
  }
  return urls;
}

/**
 * CRLDistributionPoints: DistributionPoint → distributionPoint [0] → fullName [0] → URIs. Other forms name
 * no address.
 *
 * @throws {FormatError}
 */
export function readCrlUrls(value: Bytes): string[] {
  const urls: string[] = [];
  for (
    const node of readChildren(expectTag(readDer(value), TAG.sequence, "cRLDistributionPoints"))
  ) {
    const point = new DerCursor(
      expectTag(node, TAG.sequence, "a distribution point"),
      "a distribution point",
    );
    const name = point.takeContext(0);
    const full = name === undefined
      ? undefined
      : new DerCursor(name, "a distribution point").takeContext(0);
    if (full !== undefined) urls.push(...readUris(full));
  }
  return urls;
}

/** The URIs among GeneralNames. @throws {FormatError} */
export function readUris(names: DerNode): string[] {
  return readChildren(names).map(uri).filter((url) => url !== undefined);
}

/** A URI in a GeneralName is an IA5String under an implicit tag (RFC 5280 §4.2.1.6). */
function uri(node: DerNode): string | undefined {
  if (node.tagClass !== "context" || node.tag !== URI || node.constructed) return undefined;
  return readString({ ...node, tagClass: "universal", tag: TAG.ia5String });
}
