/** Certificates (RFC 5280 §4.1), right ones by default and wrong ones on request. */

import { type Bytes, join, utf8 } from "./bytes.ts";
import { bitString, explicit, integer, sequence, time } from "./der.ts";
import {
  basicConstraints,
  crlDistributionPoints,
  extendedKeyUsage,
  keyUsage,
  ocspResponders,
} from "./extensions.ts";
import {
  certificateAlgorithm,
  ecdsaDer,
  type ForgedKey,
  forgeKey,
  type KeyKind,
  sign,
  type SignatureAlgorithm,
} from "./keys.ts";
import { encodeAlgorithm, encodeName, type Name } from "./names.ts";

/** What to put into a certificate. Everything has a default that is right. */
export interface CertificateOptions {
  /** `ca` sets the extensions of a CA, `leaf` those of a code signing certificate; `leaf` when absent. */
  readonly role?: "ca" | "leaf";
  /** A kind of key, P-256 when absent, or a key; one kind is a different key for each subject. */
  readonly key?: KeyKind | ForgedKey;
  readonly subject?: Name;
  /** The certificate whose key signs this one; its own key does when absent. */
  readonly issuer?: ForgedCertificate;
  /** What stands in the issuer field, if not the issuer's subject. */
  readonly issuerName?: Name;
  /** The key that signs, if not the issuer's: the signature does not fit then. */
  readonly signingKey?: ForgedKey;
  readonly serial?: bigint;
  /** 2020-01-01 when absent. */
  readonly notBefore?: Date;
  /** 2060-01-01 when absent. */
  readonly notAfter?: Date;
  /** The number in the version field: 2 means version 3. */
  readonly version?: number;
  /** All extensions, in place of those of the role; an empty list leaves the field out. */
  readonly extensions?: readonly Bytes[];
  /** Extensions beside those of the role. */
  readonly moreExtensions?: readonly Bytes[];
  /** Addresses of revocation lists and of OCSP responders. */
  readonly crl?: readonly string[];
  readonly ocsp?: readonly string[];
  /** How it is signed; both identifiers say so unless overridden. */
  readonly algorithm?: SignatureAlgorithm;
  /** The AlgorithmIdentifier within the signed part, DER. */
  readonly innerAlgorithm?: Bytes;
  /** The AlgorithmIdentifier beside the signature, DER. */
  readonly outerAlgorithm?: Bytes;
  /** The SubjectPublicKeyInfo, DER, if not that of the key. */
  readonly spki?: Bytes;
  /** Changes the signature after it was made. */
  readonly signature?: (signature: Bytes) => Bytes;
}

/** A certificate with all that made it. */
export interface ForgedCertificate {
  readonly der: Bytes;
  readonly pem: string;
  readonly key: ForgedKey;
  readonly subject: Name;
}

let serials = 1n;

/** Makes a certificate. */
export async function forgeCertificate(
  options: CertificateOptions = {},
): Promise<ForgedCertificate> {
  const role = options.role ?? "leaf";
  const subject = options.subject ?? defaultSubject(role);
  const key = typeof options.key === "object"
    ? options.key
    : await forgeKey(options.key ?? "P-256", encodeName(subject).toHex());
  const signingKey = options.signingKey ?? options.issuer?.key ?? key;
  const algorithm = options.algorithm ?? certificateAlgorithm(signingKey);
  const identifier = encodeAlgorithm(algorithm);
  const extensions = options.extensions ?? [...roleExtensions(role), ...otherExtensions(options)];
  const version = options.version ?? 2;

  const tbs = sequence(
    ...(version === 0 ? [] : [explicit(0, integer(version))]),
    integer(options.serial ?? ++serials),
    options.innerAlgorithm ?? identifier,
    encodeName(options.issuerName ?? options.issuer?.subject ?? subject),
    sequence(
      time(options.notBefore ?? new Date("2020-01-01T00:00:00Z")),
      time(options.notAfter ?? new Date("2060-01-01T00:00:00Z")),
    ),
    encodeName(subject),
    options.spki ?? key.spki,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))]),
  );
  const made = await sign(signingKey, algorithm, tbs);
  const encoded = algorithm.name === "ECDSA" ? ecdsaDer(made) : made;
  const signature = options.signature?.(encoded) ?? encoded;
  const der = sequence(tbs, options.outerAlgorithm ?? identifier, bitString(signature));
  return { der, pem: toPem(der), key, subject };
}

/** What to make a chain of; each part as for {@link forgeCertificate}. */
export interface ChainOptions {
  readonly leaf?: CertificateOptions;
  /** From the leaf's issuer upwards; none when absent. */
  readonly intermediates?: readonly CertificateOptions[];
  readonly root?: CertificateOptions;
}

/** A chain of certificates. */
export interface ForgedChain {
  readonly leaf: ForgedCertificate;
  readonly root: ForgedCertificate;
  /** Leaf first, root last. */
  readonly certificates: readonly ForgedCertificate[];
}

/** Makes a root, the certificates between, and a code signing certificate below them. */
export async function forgeChain(options: ChainOptions = {}): Promise<ForgedChain> {
  const root = await forgeCertificate({ role: "ca", ...options.root });
  const certificates = [root];
  let issuer = root;
  const intermediates = options.intermediates ?? [];
  for (const [index, own] of [...intermediates.entries()].reverse()) {
    const subject: Name = [["C", "US"], ["O", "Forge"], ["CN", `intermediate ${index + 1}`]];
    issuer = await forgeCertificate({ role: "ca", subject, issuer, ...own });
    certificates.unshift(issuer);
  }
  const leaf = await forgeCertificate({ issuer, ...options.leaf });
  return { leaf, root, certificates: [leaf, ...certificates] };
}

/** PEM text of a certificate. */
export function toPem(der: Bytes): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** The SHA-256 of bytes in hexadecimal. */
export async function sha256Hex(bytes: Bytes | string): Promise<string> {
  const data = typeof bytes === "string" ? utf8(bytes) : join(bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}

function defaultSubject(role: "ca" | "leaf"): Name {
  const name = role === "ca" ? "root" : "signer";
  return [["C", "US"], ["ST", "WA"], ["O", "Forge"], ["CN", name]];
}

function roleExtensions(role: "ca" | "leaf"): readonly Bytes[] {
  return role === "ca"
    ? [basicConstraints({ ca: true }), keyUsage(["keyCertSign", "cRLSign"])]
    : [keyUsage(["digitalSignature"]), extendedKeyUsage(["codeSigning"])];
}

function otherExtensions(options: CertificateOptions): readonly Bytes[] {
  return [
    ...(options.moreExtensions ?? []),
    ...(options.crl === undefined ? [] : [crlDistributionPoints(options.crl)]),
    ...(options.ocsp === undefined ? [] : [ocspResponders(options.ocsp)]),
  ];
}
