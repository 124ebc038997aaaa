import assert from "node:assert/strict";
import { readAlgorithmIdentifier } from "./algorithm_identifier.ts";
import type { Bytes } from "./bytes.ts";
import { readDer } from "./der/mod.ts";
import { algorithmName, certificateScheme, type SignatureScheme } from "./signature_scheme.ts";
import { explicit, hex, integer, nothing, oid, sequence } from "./testing/der.ts";
import { matchingPss, pssAlgorithm, type PssFields, pssParameters } from "./testing/keys.ts";

const SHA256 = "2.16.840.1.101.3.4.2.1";
const MGF1 = "1.2.840.113549.1.1.8";

function schemeOf(algorithm: Bytes): SignatureScheme | undefined {
  return certificateScheme(readAlgorithmIdentifier(readDer(algorithm)));
}

const pkcs1 = (hash: "SHA-256" | "SHA-384" | "SHA-512"): SignatureScheme => ({
  name: "RSASSA-PKCS1-v1_5",
  hash,
});
const ecdsa = (hash: "SHA-256" | "SHA-384" | "SHA-512"): SignatureScheme => ({
  name: "ECDSA",
  hash,
  encoding: "der",
});

const ALLOWED: [string, Bytes, SignatureScheme][] = [
  ["SHA-256 with RSA", sequence(oid("1.2.840.113549.1.1.11"), nothing()), pkcs1("SHA-256")],
  ["SHA-384 with RSA", sequence(oid("1.2.840.113549.1.1.12"), nothing()), pkcs1("SHA-384")],
  ["SHA-512 with RSA", sequence(oid("1.2.840.113549.1.1.13"), nothing()), pkcs1("SHA-512")],
  ["RSA without the NULL", sequence(oid("1.2.840.113549.1.1.11")), pkcs1("SHA-256")],
  ["SHA-256 with ECDSA", sequence(oid("1.2.840.10045.4.3.2")), ecdsa("SHA-256")],
  ["SHA-384 with ECDSA", sequence(oid("1.2.840.10045.4.3.3")), ecdsa("SHA-384")],
  ["SHA-512 with ECDSA", sequence(oid("1.2.840.10045.4.3.4")), ecdsa("SHA-512")],
  ["Ed25519", sequence(oid("1.3.101.112")), { name: "Ed25519" }],
  ...(["SHA-256", "SHA-384", "SHA-512"] as const).map((
    hash,
  ): [string, Bytes, SignatureScheme] => [
    `PSS ${hash}`,
    pssAlgorithm(pssParameters({ ...matchingPss(hash), trailer: 1 })),
    { name: "RSASSA-PSS", hash },
  ]),
  ["PSS without trailer", pssAlgorithm(pssParameters(matchingPss("SHA-256"))), {
    name: "RSASSA-PSS",
    hash: "SHA-256",
  }],
  [
    "PSS whose hashes have no NULL",
    pssAlgorithm(sequence(
      explicit(0, sequence(oid(SHA256))),
      explicit(1, sequence(oid(MGF1), sequence(oid(SHA256)))),
      explicit(2, integer(32)),
    )),
    { name: "RSASSA-PSS", hash: "SHA-256" },
  ],
];

const pss = (changed: PssFields): Bytes =>
  pssAlgorithm(pssParameters({ ...matchingPss("SHA-256"), ...changed }));

const FORBIDDEN: [string, Bytes][] = [
  ["MD2 with RSA", sequence(oid("1.2.840.113549.1.1.2"), nothing())],
  ["MD5 with RSA", sequence(oid("1.2.840.113549.1.1.4"), nothing())],
  ["SHA-1 with RSA", sequence(oid("1.2.840.113549.1.1.5"), nothing())],
  ["SHA-224 with RSA", sequence(oid("1.2.840.113549.1.1.14"), nothing())],
  ["SHA-1 with ECDSA", sequence(oid("1.2.840.10045.4.1"))],
  ["SHA-224 with ECDSA", sequence(oid("1.2.840.10045.4.3.1"))],
  ["DSA", sequence(oid("2.16.840.1.101.3.4.3.2"))],
  ["Ed448", sequence(oid("1.3.101.113"))],
  ["the identifier of RSA keys", sequence(oid("1.2.840.113549.1.1.1"), nothing())],
  ["the identifier of EC keys", sequence(oid("1.2.840.10045.2.1"))],
  ["an unknown one", sequence(oid("1.2.3.4"))],
  ["RSA with parameters", sequence(oid("1.2.840.113549.1.1.11"), sequence())],
  ["RSA with a NULL that has content", sequence(oid("1.2.840.113549.1.1.11"), hex("050100"))],
  ["ECDSA with NULL", sequence(oid("1.2.840.10045.4.3.2"), nothing())],
  ["ECDSA with a curve", sequence(oid("1.2.840.10045.4.3.2"), oid("1.2.840.10045.3.1.7"))],
  ["Ed25519 with NULL", sequence(oid("1.3.101.112"), nothing())],
  ["PSS without parameters", pssAlgorithm()],
  ["PSS with NULL", pssAlgorithm(nothing())],
  ["PSS with defaults, which are SHA-1", pssAlgorithm(pssParameters({}))],
  ["PSS with SHA-1", pss({ hash: "SHA-1", mgfHash: "SHA-1", saltLength: 20 })],
  ["PSS with another MGF1 hash", pss({ mgfHash: "SHA-384" })],
  ["PSS with MGF1 over SHA-1", pss({ mgfHash: "SHA-1" })],
  ["PSS without MGF1", pssAlgorithm(pssParameters({ hash: "SHA-256", saltLength: 32 }))],
  [
    "PSS without a salt length",
    pssAlgorithm(pssParameters({ hash: "SHA-256", mgfHash: "SHA-256" })),
  ],
  ["PSS with a salt of 0", pss({ saltLength: 0 })],
  ["PSS with a salt of 20", pss({ saltLength: 20 })],
  ["PSS with a salt of 31", pss({ saltLength: 31 })],
  ["PSS with a longer salt", pss({ saltLength: 64 })],
  ["PSS with a negative salt", pss({ saltLength: -32 })],
  ["PSS with another trailer", pss({ trailer: 2 })],
  ["PSS with trailer 0", pss({ trailer: 0 })],
  ["PSS with an empty wrapper", pssAlgorithm(sequence(hex("a000")))],
  [
    "PSS with another mask function",
    pssAlgorithm(sequence(
      explicit(0, sequence(oid(SHA256))),
      explicit(1, sequence(oid("1.2.3.4"), sequence(oid(SHA256)))),
      explicit(2, integer(32)),
    )),
  ],
  [
    "PSS with a mask function without a hash",
    pssAlgorithm(sequence(
      explicit(0, sequence(oid(SHA256))),
      explicit(1, sequence(oid(MGF1))),
      explicit(2, integer(32)),
    )),
  ],
  [
    "PSS with a hash that has parameters",
    pssAlgorithm(sequence(
      explicit(0, sequence(oid(SHA256), integer(1))),
      explicit(1, sequence(oid(MGF1), sequence(oid(SHA256)))),
      explicit(2, integer(32)),
    )),
  ],
  [
    "PSS with fields out of order",
    pssAlgorithm(sequence(
      explicit(1, sequence(oid(MGF1), sequence(oid(SHA256)))),
      explicit(0, sequence(oid(SHA256))),
      explicit(2, integer(32)),
    )),
  ],
  [
    "PSS with a fifth field",
    pssAlgorithm(sequence(
      explicit(0, sequence(oid(SHA256))),
      explicit(1, sequence(oid(MGF1), sequence(oid(SHA256)))),
      explicit(2, integer(32)),
      explicit(4, integer(1)),
    )),
  ],
];

Deno.test("certificateScheme knows the allowed algorithms of certificates", () => {
  for (const [what, algorithm, scheme] of ALLOWED) {
    assert.deepEqual(schemeOf(algorithm), scheme, what);
  }
});

Deno.test("certificateScheme has no scheme for any other algorithm or parameters", () => {
  for (const [what, algorithm] of FORBIDDEN) assert.equal(schemeOf(algorithm), undefined, what);
});

Deno.test("algorithmName has names for people, and the identifier where there is none", () => {
  assert.equal(algorithmName("1.2.840.113549.1.1.5"), "SHA-1 with RSA");
  assert.equal(algorithmName("1.2.840.113549.1.1.4"), "MD5 with RSA");
  assert.equal(algorithmName("1.2.840.10045.4.1"), "SHA-1 with ECDSA");
  assert.equal(algorithmName("1.3.101.112"), "Ed25519");
  assert.match(algorithmName("1.2.840.113549.1.1.10"), /^RSASSA-PSS/);
  assert.equal(algorithmName("1.2.3.4"), "algorithm 1.2.3.4");
});
