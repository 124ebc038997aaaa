/**
 * Digests of content (OCI image specification, "Digests"):
 *
 *     digest    := algorithm ":" encoded
 *     algorithm := "sha256" | "sha384" | "sha512"
 *     encoded   := lower-case hexadecimal, 64, 96 or 128 digits
 */

import { createHash } from "node:crypto";
import type { Bytes } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { quote } from "./quote.ts";

/** The hash functions that a digest may name. */
export type DigestAlgorithm = "sha256" | "sha384" | "sha512";

/** The digest of some bytes, `algorithm:hex`; text from outside becomes one by {@link parseDigest}. */
export type Digest = `${DigestAlgorithm}:${string}`;

const HEX_DIGITS: Readonly<Record<DigestAlgorithm, number>> = {
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

/** Whether a text is a digest: a known algorithm and exactly its number of lower-case hex digits. */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(":");
  const algorithm = text.slice(0, Math.max(colon, 0));
  if (algorithm !== "sha256" && algorithm !== "sha384" && algorithm !== "sha512") return false;
  const hex = text.slice(colon + 1);
  return hex.length === HEX_DIGITS[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/** Reads a digest. Throws {@link AssayError} `REFERENCE_INVALID` that says what is wrong. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new AssayError({
    code: "REFERENCE_INVALID",
    component: "executor",
    message:
      `${
        quote(text)
      } is not a digest: it takes sha256: and 64, sha384: and 96, or sha512: and 128 ` +
      "lower-case hexadecimal digits.",
  });
}

/** The algorithm of a digest. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, 6) as DigestAlgorithm;
}

/** The hexadecimal digits of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(7);
}

/** Hashes bytes; with SHA-256 unless told otherwise. */
export function digestOf(bytes: Bytes, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Whether the bytes have the digest. */
export function matchesDigest(bytes: Bytes, digest: Digest): boolean {
  return digestOf(bytes, digestAlgorithm(digest)) === digest;
}
