import assert from "node:assert/strict";
import type { Bytes } from "./bytes.ts";
import { checkOrder } from "./ed25519.ts";
import { FormatError } from "./format_error.ts";
import { verifySignature } from "./verify_signature.ts";

const P = (1n << 255n) - 19n;
const D = modulo(-121665n * inverse(121666n));

type Point = readonly [x: bigint, y: bigint];

Deno.test("checkOrder refuses every point of small order, found with the curve's own arithmetic", () => {
  const points = torsion();
  assert.equal(points.length, 8);
  for (const [x, y] of points) {
    assert.throws(() => checkOrder(encode(y, x & 1n)), FormatError);
  }
});

Deno.test("checkOrder refuses encodings of those points that are not canonical", () => {
  for (const y of [0n, 1n, P - 1n, P, P + 1n]) {
    for (const sign of [0n, 1n]) assert.throws(() => checkOrder(encode(y, sign)), FormatError);
  }
});

Deno.test("checkOrder accepts the base point, keys, and neighbours of what it refuses", async () => {
  checkOrder(encode(modulo(4n * inverse(5n)), 0n));
  for (const y of [2n, 3n, P - 2n]) checkOrder(encode(y, 0n));
  for (let index = 0; index < 5; index++) {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const key = (pair as CryptoKeyPair).publicKey;
    checkOrder(new Uint8Array(await crypto.subtle.exportKey("raw", key)));
  }
});

Deno.test("verifySignature refuses the key under which one signature fits every message", async () => {
  const spki = Uint8Array.of(
    0x30,
    0x2a,
    0x30,
    5,
    6,
    3,
    0x2b,
    0x65,
    0x70,
    3,
    0x21,
    0,
    ...encode(1n),
  );
  const signature = Uint8Array.of(...encode(1n), ...new Uint8Array(32));
  await assert.rejects(
    verifySignature(spki, { name: "Ed25519" }, signature, Uint8Array.of(1, 2, 3)),
    /small order/,
  );
});

/** The points P with 8P = 0: those of order 8 from d·y⁴ + 2y² - 1 = 0, and their multiples. */
function torsion(): Point[] {
  const square = [1n, -1n]
    .map((sign) => modulo((-1n + sign * (root(modulo(1n + D)) ?? 0n)) * inverse(D)))
    .find((candidate) => root(candidate) !== undefined && root(modulo(-candidate)) !== undefined);
  assert.ok(square !== undefined);
  const [x, y] = [root(modulo(-square)), root(square)];
  assert.ok(x !== undefined && y !== undefined);
  const generator: Point = [x, y];
  const points: Point[] = [[0n, 1n]];
  for (let index = 1; index < 8; index++) {
    points.push(add(points[index - 1] ?? generator, generator));
  }
  assert.deepEqual(add(points[7] ?? generator, generator), [0n, 1n]);
  assert.equal(new Set(points.map(String)).size, 8);
  return points;
}

/** Addition on -x² + y² = 1 + d·x²·y² (RFC 8032 §5.1.4, in affine coordinates). */
function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const product = modulo(D * x1 * x2 * y1 * y2);
  return [
    modulo((x1 * y2 + x2 * y1) * inverse(1n + product)),
    modulo((y1 * y2 + x1 * x2) * inverse(1n - product)),
  ];
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n);
}

/** A square root, as RFC 8032 §5.1.3 takes it. */
function root(value: bigint): bigint | undefined {
  const candidate = power(value, (P + 3n) / 8n);
  const turned = modulo(candidate * power(2n, (P - 1n) / 4n));
  return [candidate, turned].find((one) => modulo(one * one) === modulo(value));
}

function encode(y: bigint, sign = 0n): Bytes {
  const number = y | (sign << 255n);
  return Uint8Array.from(
    { length: 32 },
    (_, index) => Number((number >> BigInt(8 * index)) & 0xffn),
  );
}
