import {
  type AlgorithmIdentifier,
  hashOfOid,
  hasNoParameters,
  readPssParameters,
} from "./algorithm_identifier.ts";
import { FormatError } from "./format_error.ts";
import type { HashName } from "./hash.ts";

/**
 * How a signature was made. RSASSA-PSS: MGF1 with the same hash, a salt as long as the hash. ECDSA:
 * as a DER SEQUENCE of two INTEGERs, or as both numbers at the width of the curve.
 */
export type SignatureScheme =
  | { readonly name: "RSASSA-PSS" | "RSASSA-PKCS1-v1_5"; readonly hash: HashName }
  | { readonly name: "ECDSA"; readonly hash: HashName; readonly encoding: "der" | "raw" }
  | { readonly name: "Ed25519" };

/** The length of each hash in bytes. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

const PKCS1: ReadonlyMap<string, HashName> = new Map([
  ["1.2.840.113549.1.1.11", "SHA-256"],
  ["1.2.840.113549.1.1.12", "SHA-384"],
  ["1.2.840.113549.1.1.13", "SHA-512"],
]);

const ECDSA: ReadonlyMap<string, HashName> = new Map([
  ["1.2.840.10045.4.3.2", "SHA-256"],
  ["1.2.840.10045.4.3.3", "SHA-384"],
  ["1.2.840.10045.4.3.4", "SHA-512"],
]);

const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const PSS = "1.2.840.113549.1.1.10";
const ED25519 = "1.3.101.112";

const NAMES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.2", "MD2 with RSA"],
  ["1.2.840.113549.1.1.4", "MD5 with RSA"],
  ["1.2.840.113549.1.1.5", "SHA-1 with RSA"],
  ["1.2.840.113549.1.1.11", "SHA-256 with RSA"],
  ["1.2.840.113549.1.1.12", "SHA-384 with RSA"],
  ["1.2.840.113549.1.1.13", "SHA-512 with RSA"],
  ["1.2.840.113549.1.1.14", "SHA-224 with RSA"],
  ["1.2.840.10045.4.1", "SHA-1 with ECDSA"],
  ["1.2.840.10045.4.3.1", "SHA-224 with ECDSA"],
  ["1.2.840.10045.4.3.2", "SHA-256 with ECDSA"],
  ["1.2.840.10045.4.3.3", "SHA-384 with ECDSA"],
  ["1.2.840.10045.4.3.4", "SHA-512 with ECDSA"],
  [PSS, "RSASSA-PSS with parameters other than SHA-2 and a salt as long as the hash"],
  [ED25519, "Ed25519"],
  ["1.3.101.113", "Ed448"],
]);

/** A name for messages; the object identifier where there is none. */
export function algorithmName(oid: string): string {
  return NAMES.get(oid) ?? `algorithm ${oid}`;
}

/**
 * The scheme of a certificate's signature algorithm (RFC 4055, RFC 5758, RFC 8410); undefined for
 * every algorithm that is not allowed: SHA-1, MD5, and PSS with other parameters than the hash's.
 */
export function certificateScheme(algorithm: AlgorithmIdentifier): SignatureScheme | undefined {
  const { oid } = algorithm;
  const pkcs1 = PKCS1.get(oid);
  if (pkcs1 !== undefined && hasNoParameters(algorithm)) {
    return { name: "RSASSA-PKCS1-v1_5", hash: pkcs1 };
  }
  const ecdsa = ECDSA.get(oid);
  if (ecdsa !== undefined && algorithm.parameters === undefined) {
    return { name: "ECDSA", hash: ecdsa, encoding: "der" };
  }
  if (oid === ED25519 && algorithm.parameters === undefined) return { name: "Ed25519" };
  return oid === PSS ? pssScheme(algorithm) : undefined;
}

/**
 * The scheme of a signature in a CMS message, whose hash is named apart from it (RFC 3370 §3.2, RFC 5754
 * §3, RFC 4056 §3); undefined for every algorithm that is not allowed, and where the hash that the
 * signature algorithm implies is another one.
 */
export function messageScheme(
  algorithm: AlgorithmIdentifier,
  digestAlgorithm: AlgorithmIdentifier,
): SignatureScheme | undefined {
  const hash = hasNoParameters(digestAlgorithm) ? hashOfOid(digestAlgorithm.oid) : undefined;
  if (hash === undefined) return undefined;
  if (algorithm.oid === RSA_ENCRYPTION && hasNoParameters(algorithm)) {
    return { name: "RSASSA-PKCS1-v1_5", hash };
  }
  const scheme = certificateScheme(algorithm);
  return scheme !== undefined && "hash" in scheme && scheme.hash === hash ? scheme : undefined;
}

function pssScheme(algorithm: AlgorithmIdentifier): SignatureScheme | undefined {
  if (algorithm.parameters === undefined) return undefined;
  try {
    const parameters = readPssParameters(algorithm.parameters);
    const hash = hashOfOid(parameters.hash);
    const agrees = hash !== undefined && parameters.mgfHash === parameters.hash &&
      parameters.saltLength === HASH_LENGTH[hash] && parameters.trailer === 1;
    return agrees ? { name: "RSASSA-PSS", hash } : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
