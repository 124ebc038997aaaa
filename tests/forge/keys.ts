/** Keys and signatures on Web Crypto. */

import { type Bytes, join } from "./bytes.ts";
import { sequence, unsigned } from "./der.ts";

/** The kinds of keys; RSA of any size, sizes in bits. */
export type KeyKind = `RSA-${number}` | "P-256" | "P-384" | "P-521" | "Ed25519";

/** A hash function by its Web Crypto name. */
export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** A way to sign. The salt of RSASSA-PSS is as long as the hash unless told otherwise, in bytes. */
export type SignatureAlgorithm =
  | { readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: HashName }
  | { readonly name: "RSASSA-PSS"; readonly hash: HashName; readonly saltLength?: number }
  | { readonly name: "ECDSA"; readonly hash: HashName }
  | { readonly name: "Ed25519" };

/** A key pair in its encoded forms. */
export interface ForgedKey {
  readonly kind: KeyKind;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Bytes;
  /** PKCS #8, DER. */
  readonly pkcs8: Bytes;
}

const made = new Map<string, Promise<ForgedKey>>();

/** Makes a key. In one process the same kind and label give the same key: RSA keys take long to make. */
export function forgeKey(kind: KeyKind, label = ""): Promise<ForgedKey> {
  const id = `${kind} ${label}`;
  const known = made.get(id) ?? generate(kind);
  made.set(id, known);
  return known;
}

/** Signs data. ECDSA signatures are r and s, each as wide as the curve; see {@link ecdsaDer}. */
export async function sign(
  key: ForgedKey,
  algorithm: SignatureAlgorithm,
  data: Bytes,
): Promise<Bytes> {
  const importAs = importParameters(key, algorithm);
  const imported = await crypto.subtle.importKey("pkcs8", key.pkcs8, importAs, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(signParameters(algorithm), imported, data));
}

/** An ECDSA signature as certificates have it: Ecdsa-Sig-Value in DER (RFC 3279 §2.2.3). */
export function ecdsaDer(signature: Bytes): Bytes {
  const half = signature.length / 2;
  return sequence(unsigned(signature.slice(0, half)), unsigned(signature.slice(half)));
}

/** How a certificate is signed with this key unless told otherwise. */
export function certificateAlgorithm(key: ForgedKey): SignatureAlgorithm {
  switch (key.kind) {
    case "P-256":
      return { name: "ECDSA", hash: "SHA-256" };
    case "P-384":
      return { name: "ECDSA", hash: "SHA-384" };
    case "P-521":
      return { name: "ECDSA", hash: "SHA-512" };
    case "Ed25519":
      return { name: "Ed25519" };
    default:
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  }
}

/** How the Notary Project signature specification has this key sign an envelope. */
export function envelopeAlgorithm(key: ForgedKey): SignatureAlgorithm {
  if (!key.kind.startsWith("RSA-")) return certificateAlgorithm(key);
  const hash = key.kind === "RSA-4096"
    ? "SHA-512"
    : key.kind === "RSA-3072"
    ? "SHA-384"
    : "SHA-256";
  return { name: "RSASSA-PSS", hash };
}

async function generate(kind: KeyKind): Promise<ForgedKey> {
  const pair = await crypto.subtle.generateKey(generateParameters(kind), true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error(`${kind} is no kind of key pair`);
  return {
    kind,
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
    pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
  };
}

function generateParameters(kind: KeyKind): RsaHashedKeyGenParams | EcKeyGenParams | Algorithm {
  if (kind === "Ed25519") return { name: "Ed25519" };
  if (!kind.startsWith("RSA-")) return { name: "ECDSA", namedCurve: kind } as EcKeyGenParams;
  return {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: Number(kind.slice(4)),
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  } as RsaHashedKeyGenParams;
}

function importParameters(
  key: ForgedKey,
  algorithm: SignatureAlgorithm,
): RsaHashedImportParams | EcKeyImportParams | Algorithm {
  switch (algorithm.name) {
    case "RSASSA-PSS":
      return { name: "RSA-PSS", hash: algorithm.hash } as RsaHashedImportParams;
    case "RSASSA-PKCS1-v1_5":
      return { name: algorithm.name, hash: algorithm.hash } as RsaHashedImportParams;
    case "ECDSA":
      return { name: "ECDSA", namedCurve: key.kind } as EcKeyImportParams;
    case "Ed25519":
      return { name: "Ed25519" };
  }
}

const HASH_BYTES: Readonly<Record<HashName, number>> = {
  "SHA-1": 20,
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

/** The length of a hash in bytes. */
export function hashLength(hash: HashName): number {
  return HASH_BYTES[hash];
}

function signParameters(algorithm: SignatureAlgorithm): RsaPssParams | EcdsaParams | Algorithm {
  switch (algorithm.name) {
    case "RSASSA-PSS": {
      const saltLength = algorithm.saltLength ?? hashLength(algorithm.hash);
      return { name: "RSA-PSS", saltLength } as RsaPssParams;
    }
    case "ECDSA":
      return { name: "ECDSA", hash: algorithm.hash } as EcdsaParams;
    default:
      return { name: algorithm.name };
  }
}

/** The same signature with its first byte changed. */
export function flipped(signature: Bytes): Bytes {
  return join(Uint8Array.of((signature[0] ?? 0) ^ 1), signature.slice(1));
}
