import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeUtf8 } from "./bytes.ts";
import { CURVES } from "./ecdsa.ts";
import { hash, type HashName } from "./hash.ts";
import { ecSigner, rsaSigner } from "./testing/keys.ts";
import { type DigestScheme, verifyDigest } from "./verify_digest.ts";
import { verifySignature } from "./verify_signature.ts";

const HASHES: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];
const KEYS = [
  ["P-256", await ecSigner("P-256")],
  ["P-384", await ecSigner("P-384")],
  ["P-521", await ecSigner("P-521")],
  ["RSA", await rsaSigner(2048)],
] as const;

function schemeOf(kind: string, hash: HashName): DigestScheme {
  return kind === "RSA"
    ? { name: "RSASSA-PKCS1-v1_5", hash }
    : { name: "ECDSA", hash, encoding: "raw" };
}

for (const [kind, signer] of KEYS) {
  for (const name of HASHES) {
    Deno.test(`verifyDigest says what verifySignature says: ${kind} with ${name}`, async () => {
      const scheme = schemeOf(kind, name);
      await fc.assert(
        fc.asyncProperty(
          fc.string({ maxLength: 40 }),
          fc.nat(),
          fc.nat(7),
          async (text, place, bit) => {
            const data = encodeUtf8(text);
            const signature = await signer.sign(scheme, data);
            const digest = hash(name, data);
            assert.equal(verifyDigest(signer.spki, scheme, signature, digest), true);
            const altered = signature.slice();
            altered[place % altered.length]! ^= 1 << bit;
            assert.equal(verifyDigest(signer.spki, scheme, altered, digest), false);
            assert.equal(await verifySignature(signer.spki, scheme, altered, data), false);
            digest[place % 32]! ^= 1 << bit; // of a longer digest P-256 sees no more than these
            assert.equal(verifyDigest(signer.spki, scheme, signature, digest), false);
          },
        ),
        { numRuns: 12 },
      );
    });
  }
}

Deno.test("verifyDigest refuses a digest of another length than the hash has", async () => {
  const signer = await ecSigner("P-256");
  const scheme = schemeOf("P-256", "SHA-256");
  const data = encodeUtf8("data");
  const signature = await signer.sign(scheme, data);
  const digest = hash("SHA-256", data);
  assert.equal(verifyDigest(signer.spki, scheme, signature, digest), true);
  for (const wrong of [digest.slice(0, 31), new Uint8Array([...digest, 0]), new Uint8Array()]) {
    assert.equal(verifyDigest(signer.spki, scheme, signature, wrong), false);
  }
});

Deno.test("verifyDigest refuses numbers outside 1 to n-1, and keys of other schemes", async () => {
  const signer = await ecSigner("P-256");
  const scheme = schemeOf("P-256", "SHA-256");
  const digest = hash("SHA-256", encodeUtf8("data"));
  const order = (CURVES["P-256"]?.n ?? 0n).toString(16).padStart(64, "0");
  const one = "1".padStart(64, "0");
  for (const [r, s] of [["0".repeat(64), one], [one, "0".repeat(64)], [order, one], [one, order]]) {
    const signature = new Uint8Array(
      (`${r}${s}`.match(/../g) ?? []).map((digits) => parseInt(digits, 16)),
    );
    assert.equal(verifyDigest(signer.spki, scheme, signature, digest), false);
  }
  const rsa: DigestScheme = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  assert.throws(() => verifyDigest(signer.spki, rsa, new Uint8Array(256), digest), /SPKI/);
});

Deno.test("the base points of the curves lie on them", () => {
  for (const { p, b, g: [x, y] } of Object.values(CURVES)) {
    assert.equal((y * y - (x * x * x - 3n * x + b)) % p, 0n);
  }
});
