/** A small timestamping authority: tokens of RFC 3161, right ones by default and wrong ones on request. */

import { type Bytes, join, utf8 } from "./bytes.ts";
import {
  type CertificateOptions,
  type ChainOptions,
  forgeChain,
  type ForgedCertificate,
  type ForgedChain,
} from "./certificate.ts";
import {
  explicit,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
  tlv,
  utcTime,
} from "./der.ts";
import { extendedKeyUsage, keyUsage } from "./extensions.ts";
import { certificateAlgorithm, ecdsaDer, type HashName, sign } from "./keys.ts";
import { encodeAlgorithm, encodeName } from "./names.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";

const HASHES: Readonly<Record<HashName, string>> = {
  "SHA-1": "1.3.14.3.2.26",
  "SHA-256": "2.16.840.1.101.3.4.2.1",
  "SHA-384": "2.16.840.1.101.3.4.2.2",
  "SHA-512": "2.16.840.1.101.3.4.2.3",
};

/** What to put into a token. Everything but the bytes and the authority has a default that is right. */
export interface TimestampOptions {
  /** What is stamped: the signature of an envelope. */
  readonly stamped: Bytes;
  readonly authority: ForgedChain;
  /** `YYYYMMDDhhmmss[.s…]Z`; 1 November 2026 when absent. */
  readonly time?: string;
  /** Seconds, milliseconds and microseconds; absent ones are left out. */
  readonly accuracy?: readonly [number?, number?, number?];
  readonly policy?: string;
  readonly imprintHash?: HashName;
  readonly imprint?: Bytes;
  readonly infoVersion?: number;
  readonly version?: number;
  readonly signerVersion?: number;
  readonly contentType?: string;
  /** The values of signed attributes that replace the right ones, by type; undefined removes one. */
  readonly attributes?: Readonly<Record<string, Bytes | undefined>>;
  readonly digest?: HashName;
  readonly digestAlgorithm?: Bytes;
  readonly signatureAlgorithm?: Bytes;
  /** The certificates in the token; those of the authority when absent. */
  readonly certificates?: readonly Bytes[];
  readonly signature?: (signature: Bytes) => Bytes;
  /** Writes lengths as indefinite ones and the content in two parts, as BER may. */
  readonly ber?: boolean;
  /** Attributes in the reverse of their order; what is signed is the right order. */
  readonly unsorted?: boolean;
}

/** The types of signed attributes. */
export const ATTRIBUTE = {
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
} as const;

/** Makes the certificates of an authority. */
export function forgeAuthority(
  leaf: CertificateOptions = {},
  others: Omit<ChainOptions, "leaf"> = {},
): Promise<ForgedChain> {
  return forgeChain({
    root: { subject: [["O", "Forge"], ["CN", "tsa root"]], ...others.root },
    ...(others.intermediates === undefined ? {} : { intermediates: others.intermediates }),
    leaf: {
      subject: [["O", "Forge"], ["CN", "tsa"]],
      extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["timeStamping"], true)],
      ...leaf,
    },
  });
}

/** Makes a token: a ContentInfo. */
export async function forgeTimestamp(options: TimestampOptions): Promise<Bytes> {
  const { leaf } = options.authority;
  const hash = options.digest ?? "SHA-256";
  const info = await tstInfo(options);
  const attributes = encodeAttributes({
    [ATTRIBUTE.contentType]: oid(TST_INFO),
    [ATTRIBUTE.messageDigest]: octetString(await digest(hash, info)),
    [ATTRIBUTE.signingCertificateV2]: await signingCertificateV2(leaf),
    ...options.attributes,
  });
  const algorithm = certificateAlgorithm(leaf.key);
  const made = await sign(leaf.key, algorithm, set(...attributes));
  const encoded = algorithm.name === "ECDSA" ? ecdsaDer(made) : made;
  const written = options.unsorted ? [...attributes].reverse() : attributes;
  const digestAlgorithm = options.digestAlgorithm ?? sequence(oid(HASHES[hash]), nullValue());
  const signer = sequence(
    integer(options.signerVersion ?? 1),
    issuerAndSerial(leaf.der),
    digestAlgorithm,
    explicit(0, ...written),
    options.signatureAlgorithm ?? encodeAlgorithm(algorithm),
    octetString(options.signature?.(encoded) ?? encoded),
  );
  const certificates = options.certificates ??
    options.authority.certificates.map(({ der }) => der);
  const content = options.ber
    ? indefinite(0x24, octetString(info.slice(0, 10)), octetString(info.slice(10)))
    : octetString(info);
  const constructed = options.ber ? indefinite : tlv;
  const signedData = constructed(
    0x30,
    integer(options.version ?? 3),
    set(digestAlgorithm),
    constructed(
      0x30,
      oid(options.contentType ?? TST_INFO),
      constructed(0xa0, content),
    ),
    ...(certificates.length === 0 ? [] : [constructed(0xa0, ...certificates)]),
    constructed(0x31, signer),
  );
  return constructed(0x30, oid(SIGNED_DATA), constructed(0xa0, signedData));
}

/** The value of signing-certificate-v2 that names a certificate by its hash. */
export async function signingCertificateV2(
  { der }: ForgedCertificate,
  options: { hash?: HashName; certificateHash?: Bytes; issuerSerial?: Bytes } = {},
): Promise<Bytes> {
  const hash = options.hash ?? "SHA-256";
  return sequence(sequence(sequence(
    ...(hash === "SHA-256" ? [] : [sequence(oid(HASHES[hash]))]),
    octetString(options.certificateHash ?? await digest(hash, der)),
    ...(options.issuerSerial === undefined ? [] : [options.issuerSerial]),
  )));
}

/** IssuerSerial of a certificate, as signing-certificate-v2 has it. */
export function issuerSerial(issuer: ForgedCertificate, serial: bigint): Bytes {
  return sequence(sequence(explicit(4, encodeName(issuer.subject))), integer(serial));
}

/** A UTCTime, for the attribute signing-time. */
export const signingTime = (date: Date): Bytes => utcTime(date);

async function tstInfo(options: TimestampOptions): Promise<Bytes> {
  const hash = options.imprintHash ?? "SHA-256";
  const [seconds, millis, micros] = options.accuracy ?? [];
  const small = (value: number): Bytes => integer(value).slice(2);
  return sequence(
    integer(options.infoVersion ?? 1),
    oid(options.policy ?? "1.2.3.4"),
    sequence(
      sequence(oid(HASHES[hash]), nullValue()),
      octetString(options.imprint ?? await digest(hash, options.stamped)),
    ),
    integer(7),
    tlv(0x18, utf8(options.time ?? "20261101000000Z")),
    ...(options.accuracy === undefined ? [] : [sequence(
      ...(seconds === undefined ? [] : [integer(seconds)]),
      ...(millis === undefined ? [] : [implicit(0, small(millis))]),
      ...(micros === undefined ? [] : [implicit(1, small(micros))]),
    )]),
    integer(123456789n),
  );
}

function encodeAttributes(values: Readonly<Record<string, Bytes | undefined>>): Bytes[] {
  return Object.entries(values).flatMap(([type, value]) =>
    value === undefined ? [] : [sequence(oid(type), set(value))]
  ).sort((a, b) => a.toHex() < b.toHex() ? -1 : 1);
}

/** The issuer and serial number as they stand in the certificate. */
function issuerAndSerial(certificate: Bytes): Bytes {
  const [signed = certificate] = children(contentOf(certificate));
  const [, serial = signed, , issuer = signed] = children(contentOf(signed));
  return sequence(issuer, serial);
}

function contentOf(element: Bytes): Bytes {
  return element.slice(headerLength(element));
}

function headerLength(element: Bytes): number {
  const second = element[1] ?? 0;
  return second < 0x80 ? 2 : 2 + second - 0x80;
}

function children(content: Bytes): Bytes[] {
  const all: Bytes[] = [];
  for (let rest = content; rest.length > 0;) {
    const start = headerLength(rest);
    const length = start === 2
      ? rest[1] ?? 0
      : rest.slice(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    all.push(rest.slice(0, start + length));
    rest = rest.slice(start + length);
  }
  return all;
}

/** An element of indefinite length (X.690 §8.1.3.6). */
function indefinite(tag: number, ...content: readonly Bytes[]): Bytes {
  return join(Uint8Array.of(tag, 0x80), ...content, Uint8Array.of(0, 0));
}

async function digest(name: HashName, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(name, data));
}
