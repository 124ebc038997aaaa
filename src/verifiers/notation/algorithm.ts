import type { PublicKey, SignatureScheme } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";

/** The signature algorithms of the Notary Project specification, by their JWS names. */
export type SignatureAlgorithm = "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512";

interface Row {
  readonly name: SignatureAlgorithm;
  /** The algorithm's number in COSE. */
  readonly cose: number;
  /** The key that it goes with, and no other: `RSA-<bits>` or a curve. */
  readonly key: string;
  readonly scheme: SignatureScheme;
}

const ROWS: readonly Row[] = [
  { name: "PS256", cose: -37, key: "RSA-2048", scheme: { name: "RSASSA-PSS", hash: "SHA-256" } },
  { name: "PS384", cose: -38, key: "RSA-3072", scheme: { name: "RSASSA-PSS", hash: "SHA-384" } },
  { name: "PS512", cose: -39, key: "RSA-4096", scheme: { name: "RSASSA-PSS", hash: "SHA-512" } },
  { name: "ES256", cose: -7, key: "P-256", scheme: ecdsa("SHA-256") },
  { name: "ES384", cose: -35, key: "P-384", scheme: ecdsa("SHA-384") },
  { name: "ES512", cose: -36, key: "P-521", scheme: ecdsa("SHA-512") },
];

function ecdsa(hash: "SHA-256" | "SHA-384" | "SHA-512"): SignatureScheme {
  return { name: "ECDSA", hash, encoding: "raw" };
}

/** The algorithm of a JWS `alg` text; undefined when Notation does not allow it. */
export function fromJwsName(text: unknown): SignatureAlgorithm | undefined {
  return ROWS.find((row) => row.name === text)?.name;
}

/** The algorithm of a COSE `alg` number; undefined when Notation does not allow it. */
export function fromCoseNumber(value: unknown): SignatureAlgorithm | undefined {
  return ROWS.find((row) => row.cose === value)?.name;
}

/**
 * The algorithm that goes with the key of a signing certificate. The key decides; what the envelope
 * claims must merely agree.
 *
 * @throws {VerificationFailure} `integrity.key` for every other key.
 */
export function algorithmOf(
  key: PublicKey,
): { readonly name: SignatureAlgorithm; readonly scheme: SignatureScheme } {
  const wanted = key.kind === "RSA" ? `RSA-${key.bits}` : key.kind === "EC" ? key.curve : undefined;
  const row = ROWS.find((candidate) => candidate.key === wanted);
  if (row === undefined) {
    throw new VerificationFailure({
      reason: "integrity.key",
      message: `The signing key is ${key.description}, which must not be used for signing images`,
    });
  }
  return { name: row.name, scheme: row.scheme };
}
