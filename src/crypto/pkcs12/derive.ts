import { createHash } from "node:crypto";
import { type Bytes, concatBytes } from "../bytes.ts";

/** The hash functions of PKCS#12 files. SHA-1 is there for old ones, where it guards nothing but mistakes. */
export type Pkcs12Hash = "sha1" | "sha256" | "sha384" | "sha512";

const BLOCK_LENGTH = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 } as const;

/** What the bytes that are derived are for (RFC 7292 §B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/** How bytes are derived from a password. */
export interface Derivation {
  readonly hash: Pkcs12Hash;
  /** The password as BMPString with its final zero, or nothing at all: both are used for none. */
  readonly password: Bytes;
  readonly salt: Bytes;
  readonly iterations: number;
}

/** Derives bytes from a password (RFC 7292 §B.2). */
export function derive(
  { hash, password, salt, iterations }: Derivation,
  purpose: number,
  length: number,
): Bytes {
  const v = BLOCK_LENGTH[hash];
  const diversifier = new Uint8Array(v).fill(purpose);
  const input = concatBytes(repeated(salt, v), repeated(password, v));
  const output: Bytes[] = [];
  for (let count = 0; count < length;) {
    let a = digest(hash, concatBytes(diversifier, input));
    for (let round = 1; round < iterations; round++) a = digest(hash, a);
    output.push(a);
    count += a.length;
    const b = repeated(a, v).subarray(0, v);
    for (let offset = 0; offset < input.length; offset += v) {
      addOne(input.subarray(offset, offset + v), b);
    }
  }
  return concatBytes(...output).slice(0, length);
}

/** Copies of the bytes, up to the next multiple of the block's length. */
function repeated(bytes: Bytes, v: number): Bytes {
  const length = v * Math.ceil(bytes.length / v);
  return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length] ?? 0);
}

/** block = block + b + 1, as big-endian numbers. */
function addOne(block: Bytes, b: Bytes): void {
  let carry = 1;
  for (let index = block.length - 1; index >= 0; index--) {
    carry += (block[index] ?? 0) + (b[index] ?? 0);
    block[index] = carry & 0xff;
    carry >>= 8;
  }
}

function digest(hash: Pkcs12Hash, data: Bytes): Bytes {
  return new Uint8Array(createHash(hash).update(data).digest());
}
