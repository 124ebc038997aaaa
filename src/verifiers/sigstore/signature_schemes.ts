import {
  type Bytes,
  type DigestScheme,
  FormatError,
  type HashName,
  type PublicKey,
  verifyDigest,
} from "../../crypto/mod.ts";
import { isAuthentic } from "./known_signatures.ts";

const OWN_HASH: Readonly<Record<string, HashName>> = {
  "P-256": "SHA-256",
  "P-384": "SHA-384",
  "P-521": "SHA-512",
};

/** Data of which only the SHA-256 is known. */
export interface Hashed {
  readonly sha256: Bytes;
}

/** The width of both numbers of an ECDSA signature, in bytes. */
const RAW_LENGTH: Readonly<Record<string, number>> = { "P-256": 64, "P-384": 96, "P-521": 132 };

/**
 * The hash functions with which a key may have signed: the one that the policy pins, else SHA-256,
 * and for P-384 and P-521 their own too. Never what comes with a signature. Ed25519 has none.
 */
export function hashesOf(key: PublicKey, pinned?: HashName): readonly HashName[] {
  if (pinned !== undefined) return [pinned];
  const own = key.kind === "EC" ? OWN_HASH[key.curve ?? ""] : undefined;
  return own === undefined || own === "SHA-256" ? ["SHA-256"] : [own, "SHA-256"];
}

/**
 * Checks a signature as Sigstore's tools make them: RSA with PKCS#1 v1.5, ECDSA as DER or as both
 * numbers at the width of the curve, Ed25519 over the data itself.
 *
 * @returns the hash that fits, `"none"` for Ed25519; undefined when the signature is wrong, or the
 * key one that cannot be used.
 */
export async function verifyWithKey(
  key: PublicKey,
  hashes: readonly HashName[],
  signature: Bytes,
  data: Bytes | Hashed,
): Promise<HashName | "none" | undefined> {
  if (key.kind === "Ed25519") {
    return await fits(key, { name: "Ed25519" }, signature, data) ? "none" : undefined;
  }
  for (const hash of hashes) {
    for (const scheme of schemesOf(key, hash, signature)) {
      if (await fits(key, scheme, signature, data)) return hash;
    }
  }
  return undefined;
}

function schemesOf(key: PublicKey, hash: HashName, signature: Bytes): DigestScheme[] {
  switch (key.kind) {
    case "RSA":
      return [{ name: "RSASSA-PKCS1-v1_5", hash }];
    case "EC": {
      const raw = signature.length === RAW_LENGTH[key.curve ?? ""];
      const der: DigestScheme = { name: "ECDSA", hash, encoding: "der" };
      return raw ? [der, { name: "ECDSA", hash, encoding: "raw" }] : [der];
    }
    default:
      return []; // RSASSA-PSS keys never sign so; others cannot be verified
  }
}

async function fits(
  key: PublicKey,
  scheme: DigestScheme | { readonly name: "Ed25519" },
  signature: Bytes,
  data: Bytes | Hashed,
): Promise<boolean> {
  if (!("sha256" in data)) return await isAuthentic(key.spki, scheme, signature, data);
  if (scheme.name === "Ed25519") return false; // the hash of the data cannot stand for it
  try {
    return verifyDigest(key.spki, scheme, signature, data.sha256);
  } catch (error) {
    if (error instanceof FormatError) return false; // such a key cannot have signed
    throw error;
  }
}
