import type { Bytes } from "./bytes.ts";
import { DerCursor, expectTag, readDer, readPositive, TAG } from "./der/mod.ts";
import { FormatError } from "./format_error.ts";

/** What verification needs to know of a curve (FIPS 186-5, SEC 2). */
export interface Curve {
  /** Bytes of a field element. */
  readonly width: number;
  readonly p: bigint;
  readonly b: bigint;
  /** The order of the base point, and the point itself. */
  readonly n: bigint;
  readonly g: readonly [x: bigint, y: bigint];
}

/** The curves on which signatures are accepted. On all of them a = -3 and the cofactor is 1. */
export const CURVES: Readonly<Record<string, Curve>> = {
  "P-256": {
    width: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: [
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    ],
  },
  "P-384": {
    width: 48,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: [
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    ],
  },
  "P-521": {
    width: 66,
    p: (1n << 521n) - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    g: [
      0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
    ],
  },
};

/**
 * Checks that an encoded public key is an uncompressed point on the curve.
 *
 * @throws {FormatError}
 */
export function checkPoint(curve: Curve, point: Bytes): void {
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.width) {
    throw new FormatError("SPKI", "an EC key is not an uncompressed point of its curve");
  }
  const x = toBigInt(point.subarray(1, 1 + curve.width));
  const y = toBigInt(point.subarray(1 + curve.width));
  const { p, b } = curve;
  if (x >= p || y >= p || (y * y - (x * x * x - 3n * x + b)) % p !== 0n) {
    throw new FormatError("SPKI", "an EC key is not a point on its curve");
  }
}

/**
 * Brings a signature into the form that Web Crypto takes: both numbers at the width of the curve.
 *
 * @returns undefined when it is malformed: not a SEQUENCE of two positive INTEGERs in DER with
 * nothing after it, another length than twice the width, or a number outside 1 to n-1.
 */
export function normaliseSignature(
  curve: Curve,
  encoding: "der" | "raw",
  signature: Bytes,
): Bytes | undefined {
  const raw = encoding === "raw" ? signature : fromDer(curve, signature);
  if (raw?.length !== 2 * curve.width) return undefined;
  for (const half of [raw.subarray(0, curve.width), raw.subarray(curve.width)]) {
    const number = toBigInt(half);
    if (number === 0n || number >= curve.n) return undefined;
  }
  return raw;
}

function fromDer(curve: Curve, signature: Bytes): Bytes | undefined {
  try {
    const cursor = new DerCursor(
      expectTag(readDer(signature), TAG.sequence, "a signature"),
      "a signature",
    );
    const r = readPositive(cursor.take(TAG.integer, "r"));
    const s = readPositive(cursor.take(TAG.integer, "s"));
    cursor.end();
    if (r.length > curve.width || s.length > curve.width) return undefined;
    const raw = new Uint8Array(2 * curve.width);
    raw.set(r, curve.width - r.length);
    raw.set(s, 2 * curve.width - s.length);
    return raw;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** A big-endian number. */
export function toBigInt(bytes: Bytes): bigint {
  let text = "0x";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return BigInt(text);
}
