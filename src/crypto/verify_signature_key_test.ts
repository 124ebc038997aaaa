import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import { CURVES } from "./ecdsa.ts";
import { FormatError } from "./format_error.ts";
import type { HashName } from "./hash.ts";
import { parsePublicKey } from "./public_key.ts";
import type { SignatureScheme } from "./signature_scheme.ts";
import {
  bits,
  fromNumber,
  hex,
  integer,
  nothing,
  oid,
  sequence,
  tlv,
  toNumber,
} from "./testing/der.ts";
import {
  ecSigner,
  ecSpki,
  edSigner,
  matchingPss,
  pssAlgorithm,
  type PssFields,
  pssParameters,
  rsaEncryption,
  rsaSigner,
  rsaSpki,
  withAlgorithm,
} from "./testing/keys.ts";
import { verifySignature } from "./verify_signature.ts";

const DATA = encodeUtf8("what was signed");
const ECDSA = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
const PKCS1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const PSS = { name: "RSASSA-PSS", hash: "SHA-256" } as const;
const ED25519 = { name: "Ed25519" } as const;
const SCHEMES: readonly SignatureScheme[] = [
  ECDSA,
  { ...ECDSA, encoding: "der" },
  PKCS1,
  PSS,
  ED25519,
];

/** Expects the key to be refused, whatever the signature is. */
async function refused(
  label: string,
  spki: Bytes,
  scheme: SignatureScheme,
  message = /./,
  signatures: readonly Bytes[] = [new Uint8Array(64).fill(1), new Uint8Array()],
): Promise<void> {
  for (const signature of signatures) {
    await assert.rejects(verifySignature(spki, scheme, signature, DATA), (error: unknown) => {
      assert.ok(error instanceof FormatError, `${label}: ${error}`);
      assert.match(error.message, message, label);
      return true;
    }, label);
  }
}

/** An odd number of so many bits, whose factors nobody knows. */
function modulus(length: number): bigint {
  return (1n << BigInt(length - 1)) + 0xf00dn * 2n + 1n;
}

Deno.test("verifySignature throws for a key of another kind than the scheme's", async () => {
  const [rsa, ec, ed] = [await rsaSigner(2048), await ecSigner("P-256"), await edSigner()];
  const rows = [
    ["RSA", rsa.spki, [ECDSA, ED25519]],
    ["EC", ec.spki, [PKCS1, PSS, ED25519]],
    ["Ed25519", ed.spki, [PKCS1, PSS, ECDSA]],
  ] as const;
  for (const [label, spki, schemes] of rows) {
    for (const scheme of schemes) {
      await refused(`${label} for ${scheme.name}`, spki, scheme, /cannot verify this/);
    }
  }
});

Deno.test("verifySignature throws for kinds of keys that it does not know", async () => {
  const point = new Uint8Array(56).fill(3);
  const rows: readonly (readonly [string, Bytes])[] = [
    ["Ed448", sequence(sequence(oid("1.3.101.113")), bits(concatBytes(point, hex("00"))))],
    ["X25519", sequence(sequence(oid("1.3.101.110")), bits(point.subarray(0, 32)))],
    ["X448", sequence(sequence(oid("1.3.101.111")), bits(point))],
    ["DSA", sequence(sequence(oid("1.2.840.10040.4.1")), bits(integer(7)))],
    ["DH", sequence(sequence(oid("1.2.840.113549.1.3.1")), bits(integer(7)))],
    ["unknown", sequence(sequence(oid("1.2.3.4"), nothing()), bits(integer(7)))],
  ];
  for (const [label, spki] of rows) {
    for (const scheme of SCHEMES) await refused(label, spki, scheme, /cannot verify this/);
  }
});

Deno.test("verifySignature throws for bytes that are not a SubjectPublicKeyInfo", async () => {
  const { spki } = await ecSigner("P-256");
  const key = parsePublicKey(spki).point!;
  const algorithm = sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"));
  const rows: readonly (readonly [string, Bytes])[] = [
    ["nothing", new Uint8Array()],
    ["zeros", new Uint8Array(91)],
    ["text", encodeUtf8("-----BEGIN PUBLIC KEY-----")],
    ["a byte after it", concatBytes(spki, Uint8Array.of(0))],
    ["two keys", concatBytes(spki, spki)],
    ["cut off", spki.subarray(0, -1)],
    ["only the point", key],
    ["empty SEQUENCE", sequence()],
    ["no key", sequence(algorithm)],
    ["something after the key", sequence(algorithm, bits(key), nothing())],
    ["key as OCTET STRING", sequence(algorithm, tlv(0x04, key))],
    ["unused bits", sequence(algorithm, bits(concatBytes(key.subarray(0, -1), hex("00")), 1))],
    ["SET", tlv(0x31, algorithm, bits(key))],
    ["no curve", sequence(sequence(oid("1.2.840.10045.2.1")), bits(key))],
    ["NULL for a curve", sequence(sequence(oid("1.2.840.10045.2.1"), nothing()), bits(key))],
    [
      "explicit curve",
      sequence(sequence(oid("1.2.840.10045.2.1"), sequence(integer(1))), bits(key)),
    ],
    [
      "three parts in the algorithm",
      sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"), nothing()),
        bits(key),
      ),
    ],
    ["a length in BER", concatBytes(hex("308159"), spki.subarray(2))],
    ["indefinite length", concatBytes(hex("3080"), spki.subarray(2), hex("0000"))],
  ];
  for (const [label, wrong] of rows) {
    for (const scheme of SCHEMES) await refused(label, wrong, scheme);
  }
});

Deno.test("verifySignature throws for EC keys that are not uncompressed points of their curve", async () => {
  for (const curve of ["P-256", "P-384", "P-521"] as const) {
    const point = parsePublicKey((await ecSigner(curve)).spki).point!;
    const { width, p } = CURVES[curve]!;
    const [x, y] = [point.subarray(1, 1 + width), point.subarray(1 + width)];
    const odd = (y.at(-1)! & 1) === 1;
    const prefixed = (prefix: number, ...parts: Bytes[]): Bytes =>
      concatBytes(Uint8Array.of(prefix), ...parts);
    const nearby = y.slice();
    nearby[width - 1]! ^= 1;
    const zero = new Uint8Array(width);
    const wide = fromNumber(p, width);
    const rows: readonly (readonly [string, Bytes])[] = [
      ["compressed", prefixed(odd ? 3 : 2, x)],
      ["hybrid", prefixed(odd ? 7 : 6, x, y)],
      ["infinity", Uint8Array.of(0)],
      ["infinity at full length", new Uint8Array(point.length)],
      ["(0, 0)", prefixed(4, zero, zero)],
      ["off the curve", prefixed(4, x, nearby)],
      ["x and y exchanged", prefixed(4, y, x)],
      ["x is p", prefixed(4, wide, y)],
      ["y is p", prefixed(4, x, wide)],
      ["all ones", prefixed(4, new Uint8Array(2 * width).fill(0xff))],
      ["a byte less", point.subarray(0, -1)],
      ["a byte more", concatBytes(point, Uint8Array.of(0))],
      ["no prefix", point.subarray(1)],
      ["empty", new Uint8Array()],
      ["only x", prefixed(4, x)],
    ];
    const width2 = new Uint8Array(2 * width).fill(1);
    for (const [label, wrong] of rows) {
      const signatures = [width2, new Uint8Array()];
      await refused(`${curve} ${label}`, ecSpki(curve, wrong), ECDSA, /point/, signatures);
    }
  }
});

Deno.test("verifySignature throws for a coordinate that is the right one plus p", async () => {
  // P-521 has seven bits of room for that; on the other curves hardly any point has.
  const { p, width } = CURVES["P-521"]!;
  const point = parsePublicKey((await ecSigner("P-521")).spki).point!;
  const [x, y] = [point.subarray(1, 1 + width), point.subarray(1 + width)];
  const shifted = (coordinate: Bytes): Bytes => fromNumber(toNumber(coordinate) + p, width);
  for (const [label, one, other] of [["x", shifted(x), y], ["y", x, shifted(y)]] as const) {
    const wrong = concatBytes(Uint8Array.of(4), one, other);
    await refused(label, ecSpki("P-521", wrong), ECDSA, /point/);
  }
});

Deno.test("verifySignature throws for curves other than P-256, P-384 and P-521", async () => {
  const point = parsePublicKey((await ecSigner("P-256")).spki).point!;
  const rows = [
    ["P-224", ecSpki("P-224", point.subarray(0, 57)), /EC P-224/],
    ["secp256k1", ecSpki("secp256k1", point), /EC secp256k1/],
    ["brainpoolP256r1", ecSpki("1.3.36.3.3.2.8.1.1.7", point), /EC brainpoolP256r1/],
    ["unknown", ecSpki("1.2.3.4.5", point), /EC 1\.2\.3\.4\.5/],
    ["a point of P-256 under P-384", ecSpki("P-384", point), /point/],
  ] as const;
  for (const [label, spki, message] of rows) await refused(label, spki, ECDSA, message);
});

Deno.test("verifySignature throws for RSA keys that are too small or too large, and says so", async () => {
  const small = await rsaSigner(1024);
  const signature = await small.sign(PKCS1, DATA);
  await refused("RSA-1024", small.spki, PKCS1, /RSA-1024\) .*2048/, [signature]);
  for (
    const [length, message] of [[512, /2048/], [2040, /RSA-2040/], [8192, /RSA-8192\) .*4096/], [
      16384,
      /4096/,
    ]] as const
  ) {
    for (const scheme of [PKCS1, PSS]) {
      const signatures = [new Uint8Array(length / 8).fill(1), new Uint8Array()];
      await refused(`RSA-${length}`, rsaSpki(modulus(length), 65537n), scheme, message, signatures);
    }
  }
});

Deno.test("verifySignature works with the smallest and the largest RSA keys that it takes", async () => {
  for (const length of [2048, 3072, 4096]) {
    const spki = rsaSpki(modulus(length), 65537n);
    for (const scheme of [PKCS1, PSS]) {
      const signature = new Uint8Array(length / 8).fill(1);
      assert.equal(await verifySignature(spki, scheme, signature, DATA), false);
    }
  }
});

Deno.test("verifySignature throws for RSA numbers with which anyone could sign", async () => {
  const n = modulus(2048);
  const rows: readonly (readonly [string, Bytes])[] = [
    ["exponent 1", rsaSpki(n, 1n)],
    ["exponent 0", rsaSpki(n, 0n)],
    ["exponent negative", rsaSpki(n, -3n)],
    ["exponent even", rsaSpki(n, 65536n)],
    ["exponent 2", rsaSpki(n, 2n)],
    ["exponent of five bytes", rsaSpki(n, (1n << 32n) + 1n)],
    ["exponent as long as the modulus", rsaSpki(n, n - 2n)],
    ["modulus even", rsaSpki(n - 1n, 65537n)],
    ["modulus negative", rsaSpki(-n, 65537n)],
    ["modulus 0", rsaSpki(0n, 65537n)],
  ];
  for (const [label, spki] of rows) {
    for (const scheme of [PKCS1, PSS]) await refused(label, spki, scheme);
  }
});

Deno.test("verifySignature throws for RSA keys that are not written as PKCS#1 says", async () => {
  const [n, e] = [integer(modulus(2048)), integer(65537)];
  const algorithm = rsaEncryption();
  const spkiOf = (key: Bytes): Bytes => sequence(algorithm, bits(key));
  const rows: readonly (readonly [string, Bytes])[] = [
    ["no exponent", spkiOf(sequence(n))],
    ["no numbers", spkiOf(sequence())],
    ["a third number", spkiOf(sequence(n, e, integer(1)))],
    ["bytes after the key", spkiOf(concatBytes(sequence(n, e), Uint8Array.of(0)))],
    ["modulus padded", spkiOf(sequence(tlv(0x02, hex("0000"), n.subarray(5)), e))],
    ["exponent padded", spkiOf(sequence(n, tlv(0x02, hex("00010001"))))],
    ["exponent first", spkiOf(sequence(e, n))],
    ["SET", spkiOf(tlv(0x31, n, e))],
    ["OCTET STRING inside", spkiOf(tlv(0x04, sequence(n, e)))],
    ["not DER", spkiOf(hex("ffffffff"))],
    ["empty", spkiOf(new Uint8Array())],
    [
      "parameters",
      sequence(sequence(oid("1.2.840.113549.1.1.1"), integer(1)), bits(sequence(n, e))),
    ],
    [
      "NULL with content",
      sequence(sequence(oid("1.2.840.113549.1.1.1"), hex("050100")), bits(sequence(n, e))),
    ],
    [
      "signature identifier",
      sequence(sequence(oid("1.2.840.113549.1.1.11"), nothing()), bits(sequence(n, e))),
    ],
  ];
  for (const [label, spki] of rows) {
    for (const scheme of [PKCS1, PSS]) await refused(label, spki, scheme);
  }
});

Deno.test("verifySignature throws for Ed25519 keys of another length or with parameters", async () => {
  const point = parsePublicKey((await edSigner()).spki).point!;
  const algorithm = sequence(oid("1.3.101.112"));
  const rows: readonly (readonly [string, Bytes])[] = [
    ["31 bytes", sequence(algorithm, bits(point.subarray(1)))],
    ["33 bytes", sequence(algorithm, bits(concatBytes(point, Uint8Array.of(0))))],
    ["empty", sequence(algorithm, bits(new Uint8Array()))],
    ["NULL parameters", sequence(sequence(oid("1.3.101.112"), nothing()), bits(point))],
    ["a curve", sequence(sequence(oid("1.3.101.112"), oid("1.2.840.10045.3.1.7")), bits(point))],
    ["point in an OCTET STRING", sequence(algorithm, bits(tlv(0x04, point)))],
  ];
  for (const [label, spki] of rows) await refused(label, spki, ED25519);
});

Deno.test("verifySignature takes an RSASSA-PSS key if its parameters agree with the scheme", async () => {
  for (const hash of ["SHA-256", "SHA-384", "SHA-512"] as const) {
    const scheme = { name: "RSASSA-PSS", hash } as const;
    const signer = await rsaSigner(2048);
    const signature = await signer.sign(scheme, DATA);
    const trailer = { ...matchingPss(hash), trailer: 1 };
    for (
      const parameters of [undefined, pssParameters(matchingPss(hash)), pssParameters(trailer)]
    ) {
      const spki = withAlgorithm(signer.spki, pssAlgorithm(parameters));
      assert.equal(await verifySignature(spki, scheme, signature, DATA), true);
      assert.equal(await verifySignature(spki, scheme, signature, encodeUtf8("else")), false);
    }
  }
});

Deno.test("verifySignature throws for an RSASSA-PSS key whose parameters disagree with the scheme", async () => {
  const signer = await rsaSigner(2048);
  const matching = matchingPss("SHA-256");
  const rows: readonly (readonly [string, PssFields])[] = [
    ["all defaults, which are SHA-1", {}],
    ["SHA-384", matchingPss("SHA-384")],
    ["SHA-512", matchingPss("SHA-512")],
    ["SHA-384 with the salt of SHA-256", { ...matchingPss("SHA-384"), saltLength: 32 }],
    ["SHA-1 with the salt of SHA-256", { hash: "SHA-1", mgfHash: "SHA-1", saltLength: 32 }],
    ["hash SHA-1", { ...matching, hash: "SHA-1" }],
    ["MGF1 with SHA-1", { ...matching, mgfHash: "SHA-1" }],
    ["MGF1 with SHA-512", { ...matching, mgfHash: "SHA-512" }],
    ["hash by default", { mgfHash: "SHA-256", saltLength: 32 }],
    ["MGF1 by default", { hash: "SHA-256", saltLength: 32 }],
    ["salt by default, which is 20", { hash: "SHA-256", mgfHash: "SHA-256" }],
    ["salt 20", { ...matching, saltLength: 20 }],
    ["salt 0", { ...matching, saltLength: 0 }],
    ["salt 33", { ...matching, saltLength: 33 }],
    ["trailer 2", { ...matching, trailer: 2 }],
    ["trailer 0", { ...matching, trailer: 0 }],
  ];
  const signature = await signer.sign(PSS, DATA);
  for (const [label, fields] of rows) {
    const spki = withAlgorithm(signer.spki, pssAlgorithm(pssParameters(fields)));
    await refused(label, spki, PSS, /RSASSA-PSS-2048\) cannot verify this RSASSA-PSS/, [
      signature,
    ]);
  }
});

Deno.test("verifySignature throws for RSASSA-PSS parameters that cannot be read", async () => {
  const signer = await rsaSigner(2048);
  const right = pssParameters(matchingPss("SHA-256"));
  const sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"), nothing());
  const rows: readonly (readonly [string, Bytes])[] = [
    ["NULL", nothing()],
    ["OID", oid("2.16.840.1.101.3.4.2.1")],
    ["a part too many", sequence(right.subarray(2), nothing())],
    ["parts in another order", sequence(tlv(0xa2, integer(32)), tlv(0xa0, sha256))],
    ["a part twice", sequence(tlv(0xa0, sha256), tlv(0xa0, sha256))],
    [
      "mask generation other than MGF1",
      sequence(tlv(0xa0, sha256), tlv(0xa1, sequence(oid("1.2.3"), sha256))),
    ],
    [
      "MGF1 without a hash",
      sequence(tlv(0xa0, sha256), tlv(0xa1, sequence(oid("1.2.840.113549.1.1.8")))),
    ],
    [
      "hash with parameters",
      sequence(tlv(0xa0, sequence(oid("2.16.840.1.101.3.4.2.1"), integer(1)))),
    ],
    ["negative salt", sequence(tlv(0xa2, integer(-1)))],
    ["huge salt", sequence(tlv(0xa2, integer(1n << 40n)))],
    ["empty part", sequence(tlv(0xa0))],
    ["two elements in a part", sequence(tlv(0xa2, integer(32), integer(32)))],
  ];
  const signature = await signer.sign(PSS, DATA);
  for (const [label, parameters] of rows) {
    const spki = withAlgorithm(signer.spki, pssAlgorithm(parameters));
    await refused(label, spki, PSS, /./, [signature]);
  }
});

Deno.test("verifySignature never takes an RSASSA-PSS key for PKCS#1 v1.5", async () => {
  const signer = await rsaSigner(2048);
  for (const hash of ["SHA-256", "SHA-384", "SHA-512"] as const satisfies HashName[]) {
    const scheme = { name: "RSASSA-PKCS1-v1_5", hash } as const;
    const signature = await signer.sign(scheme, DATA);
    for (const parameters of [undefined, pssParameters(matchingPss(hash))]) {
      const spki = withAlgorithm(signer.spki, pssAlgorithm(parameters));
      await refused(hash, spki, scheme, /cannot verify this RSASSA-PKCS1/, [signature]);
    }
  }
});

Deno.test("verifySignature gives true for no mutation of a key, and throws nothing but FormatError", async () => {
  const kinds = [
    [await edSigner(), ED25519],
    [await ecSigner("P-256"), ECDSA],
    [await rsaSigner(2048), PSS],
  ] as const;
  for (const [signer, scheme] of kinds) {
    const signature = await signer.sign(scheme, DATA);
    const last = signer.spki.length - 1;
    await fc.assert(
      fc.asyncProperty(fc.nat(last), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        const spki = signer.spki.slice();
        spki[index]! ^= mask;
        try {
          return !await verifySignature(spki, scheme, signature, DATA);
        } catch (error) {
          return error instanceof FormatError;
        }
      }),
      { numRuns: 300 },
    );
  }
});

Deno.test("verifySignature throws FormatError for arbitrary bytes as key", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...SCHEMES),
      async (bytes, scheme) => {
        await assert.rejects(
          verifySignature(Uint8Array.from(bytes), scheme, new Uint8Array(64), DATA),
          FormatError,
        );
      },
    ),
    { numRuns: 300 },
  );
});
