import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes } from "./bytes.ts";
import { checkPoint, type Curve, CURVES, normaliseSignature } from "./ecdsa.ts";
import { FormatError } from "./format_error.ts";
import { fromNumber, hex, integer, sequence, tlv, toNumber } from "./testing/der.ts";

const NAMES = ["P-256", "P-384", "P-521"] as const;

function curveOf(name: string): Curve {
  const curve = CURVES[name];
  assert.ok(curve !== undefined);
  return curve;
}

async function generatedPoint(namedCurve: string): Promise<Bytes> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, [
    "sign",
    "verify",
  ]);
  return new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
}

for (const name of NAMES) {
  const curve = curveOf(name);
  const { width, n, p } = curve;

  Deno.test(`checkPoint accepts points of ${name} and refuses everything else`, async () => {
    const point = await generatedPoint(name);
    checkPoint(curve, point);
    const x = point.subarray(1, 1 + width);
    const y = point.subarray(1 + width);
    const mirrored = fromNumber(p - toNumber(y), width);
    checkPoint(curve, concatBytes(Uint8Array.of(4), x, mirrored));
    const refused: [string, Bytes][] = [
      ["nothing", new Uint8Array()],
      ["infinity", Uint8Array.of(0)],
      ["compressed, even", concatBytes(Uint8Array.of(2), x)],
      ["compressed, odd", concatBytes(Uint8Array.of(3), x)],
      ["hybrid", concatBytes(Uint8Array.of(6), x, y)],
      ["one byte short", point.subarray(0, -1)],
      ["one byte more", concatBytes(point, Uint8Array.of(0))],
      ["origin", concatBytes(Uint8Array.of(4), new Uint8Array(2 * width))],
      ["swapped", concatBytes(Uint8Array.of(4), y, x)],
      ["y + 1", concatBytes(Uint8Array.of(4), x, fromNumber(toNumber(y) ^ 1n, width))],
      ["x = p", concatBytes(Uint8Array.of(4), fromNumber(p, width), y)],
      ["y = p", concatBytes(Uint8Array.of(4), x, fromNumber(p, width))],
    ];
    for (const [what, bytes] of refused) {
      assert.throws(() => checkPoint(curve, bytes), FormatError, what);
    }
  });

  Deno.test(`CURVES has the order of ${name}: n times any point is infinity`, async () => {
    const point = await generatedPoint(name);
    assert.equal(n.toString(2).length, p.toString(2).length);
    assert.ok(isInfinity(multiply(n, point, curve)));
    assert.ok(!isInfinity(multiply(n - 1n, point, curve)));
  });

  Deno.test(`checkPoint refuses coordinates of ${name} that are right only modulo p`, () => {
    // On all curves here b is a square, so that (0, √b) is a point; (p, √b) names it a second time.
    const y = squareRoot(curve.b, p);
    checkPoint(curve, concatBytes(Uint8Array.of(4), new Uint8Array(width), fromNumber(y, width)));
    assert.throws(
      () =>
        checkPoint(
          curve,
          concatBytes(Uint8Array.of(4), fromNumber(p, width), fromNumber(y, width)),
        ),
      FormatError,
    );
  });

  Deno.test(`normaliseSignature takes the range 1 to n-1 of ${name} in both encodings`, () => {
    for (const [r, s] of [[1n, 1n], [n - 1n, n - 1n], [1n, n - 1n], [0x80n, 0xffn]] as const) {
      const raw = concatBytes(fromNumber(r, width), fromNumber(s, width));
      assert.deepEqual(normaliseSignature(curve, "raw", raw), raw);
      assert.deepEqual(normaliseSignature(curve, "der", sequence(integer(r), integer(s))), raw);
    }
    for (const [r, s] of [[0n, 1n], [1n, 0n], [n, 1n], [1n, n], [n + 1n, 1n], [0n, 0n]] as const) {
      const raw = concatBytes(fromNumber(r, width), fromNumber(s, width));
      assert.equal(normaliseSignature(curve, "raw", raw), undefined, `raw ${r} ${s}`);
      const der = sequence(integer(r), integer(s));
      assert.equal(normaliseSignature(curve, "der", der), undefined, `der ${r} ${s}`);
    }
  });
}

const r = integer(5);
const s = integer(7);

const MALFORMED: [string, Bytes][] = [
  ["nothing", new Uint8Array()],
  ["an empty SEQUENCE", sequence()],
  ["one INTEGER", sequence(r)],
  ["three INTEGERs", sequence(r, s, s)],
  ["a SET", tlv(0x31, r, s)],
  ["bytes after it", concatBytes(sequence(r, s), Uint8Array.of(0))],
  ["a NULL inside", sequence(r, s, tlv(0x05))],
  ["a padded r", sequence(tlv(2, hex("0005")), s)],
  ["a padded s", sequence(r, tlv(2, hex("0007")))],
  ["a negative r", sequence(integer(-5), s)],
  ["a negative s", sequence(r, integer(-7))],
  ["a missing sign byte", sequence(tlv(2, hex("ff01")), s)],
  ["an empty INTEGER", sequence(tlv(2), s)],
  ["an OCTET STRING in place of r", sequence(tlv(4, hex("05")), s)],
  ["a context tag", sequence(tlv(0x82, hex("05")), s)],
  ["a long form length", hex("308106 020105 020107")],
  ["a long form length inside", hex("3007 02810105 020107")],
  ["an indefinite length", hex("3080 020105 020107 0000")],
  ["a length beyond the end", hex("3008 020105 020107")],
  ["a length before the end", hex("3005 020105 020107")],
  ["an r wider than the curve", sequence(integer(1n << 264n), s)],
  ["an s wider than the curve", sequence(r, integer(1n << 264n))],
];

Deno.test("normaliseSignature finds every DER signature malformed that is not the one encoding", () => {
  const curve = curveOf("P-256");
  assert.ok(normaliseSignature(curve, "der", sequence(r, s)) !== undefined);
  for (const [what, bytes] of MALFORMED) {
    assert.equal(normaliseSignature(curve, "der", bytes), undefined, what);
  }
});

Deno.test("normaliseSignature wants raw signatures at exactly twice the width", () => {
  for (const name of NAMES) {
    const curve = curveOf(name);
    for (const length of [0, 1, curve.width, 2 * curve.width - 1, 2 * curve.width + 1, 200]) {
      const bytes = new Uint8Array(length).fill(1);
      assert.equal(normaliseSignature(curve, "raw", bytes), undefined, `${name} ${length}`);
    }
    assert.equal(normaliseSignature(curve, "raw", sequence(r, s)), undefined);
  }
});

Deno.test("normaliseSignature brings DER to the numbers that it was made of", () => {
  const curve = curveOf("P-384");
  const number = fc.bigInt({ min: 1n, max: curve.n - 1n });
  fc.assert(
    fc.property(number, number, (first, second) => {
      const raw = normaliseSignature(curve, "der", sequence(integer(first), integer(second)));
      assert.ok(raw !== undefined);
      assert.equal(toNumber(raw.subarray(0, 48)), first);
      assert.equal(toNumber(raw.subarray(48)), second);
    }),
    { numRuns: 200 },
  );
});

Deno.test("normaliseSignature never throws, and accepts no two encodings of one signature", () => {
  const curve = curveOf("P-256");
  const valid = sequence(integer(curve.n - 5n), integer(1n << 200n));
  const mutation = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(mutation, ([at, change]) => {
      const mutated = valid.slice();
      mutated[at] = (mutated[at] ?? 0) ^ change;
      const raw = normaliseSignature(curve, "der", mutated);
      assert.notDeepEqual(raw, normaliseSignature(curve, "der", valid));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      normaliseSignature(curve, "der", new Uint8Array(noise));
      normaliseSignature(curve, "raw", new Uint8Array(noise));
    }),
    { numRuns: 300 },
  );
});

/** For primes that are 3 modulo 4, as all three are. */
function squareRoot(value: bigint, p: bigint): bigint {
  let result = 1n;
  for (let square = value, rest = (p + 1n) / 4n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * square % p;
    square = square * square % p;
  }
  assert.equal(result * result % p, value);
  return result;
}

type Jacobian = readonly [x: bigint, y: bigint, z: bigint];

function isInfinity([, , z]: Jacobian): boolean {
  return z === 0n;
}

/** Double and add in Jacobian coordinates, from the highest bit down. */
function multiply(factor: bigint, encoded: Bytes, { p, width }: Curve): Jacobian {
  const modulo = (value: bigint): bigint => ((value % p) + p) % p;
  const base: Jacobian = [
    toNumber(encoded.subarray(1, 1 + width)),
    toNumber(encoded.subarray(1 + width)),
    1n,
  ];
  const double = ([x, y, z]: Jacobian): Jacobian => {
    const square = y * y % p;
    const middle = 4n * x * square % p;
    const slope = 3n * (x - z * z) * (x + z * z) % p; // a = -3
    const x3 = modulo(slope * slope - 2n * middle);
    return [x3, modulo(slope * (middle - x3) - 8n * square * square), modulo(2n * y * z)];
  };
  const addBase = (point: Jacobian): Jacobian => {
    if (isInfinity(point)) return base;
    const [x, y, z] = point;
    const square = z * z % p;
    const across = modulo(base[0] * square - x);
    const up = modulo(base[1] * square * z - y);
    if (across === 0n) return up === 0n ? double(point) : [1n, 1n, 0n];
    const across2 = across * across % p;
    const across3 = across2 * across % p;
    const x3 = modulo(up * up - across3 - 2n * x * across2);
    return [x3, modulo(up * (x * across2 - x3) - y * across3), modulo(z * across)];
  };
  let result: Jacobian = [1n, 1n, 0n];
  for (const bit of factor.toString(2)) {
    result = double(result);
    if (bit === "1") result = addBase(result);
  }
  return result;
}
