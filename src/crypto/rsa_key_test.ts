import assert from "node:assert/strict";
import { readChildren, readDer, readOctets } from "./der/mod.ts";
import { FormatError } from "./format_error.ts";
import { parsePublicKey } from "./public_key.ts";
import { encodeRsaPublicKey, wrapRsaPublicKey } from "./rsa_key.ts";
import { rsaSigner, rsaSpki } from "./testing/keys.ts";

Deno.test("wrapRsaPublicKey makes the SubjectPublicKeyInfo that Web Crypto makes", async () => {
  for (const bits of [2048, 3072]) {
    const { spki } = await rsaSigner(bits);
    const key = readChildren(readDer(spki))[1];
    assert.ok(key !== undefined);
    assert.deepEqual(wrapRsaPublicKey(readOctets(key)), spki);
  }
});

Deno.test("encodeRsaPublicKey is the inverse of reading, at every size of length bytes", () => {
  for (const bits of [8, 64, 480, 512, 960, 1000, 1024, 2047, 2048, 4096, 8192, 16384]) {
    const spki = rsaSpki((1n << BigInt(bits - 1)) + 1n, 65537n);
    const { modulus, exponent } = parsePublicKey(spki);
    assert.ok(modulus !== undefined && exponent !== undefined);
    assert.deepEqual(wrapRsaPublicKey(encodeRsaPublicKey(modulus, exponent)), spki, `${bits}`);
  }
});

Deno.test("wrapRsaPublicKey leaves what it wraps to the reader", () => {
  assert.throws(() => parsePublicKey(wrapRsaPublicKey(Uint8Array.of(1, 2, 3))), FormatError);
  assert.throws(() => parsePublicKey(wrapRsaPublicKey(new Uint8Array())), FormatError);
});

Deno.test("wrapRsaPublicKey refuses keys that are larger than 32 KiB", () => {
  wrapRsaPublicKey(new Uint8Array(32 * 1024));
  for (const length of [32 * 1024 + 1, 65_536, 65_536 + 300]) {
    assert.throws(() => wrapRsaPublicKey(new Uint8Array(length)), FormatError);
  }
});
