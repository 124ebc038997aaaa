import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes, toHex } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import { hash } from "./hash.ts";
import { parsePublicKey } from "./public_key.ts";
import { bits, hex, integer, nothing, octets, oid, sequence, tlv } from "./testing/der.ts";
import {
  ecSigner,
  ecSpki,
  edSigner,
  matchingPss,
  pssAlgorithm,
  pssParameters,
  rsaEncryption,
  rsaSigner,
  rsaSpki,
  withAlgorithm,
} from "./testing/keys.ts";

const ED25519 = sequence(oid("1.3.101.112"));
const EC = "1.2.840.10045.2.1";
const POINT = new Uint8Array(65).fill(4);
const MODULUS = (1n << 2047n) + 1n;

Deno.test("parsePublicKey reads the keys that Web Crypto writes", async () => {
  const rsa = parsePublicKey((await rsaSigner(2048)).spki);
  assert.deepEqual([rsa.kind, rsa.bits, rsa.description], ["RSA", 2048, "RSA-2048"]);
  assert.deepEqual(rsa.exponent, Uint8Array.of(1, 0, 1));
  assert.equal(rsa.modulus?.length, 256);
  for (const curve of ["P-256", "P-384", "P-521"] as const) {
    const ec = parsePublicKey((await ecSigner(curve)).spki);
    assert.deepEqual([ec.kind, ec.curve, ec.description], ["EC", curve, `EC ${curve}`]);
    assert.equal(ec.point?.[0], 4);
  }
  const ed = parsePublicKey((await edSigner()).spki);
  assert.deepEqual([ed.kind, ed.point?.length, ed.description], ["Ed25519", 32, "Ed25519"]);
});

Deno.test("parsePublicKey gives the SHA-256 of the whole encoding as fingerprint", async () => {
  const { spki } = await ecSigner("P-256");
  const key = parsePublicKey(spki);
  assert.equal(key.fingerprint, toHex(hash("SHA-256", spki)));
  assert.match(key.fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(key.spki, spki);
});

Deno.test("parsePublicKey counts the bits of an RSA key in whole bytes of the modulus", () => {
  for (
    const [length, expected] of [
      [1024, 1024],
      [2041, 2048],
      [2047, 2048],
      [2048, 2048],
      [
        2049,
        2056,
      ],
      [3072, 3072],
      [4096, 4096],
      [8192, 8192],
    ] as const
  ) {
    const key = parsePublicKey(rsaSpki((1n << BigInt(length - 1)) + 1n, 65537n));
    assert.deepEqual([key.bits, key.description], [expected, `RSA-${expected}`], `${length}`);
  }
});

Deno.test("parsePublicKey reads RSASSA-PSS keys with their restrictions", async () => {
  const { spki } = await rsaSigner(2048);
  const restricted = parsePublicKey(
    withAlgorithm(spki, pssAlgorithm(pssParameters(matchingPss("SHA-384")))),
  );
  assert.equal(restricted.kind, "RSASSA-PSS");
  assert.equal(restricted.description, "RSASSA-PSS-2048");
  assert.deepEqual(restricted.pss, {
    hash: "2.16.840.1.101.3.4.2.2",
    mgfHash: "2.16.840.1.101.3.4.2.2",
    saltLength: 48,
    trailer: 1,
  });
  const free = parsePublicKey(withAlgorithm(spki, pssAlgorithm()));
  assert.deepEqual([free.kind, free.pss], ["RSASSA-PSS", undefined]);
  const defaults = parsePublicKey(withAlgorithm(spki, pssAlgorithm(pssParameters({}))));
  assert.deepEqual(defaults.pss, {
    hash: "1.3.14.3.2.26",
    mgfHash: "1.3.14.3.2.26",
    saltLength: 20,
    trailer: 1,
  });
});

Deno.test("parsePublicKey names curves and kinds that Assay does not verify with", () => {
  const described: [Bytes, string, string][] = [
    [ecSpki("P-224", POINT), "EC", "EC P-224"],
    [ecSpki("secp256k1", POINT), "EC", "EC secp256k1"],
    [ecSpki("1.3.36.3.3.2.8.1.1.7", POINT), "EC", "EC brainpoolP256r1"],
    [ecSpki("1.2.3.4", POINT), "EC", "EC 1.2.3.4"],
    [sequence(sequence(oid("1.3.101.113")), bits(POINT)), "other", "Ed448"],
    [sequence(sequence(oid("1.3.101.110")), bits(POINT)), "other", "X25519"],
    [sequence(sequence(oid("1.2.840.10040.4.1")), bits(POINT)), "other", "DSA"],
    [sequence(sequence(oid("1.2.3.4"), nothing()), bits(POINT)), "other", "key of type 1.2.3.4"],
  ];
  for (const [spki, kind, description] of described) {
    const key = parsePublicKey(spki);
    assert.deepEqual([key.kind, key.description], [kind, description]);
  }
});

const valid = rsaSpki(MODULUS, 65537n);
const rsaKey = (...parts: Bytes[]): Bytes => sequence(rsaEncryption(), bits(sequence(...parts)));
const m = integer(MODULUS);
const e = integer(65537);
const ecKey = (...parameters: Bytes[]): Bytes =>
  sequence(sequence(oid(EC), ...parameters), bits(POINT));

const INVALID: [string, Bytes][] = [
  ["nothing", new Uint8Array()],
  ["PEM text", new TextEncoder().encode("-----BEGIN PUBLIC KEY-----")],
  ["an empty SEQUENCE", sequence()],
  ["a SET", tlv(0x31, rsaEncryption(), bits(sequence(m, e)))],
  ["bytes after it", concatBytes(valid, Uint8Array.of(0))],
  ["a cut off end", valid.subarray(0, -1)],
  ["no key", sequence(rsaEncryption())],
  ["a third part", sequence(rsaEncryption(), bits(sequence(m, e)), nothing())],
  ["an OCTET STRING as key", sequence(rsaEncryption(), octets(sequence(m, e)))],
  ["a key of broken bytes", sequence(rsaEncryption(), bits(hex("3000"), 4))],
  [
    "an algorithm that is an OID alone",
    sequence(oid("1.2.840.113549.1.1.1"), bits(sequence(m, e))),
  ],
  ["an algorithm without OID", sequence(sequence(nothing()), bits(sequence(m, e)))],
  [
    "an algorithm of three parts",
    sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing(), nothing()), bits(sequence(m, e))),
  ],
  ["RSA without parameters", withAlgorithm(valid, sequence(oid("1.2.840.113549.1.1.1")))],
  ["RSA with parameters", withAlgorithm(valid, sequence(oid("1.2.840.113549.1.1.1"), sequence()))],
  [
    "RSA with a NULL that has content",
    withAlgorithm(valid, sequence(oid("1.2.840.113549.1.1.1"), hex("050100"))),
  ],
  ["RSA without exponent", rsaKey(m)],
  ["RSA with three numbers", rsaKey(m, e, e)],
  ["RSA with a negative modulus", rsaKey(integer(-MODULUS), e)],
  ["RSA with a zero modulus", rsaKey(integer(0), e)],
  ["RSA with a padded modulus", rsaKey(tlv(2, hex("0001")), e)],
  ["RSA with a zero exponent", rsaKey(m, integer(0))],
  ["RSA with a negative exponent", rsaKey(m, integer(-3))],
  ["RSA with a private key's version in front", rsaKey(integer(0), m, e)],
  [
    "RSA with bytes after the key",
    sequence(rsaEncryption(), bits(concatBytes(sequence(m, e), hex("00")))),
  ],
  [
    "PSS with NULL parameters",
    withAlgorithm(valid, sequence(oid("1.2.840.113549.1.1.10"), nothing())),
  ],
  ["PSS with an empty wrapper", withAlgorithm(valid, pssAlgorithm(sequence(hex("a000"))))],
  ["EC without a curve", ecKey()],
  ["EC with NULL for a curve", ecKey(nothing())],
  ["EC with explicit parameters", ecKey(sequence(integer(1)))],
  ["EC with two curves", ecKey(oid("1.2.840.10045.3.1.7"), oid("1.3.132.0.34"))],
  [
    "Ed25519 with NULL",
    sequence(sequence(oid("1.3.101.112"), nothing()), bits(new Uint8Array(32))),
  ],
  ["Ed25519 of 31 bytes", sequence(ED25519, bits(new Uint8Array(31)))],
  ["Ed25519 of 33 bytes", sequence(ED25519, bits(new Uint8Array(33)))],
  ["more than 64 KiB", sequence(sequence(oid("1.2.3.4")), bits(new Uint8Array(70_000)))],
];

Deno.test("parsePublicKey refuses what is not one key in DER", () => {
  parsePublicKey(valid);
  for (const [what, spki] of INVALID) {
    assert.throws(() => parsePublicKey(spki), FormatError, what);
  }
});

Deno.test("parsePublicKey throws nothing but FormatError", async () => {
  const seeds = [valid, (await ecSigner("P-256")).spki, (await edSigner()).spki];
  const mutation = fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(mutation, ([seed, at, change]) => {
      const mutated = seed.slice();
      mutated[at % seed.length] = (mutated[at % seed.length] ?? 0) ^ change;
      readsOrRefuses(mutated);
      readsOrRefuses(seed.slice(0, at % seed.length));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      readsOrRefuses(new Uint8Array(noise));
    }),
    { numRuns: 300 },
  );
});

function readsOrRefuses(spki: Bytes): void {
  try {
    parsePublicKey(spki);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}
