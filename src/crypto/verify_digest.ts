import { type Bytes, concatBytes } from "./bytes.ts";
import { type Curve, CURVES, toBigInt } from "./ecdsa.ts";
import type { HashName } from "./hash.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { HASH_LENGTH, type SignatureScheme } from "./signature_scheme.ts";
import { checkKey, prepare } from "./verify_signature.ts";

/** DigestInfo up to the digest (RFC 8017 §9.2, note 1). */
const DIGEST_INFO: Readonly<Record<HashName, readonly number[]>> = {
  "SHA-256": [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20],
  "SHA-384": [0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30],
  "SHA-512": [0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40],
};

/** The schemes of which a digest alone can be checked. */
export type DigestScheme =
  | Extract<SignatureScheme, { name: "ECDSA" }>
  | { readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: HashName };

/**
 * Checks a signature over data of which only the digest is known, which Web Crypto cannot. Everything
 * here is public, so that the time it takes tells nothing; where the data is at hand,
 * `verifySignature` checks it.
 *
 * @param digest the hash of the data, by the hash of the scheme.
 * @returns whether the signature is right.
 * @throws {FormatError} for a key that `verifySignature` refuses too.
 */
export function verifyDigest(
  spki: Bytes,
  scheme: DigestScheme,
  signature: Bytes,
  digest: Bytes,
): boolean {
  const key = parsePublicKey(spki);
  checkKey(key, scheme);
  const prepared = prepare(key, scheme, signature);
  if (prepared === undefined || digest.length !== HASH_LENGTH[scheme.hash]) return false;
  return scheme.name === "ECDSA"
    ? verifyEcdsa(key, prepared, digest)
    : verifyPkcs1(key, scheme.hash, prepared, digest);
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the expected encoding is made, and compared as a whole. */
function verifyPkcs1(
  { modulus, exponent }: PublicKey,
  hash: HashName,
  signature: Bytes,
  digest: Bytes,
): boolean {
  if (modulus === undefined || exponent === undefined) return false;
  const [n, s] = [toBigInt(modulus), toBigInt(signature)];
  if (s >= n) return false;
  const info = new Uint8Array(DIGEST_INFO[hash]);
  const padding = new Uint8Array(modulus.length - 3 - info.length - digest.length).fill(0xff);
  const expected = concatBytes(
    new Uint8Array([0, 1]),
    padding,
    new Uint8Array([0]),
    info,
    digest,
  );
  return power(s, toBigInt(exponent), n) === toBigInt(expected);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

/** ECDSA (FIPS 186-5 §6.4.2). The signature has both numbers, each from 1 to n-1. */
function verifyEcdsa(key: PublicKey, signature: Bytes, digest: Bytes): boolean {
  const curve = CURVES[key.curve ?? ""];
  const { point } = key;
  if (curve === undefined || point === undefined) return false;
  const { n, width } = curve;
  const r = toBigInt(signature.subarray(0, width));
  const s = toBigInt(signature.subarray(width));
  const w = invert(s, n);
  const u1 = (leftmostBits(digest, n) * w) % n;
  const u2 = (r * w) % n;
  const q = [toBigInt(point.subarray(1, 1 + width)), toBigInt(point.subarray(1 + width))] as const;
  const x = combine(curve, u1, u2, q);
  return x !== undefined && x % n === r;
}

function leftmostBits(digest: Bytes, n: bigint): bigint {
  const excess = digest.length * 8 - n.toString(2).length;
  const number = toBigInt(digest);
  return excess > 0 ? number >> BigInt(excess) : number;
}

/** A point in Jacobian coordinates; `z` of 0 is the point at infinity. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const INFINITY: Point = { x: 1n, y: 1n, z: 0n };

/** The x coordinate of u1·G + u2·Q; undefined at infinity. */
function combine(
  curve: Curve,
  u1: bigint,
  u2: bigint,
  [qx, qy]: readonly [bigint, bigint],
): bigint | undefined {
  const { p } = curve;
  const g = { x: curve.g[0], y: curve.g[1], z: 1n };
  const q = { x: qx, y: qy, z: 1n };
  const both = add(p, g, q);
  const length = Math.max(u1.toString(2).length, u2.toString(2).length);
  const [first, second] = [u1, u2].map((u) => u.toString(2).padStart(length, "0"));
  let sum = INFINITY;
  for (let index = 0; index < length; index++) {
    sum = double(p, sum);
    const [a, b] = [first?.charAt(index) === "1", second?.charAt(index) === "1"];
    if (a || b) sum = add(p, sum, a ? b ? both : g : q);
  }
  if (sum.z === 0n) return undefined;
  const inverse = invert(sum.z, p);
  return modulo(sum.x * inverse * inverse, p);
}

function double(p: bigint, { x, y, z }: Point): Point {
  if (z === 0n || y === 0n) return INFINITY;
  const delta = (z * z) % p;
  const gamma = (y * y) % p;
  const beta = (x * gamma) % p;
  const alpha = modulo(3n * (x - delta) * (x + delta), p); // a = -3 on all of the curves
  const x3 = modulo(alpha * alpha - 8n * beta, p);
  return {
    x: x3,
    y: modulo(alpha * (4n * beta - x3) - 8n * gamma * gamma, p),
    z: modulo(2n * y * z, p),
  };
}

function add(p: bigint, a: Point, b: Point): Point {
  if (a.z === 0n) return b;
  if (b.z === 0n) return a;
  const [aa, bb] = [(a.z * a.z) % p, (b.z * b.z) % p];
  const [u1, u2] = [(a.x * bb) % p, (b.x * aa) % p];
  const [s1, s2] = [modulo(a.y * b.z * bb, p), modulo(b.y * a.z * aa, p)];
  if (u1 === u2) return s1 === s2 ? double(p, a) : INFINITY;
  const h = modulo(u2 - u1, p);
  const r = modulo(s2 - s1, p);
  const hh = (h * h) % p;
  const v = (u1 * hh) % p;
  const x3 = modulo(r * r - h * hh - 2n * v, p);
  return { x: x3, y: modulo(r * (v - x3) - s1 * h * hh, p), z: modulo(a.z * b.z * h, p) };
}

function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

/** The inverse modulo a prime, by the extended Euclidean algorithm. */
function invert(value: bigint, prime: bigint): bigint {
  let [r0, r1] = [prime, modulo(value, prime)];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return modulo(t0, prime);
}
