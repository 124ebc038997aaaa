import assert from "node:assert/strict";
import { encodeUtf8, toHex } from "./bytes.ts";
import { hash, type HashName } from "./hash.ts";

/** FIPS 180-4, the example "abc", and the hash of no data. */
const VECTORS: readonly (readonly [HashName, string, string])[] = [
  ["SHA-256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["SHA-256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [
    "SHA-384",
    "abc",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "SHA-512",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
];

Deno.test("hash gives the examples of FIPS 180-4", () => {
  for (const [name, text, expected] of VECTORS) {
    assert.equal(toHex(hash(name, encodeUtf8(text))), expected);
  }
});

Deno.test("hash agrees with Web Crypto, also for views into larger buffers", async () => {
  const buffer = crypto.getRandomValues(new Uint8Array(1000));
  for (const name of ["SHA-256", "SHA-384", "SHA-512"] as const) {
    const data = buffer.subarray(100, 900);
    assert.deepEqual(hash(name, data), new Uint8Array(await crypto.subtle.digest(name, data)));
  }
});
