import {
  type AlgorithmIdentifier,
  hasNoParameters,
  type PssParameters,
  readAlgorithmIdentifier,
  readPssParameters,
} from "./algorithm_identifier.ts";
import { type Bytes, toHex } from "./bytes.ts";
import {
  DerCursor,
  expectTag,
  readDer,
  readOctets,
  readOid,
  readPositive,
  TAG,
} from "./der/mod.ts";
import { FormatError } from "./format_error.ts";
import { hash } from "./hash.ts";

/** A public key as its SubjectPublicKeyInfo says (RFC 5280 §4.1.2.7, RFC 5480, RFC 8410, RFC 4055). */
export interface PublicKey {
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Bytes;
  /** Lower-case hexadecimal SHA-256 of `spki`. */
  readonly fingerprint: string;
  readonly kind: "RSA" | "RSASSA-PSS" | "EC" | "Ed25519" | "other";
  /** RSA: the length of the modulus in bytes, times eight. */
  readonly bits?: number;
  /** RSA: the modulus and exponent, big-endian without leading zeros. */
  readonly modulus?: Bytes;
  readonly exponent?: Bytes;
  /** RSASSA-PSS: what the key restricts itself to; undefined when to nothing. */
  readonly pss?: PssParameters | undefined;
  /** EC: `P-256`, `P-384`, `P-521`, another name, or the object identifier. */
  readonly curve?: string;
  /** EC and Ed25519: the encoded point. */
  readonly point?: Bytes;
  /** For messages: `RSA-2048`, `EC P-256`, `Ed25519`. */
  readonly description: string;
}

const RSA = "1.2.840.113549.1.1.1";
const RSASSA_PSS = "1.2.840.113549.1.1.10";
const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";

const CURVES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.10045.3.1.7", "P-256"],
  ["1.3.132.0.34", "P-384"],
  ["1.3.132.0.35", "P-521"],
  ["1.3.132.0.33", "P-224"],
  ["1.3.132.0.10", "secp256k1"],
  ["1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"],
  ["1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"],
]);

const OTHERS: ReadonlyMap<string, string> = new Map([
  ["1.3.101.113", "Ed448"],
  ["1.3.101.110", "X25519"],
  ["1.2.840.10040.4.1", "DSA"],
]);

/** The most bytes of a key: 64 KiB, as for the certificate that it may be in. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a SubjectPublicKeyInfo. A key of a kind that is not known is read as `other`; whether a key
 * may be used is for the caller to say.
 *
 * @throws {FormatError}
 */
export function parsePublicKey(spki: Bytes): PublicKey {
  const cursor = new DerCursor(
    expectTag(readDer(spki, MAX_BYTES), TAG.sequence, "a public key"),
    "a public key",
  );
  const first = cursor.takeAny();
  if (first === undefined) throw new FormatError("SPKI", "the public key is empty");
  const algorithm = readAlgorithmIdentifier(first);
  const key = readOctets(cursor.take(TAG.bitString, "key"));
  cursor.end();
  return { spki, fingerprint: toHex(hash("SHA-256", spki)), ...describe(algorithm, key) };
}

function describe(
  algorithm: AlgorithmIdentifier,
  key: Bytes,
): Omit<PublicKey, "spki" | "fingerprint"> {
  switch (algorithm.oid) {
    case RSA:
      if (algorithm.parameters === undefined || !hasNoParameters(algorithm)) {
        throw new FormatError("SPKI", "the parameters of an RSA key are not NULL");
      }
      return { kind: "RSA", ...readRsa(key, "RSA") };
    case RSASSA_PSS: {
      const { parameters } = algorithm;
      return {
        kind: "RSASSA-PSS",
        pss: parameters === undefined ? undefined : readPssParameters(parameters),
        ...readRsa(key, "RSASSA-PSS"),
      };
    }
    case EC: {
      if (algorithm.parameters === undefined) {
        throw new FormatError("SPKI", "an EC key names no curve");
      }
      const oid = readOid(expectTag(algorithm.parameters, TAG.oid, "the curve of an EC key"));
      const curve = CURVES.get(oid) ?? oid;
      return { kind: "EC", curve, point: key, description: `EC ${curve}` };
    }
    case ED25519:
      if (algorithm.parameters !== undefined || key.length !== 32) {
        throw new FormatError(
          "SPKI",
          "an Ed25519 key has parameters or another length than 32 bytes",
        );
      }
      return { kind: "Ed25519", point: key, description: "Ed25519" };
    default:
      return {
        kind: "other",
        description: OTHERS.get(algorithm.oid) ?? `key of type ${algorithm.oid}`,
      };
  }
}

function readRsa(
  key: Bytes,
  name: string,
): { bits: number; modulus: Bytes; exponent: Bytes; description: string } {
  const cursor = new DerCursor(expectTag(readDer(key), TAG.sequence, "an RSA key"), "an RSA key");
  const modulus = readPositive(cursor.take(TAG.integer, "modulus"));
  const exponent = readPositive(cursor.take(TAG.integer, "exponent"));
  cursor.end();
  const bits = modulus.length * 8;
  return { bits, modulus, exponent, description: `${name}-${bits}` };
}
