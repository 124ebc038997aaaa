/** A small OCSP responder and CRL issuer: right answers by default and wrong ones on request. */

import { type Bytes, join } from "./bytes.ts";
import type { ForgedCertificate } from "./certificate.ts";
import {
  bitString,
  boolean,
  explicit,
  generalizedTime,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
  tlv,
} from "./der.ts";
import { extension } from "./extensions.ts";
import {
  certificateAlgorithm,
  ecdsaDer,
  type ForgedKey,
  sign,
  type SignatureAlgorithm,
} from "./keys.ts";
import { encodeAlgorithm, encodeName, type Name } from "./names.ts";

const THIS_UPDATE = new Date("2026-11-01T00:00:00Z");
const NEXT_UPDATE = new Date("2026-12-01T00:00:00Z");

/** What a responder says, and what is wrong with it. */
export interface OcspOptions {
  readonly issuer: ForgedCertificate;
  /** The serial number of the certificate in question. */
  readonly serial: bigint;
  /** `good` when absent. */
  readonly status?: "good" | "revoked" | "unknown";
  readonly revokedAt?: Date;
  readonly reason?: number;
  readonly invalidityDate?: Date;
  readonly thisUpdate?: Date;
  /** Null leaves it out. */
  readonly nextUpdate?: Date | null;
  /** Who signs; the issuer when absent. A responder's certificate goes into the answer. */
  readonly responder?: ForgedCertificate;
  readonly certificates?: readonly Bytes[];
  /** The key that signs, if not the responder's. */
  readonly key?: ForgedKey;
  /** Whose name and key the CertID has the hashes of, if not the issuer's. */
  readonly about?: ForgedCertificate;
  readonly hash?: "SHA-1" | "SHA-256";
  /** The responder names itself by the hash of its key. */
  readonly byKey?: boolean;
  readonly responderName?: Name;
  readonly algorithm?: SignatureAlgorithm;
  readonly responseExtensions?: readonly Bytes[];
  readonly singleExtensions?: readonly Bytes[];
  /** OCSPResponseStatus; 0 when absent. */
  readonly responseStatus?: number;
  readonly signature?: (signature: Bytes) => Bytes;
}

/** Makes an OCSPResponse. */
export async function forgeOcsp(options: OcspOptions): Promise<Bytes> {
  const { responseStatus = 0 } = options;
  if (responseStatus !== 0) return sequence(enumerated(responseStatus));
  const responder = options.responder ?? options.issuer;
  const key = options.key ?? responder.key;
  const tbs = sequence(
    options.byKey
      ? explicit(2, octetString(await digest("SHA-1", keyBits(responder))))
      : explicit(1, encodeName(options.responderName ?? responder.subject)),
    generalizedTime(options.thisUpdate ?? THIS_UPDATE),
    sequence(await singleResponse(options)),
    ...wrapped(1, options.responseExtensions ?? []),
  );
  const certificates = options.certificates ??
    (options.responder === undefined ? [] : [options.responder.der]);
  const basic = sequence(
    tbs,
    ...await signed(tbs, key, options.algorithm, options.signature),
    ...(certificates.length === 0 ? [] : [explicit(0, sequence(...certificates))]),
  );
  return sequence(
    enumerated(0),
    explicit(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octetString(basic))),
  );
}

async function singleResponse(options: OcspOptions): Promise<Bytes> {
  const { nextUpdate = NEXT_UPDATE, status = "good" } = options;
  const extensions = [
    ...(options.invalidityDate === undefined ? [] : [invalidityDate(options.invalidityDate)]),
    ...(options.singleExtensions ?? []),
  ];
  return sequence(
    await certificateId(options),
    status === "revoked"
      ? explicit(
        1,
        generalizedTime(options.revokedAt ?? new Date("2026-10-01T00:00:00Z")),
        ...(options.reason === undefined ? [] : [explicit(0, enumerated(options.reason))]),
      )
      : implicit(status === "good" ? 0 : 2, new Uint8Array()),
    generalizedTime(options.thisUpdate ?? THIS_UPDATE),
    ...(nextUpdate === null ? [] : [explicit(0, generalizedTime(nextUpdate))]),
    ...wrapped(1, extensions),
  );
}

async function certificateId({ issuer, about, hash, serial }: OcspOptions): Promise<Bytes> {
  const named = about ?? issuer;
  const name = hash ?? "SHA-1";
  return sequence(
    sequence(oid(name === "SHA-1" ? "1.3.14.3.2.26" : "2.16.840.1.101.3.4.2.1"), nullValue()),
    octetString(await digest(name, encodeName(named.subject))),
    octetString(await digest(name, keyBits(named))),
    integer(serial),
  );
}

/** One entry of a CRL. */
export interface CrlEntryOptions {
  readonly serial: bigint;
  readonly revokedAt?: Date;
  readonly reason?: number;
  readonly invalidityDate?: Date;
  readonly extensions?: readonly Bytes[];
}

/** What is in a CRL, and what is wrong with it. */
export interface CrlOptions {
  readonly issuer: ForgedCertificate;
  readonly issuerName?: Name;
  readonly key?: ForgedKey;
  readonly entries?: readonly CrlEntryOptions[];
  readonly thisUpdate?: Date;
  /** Null leaves it out. */
  readonly nextUpdate?: Date | null;
  /** 10 when absent; null leaves it out. */
  readonly number?: bigint | null;
  /** Makes it a delta CRL about the base with this number. */
  readonly deltaBase?: bigint;
  readonly freshest?: readonly string[];
  readonly scope?: CrlScopeOptions;
  readonly extensions?: readonly Bytes[];
  readonly algorithm?: SignatureAlgorithm;
  readonly innerAlgorithm?: Bytes;
  readonly signature?: (signature: Bytes) => Bytes;
}

/** What a CRL says that it is about. */
export interface CrlScopeOptions {
  readonly urls?: readonly string[];
  readonly user?: boolean;
  readonly ca?: boolean;
  readonly reasons?: boolean;
  readonly indirect?: boolean;
  readonly attribute?: boolean;
}

/** Makes a CertificateList. */
export async function forgeCrl(options: CrlOptions): Promise<Bytes> {
  const { issuer, nextUpdate = NEXT_UPDATE, number = 10n, entries = [] } = options;
  const key = options.key ?? issuer.key;
  const algorithm = options.algorithm ?? certificateAlgorithm(key);
  const extensions = [
    ...(number === null ? [] : [extension("2.5.29.20", integer(number))]),
    ...(options.deltaBase === undefined
      ? []
      : [extension("2.5.29.27", integer(options.deltaBase), true)]),
    ...(options.freshest === undefined
      ? []
      : [extension("2.5.29.46", distributionPoints(options.freshest))]),
    ...(options.scope === undefined ? [] : [extension("2.5.29.28", scope(options.scope), true)]),
    ...(options.extensions ?? []),
  ];
  const tbs = sequence(
    integer(1),
    options.innerAlgorithm ?? encodeAlgorithm(algorithm),
    encodeName(options.issuerName ?? issuer.subject),
    time(options.thisUpdate ?? THIS_UPDATE),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(...entries.map(entry))]),
    ...wrapped(0, extensions),
  );
  return sequence(tbs, ...await signed(tbs, key, algorithm, options.signature));
}

function entry(options: CrlEntryOptions): Bytes {
  const extensions = [
    ...(options.reason === undefined ? [] : [extension("2.5.29.21", enumerated(options.reason))]),
    ...(options.invalidityDate === undefined ? [] : [invalidityDate(options.invalidityDate)]),
    ...(options.extensions ?? []),
  ];
  return sequence(
    integer(options.serial),
    time(options.revokedAt ?? new Date("2026-10-01T00:00:00Z")),
    ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
  );
}

function scope(options: CrlScopeOptions): Bytes {
  const flag = (tag: number, set: boolean | undefined): Bytes[] =>
    set ? [implicit(tag, boolean(true).slice(2))] : [];
  return sequence(
    ...(options.urls === undefined
      ? []
      : [explicit(0, explicit(0, ...options.urls.map((url) => address(url))))]),
    ...flag(1, options.user),
    ...flag(2, options.ca),
    ...(options.reasons ? [implicit(3, Uint8Array.of(6, 0x40))] : []),
    ...flag(4, options.indirect),
    ...flag(5, options.attribute),
  );
}

function distributionPoints(urls: readonly string[]): Bytes {
  return sequence(...urls.map((url) => sequence(explicit(0, explicit(0, address(url))))));
}

function address(url: string): Bytes {
  return implicit(6, new TextEncoder().encode(url));
}

function invalidityDate(date: Date): Bytes {
  return extension("2.5.29.24", generalizedTime(date));
}

function enumerated(value: number): Bytes {
  return tlv(0x0a, Uint8Array.of(value));
}

function wrapped(tag: number, extensions: readonly Bytes[]): Bytes[] {
  return extensions.length === 0 ? [] : [explicit(tag, sequence(...extensions))];
}

/** The identifier and the signature that stand beside what is signed. */
async function signed(
  tbs: Bytes,
  key: ForgedKey,
  chosen: SignatureAlgorithm | undefined,
  change: ((signature: Bytes) => Bytes) | undefined,
): Promise<Bytes[]> {
  const algorithm = chosen ?? certificateAlgorithm(key);
  const made = await sign(key, algorithm, tbs);
  const encoded = algorithm.name === "ECDSA" ? ecdsaDer(made) : made;
  return [encodeAlgorithm(algorithm), bitString(change?.(encoded) ?? encoded)];
}

/** The point of an EC key: what is after the header of the BIT STRING at the end. */
function keyBits({ key }: ForgedCertificate): Bytes {
  const lengths = { "P-256": 65, "P-384": 97, "P-521": 133 } as const;
  const length = lengths[key.kind as keyof typeof lengths];
  if (length === undefined) throw new Error("revocation is forged with EC keys only");
  return join(key.spki.slice(-length));
}

async function digest(name: "SHA-1" | "SHA-256", data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(name, data));
}
