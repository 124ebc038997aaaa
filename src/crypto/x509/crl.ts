import { type AlgorithmIdentifier, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, toHex } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readBoolean,
  readDer,
  readExplicit,
  readInteger,
  readSmallInteger,
  readTime,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { hash } from "../hash.ts";
import { readRevokedEntries, type RevokedEntry } from "./crl_entries.ts";
import { type Extension, readCrlUrls, readExtensions, readUris } from "./extensions.ts";
import { type Name, readName } from "./name.ts";
import { readSigned } from "./signed.ts";

/** The most bytes of a CRL: 32 MiB. */
export const MAX_CRL_BYTES = 32 * 1024 * 1024;

/** Which certificates a CRL is about (issuingDistributionPoint, RFC 5280 §5.2.5). */
export interface CrlScope {
  /** The addresses of the CRL itself; undefined when it does not name any. */
  readonly urls: readonly string[] | undefined;
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
  readonly onlyAttributeCertificates: boolean;
  readonly onlySomeReasons: boolean;
  /** Whether it has entries of other issuers' certificates. */
  readonly indirect: boolean;
}

/** A certificate revocation list (RFC 5280 §5), read but not believed. */
export interface Crl {
  /** Lower-case hexadecimal SHA-256 of the whole list. */
  readonly fingerprint: string;
  /** The bytes of the whole list. */
  readonly raw: Bytes;
  /** The bytes that the issuer signed. */
  readonly tbs: Bytes;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly number: bigint | undefined;
  /** A delta CRL: the number of the base that it is about. */
  readonly deltaBase: bigint | undefined;
  /** Where delta CRLs for this one are (freshestCRL). */
  readonly freshestUrls: readonly string[];
  readonly scope: CrlScope | undefined;
  /** Critical extensions that are none of the above. */
  readonly unknownCritical: readonly string[];
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Bytes;
  /**
   * The entries of a certificate, by the serial number's lower-case hexadecimal. The whole list is read
   * at the first call: check the signature before.
   *
   * @throws {FormatError}
   */
  entries(serialNumber: string): readonly RevokedEntry[];
}

const CRL_NUMBER = "2.5.29.20";
const DELTA_CRL_INDICATOR = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
const FRESHEST_CRL = "2.5.29.46";
const KNOWN = [CRL_NUMBER, DELTA_CRL_INDICATOR, ISSUING_DISTRIBUTION_POINT, FRESHEST_CRL];

/** The most bytes of a CRL number; RFC 5280 §5.2.3 allows 20. */
const MAX_NUMBER_BYTES = 20;

/** Reads a CertificateList from DER, strictly, with nothing after it. @throws {FormatError} */
export function parseCrl(der: Bytes): Crl {
  const raw = der.slice();
  const { tbs, signatureAlgorithm, signature, rest } = readSigned(raw, "a CRL", MAX_CRL_BYTES);
  rest.end();
  return {
    fingerprint: toHex(hash("SHA-256", raw)),
    raw,
    tbs: tbs.raw,
    signatureAlgorithm,
    signature,
    ...readSignedPart(tbs),
  };
}

type SignedPart = Omit<
  Crl,
  "fingerprint" | "raw" | "tbs" | "signatureAlgorithm" | "signature"
>;

function readSignedPart(tbs: DerNode): SignedPart {
  const cursor = new DerCursor(tbs, "the signed part of a CRL");
  const version = cursor.takeIf(TAG.integer);
  if (version !== undefined && readSmallInteger(version) !== 1) {
    throw new FormatError("CRL", "the version is not 2");
  }
  const tbsSignatureAlgorithm = readAlgorithmIdentifier(
    cursor.take(TAG.sequence, "signature algorithm"),
  );
  const issuer = readName(cursor.take(TAG.sequence, "issuer"));
  const thisUpdate = cursor.takeAny();
  if (thisUpdate === undefined) throw new FormatError("CRL", "it does not say when it was made");
  const nextUpdate = cursor.takeIf(TAG.utcTime) ?? cursor.takeIf(TAG.generalizedTime);
  const revoked = cursor.takeIf(TAG.sequence);
  const wrapper = cursor.takeContext(0);
  cursor.end();
  if (version === undefined && wrapper !== undefined) {
    throw new FormatError("CRL", "a CRL of version 1 has extensions");
  }
  let read: ReadonlyMap<string, readonly RevokedEntry[]> | undefined;
  return {
    tbsSignatureAlgorithm,
    issuer,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: nextUpdate && readTime(nextUpdate),
    ...interpret(wrapper === undefined ? [] : readExtensions(readExplicit(wrapper))),
    entries: (serialNumber): readonly RevokedEntry[] => {
      read ??= readRevokedEntries(revoked?.value ?? new Uint8Array());
      return read.get(serialNumber) ?? [];
    },
  };
}

function interpret(
  extensions: readonly Extension[],
): Pick<Crl, "number" | "deltaBase" | "freshestUrls" | "scope" | "unknownCritical"> {
  const value = (oid: string): Bytes | undefined =>
    extensions.find((extension) => extension.oid === oid)?.value;
  const [number, delta] = [value(CRL_NUMBER), value(DELTA_CRL_INDICATOR)];
  const [scope, freshest] = [value(ISSUING_DISTRIBUTION_POINT), value(FRESHEST_CRL)];
  return {
    number: number && readNumber(number),
    deltaBase: delta && readNumber(delta),
    freshestUrls: freshest === undefined ? [] : readCrlUrls(freshest),
    scope: scope && readScope(scope),
    unknownCritical: extensions.filter(({ critical, oid }) => critical && !KNOWN.includes(oid))
      .map(({ oid }) => oid),
  };
}

function readNumber(value: Bytes): bigint {
  const bytes = readInteger(expectTag(readDer(value), TAG.integer, "a CRL number"));
  if (bytes.length > MAX_NUMBER_BYTES || (bytes[0] ?? 0) >= 0x80) {
    throw new FormatError("CRL", "a CRL number is negative or too long");
  }
  return BigInt(`0x${toHex(bytes)}`);
}

/** IssuingDistributionPoint; a name that is relative to the issuer's counts as no address. */
function readScope(value: Bytes): CrlScope {
  const cursor = new DerCursor(
    expectTag(readDer(value), TAG.sequence, "issuingDistributionPoint"),
    "issuingDistributionPoint",
  );
  const point = cursor.takeContext(0);
  const flag = (node: DerNode | undefined): boolean => node !== undefined && readBoolean(node);
  const onlyUserCertificates = flag(cursor.takeContext(1));
  const onlyCaCertificates = flag(cursor.takeContext(2));
  const onlySomeReasons = cursor.takeContext(3) !== undefined;
  const indirect = flag(cursor.takeContext(4));
  const onlyAttributeCertificates = flag(cursor.takeContext(5));
  cursor.end();
  const name = point && new DerCursor(point, "a distribution point").takeContext(0);
  return {
    urls: point === undefined ? undefined : name === undefined ? [] : readUris(name),
    onlyUserCertificates,
    onlyCaCertificates,
    onlyAttributeCertificates,
    onlySomeReasons,
    indirect,
  };
}
