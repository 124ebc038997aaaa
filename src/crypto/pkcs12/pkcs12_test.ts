import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBase64 } from "../base64.ts";
import { type Bytes, toHex } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { decodePem } from "../pem.ts";
import { readPkcs12Certificates } from "./mod.ts";
import { decryptRc2 } from "./rc2.ts";
import files from "./testing/files.json" with { type: "json" };

/*
 * The files were made by OpenSSL 3.0 (`openssl pkcs12 -export -passout pass:`, with -legacy, -certpbe, -keypbe,
 * -macalg, -nokeys, -nomac and -iter), with a throw-away key.
 */

const CERTIFICATES = files.certificates.map((text) => toHex(decodePem(text)[0]?.bytes ?? empty()));

function empty(): Bytes {
  return new Uint8Array();
}

function fileOf(name: keyof typeof files.files): Bytes {
  return decodeBase64(files.files[name]);
}

const READ = [
  "aes256",
  "aes192",
  "aes128-sha384",
  "rc2-40",
  "rc2-128",
  "3des",
  "des2",
  "des3-pbes2",
  "plain",
  "nokey",
] as const;

for (const name of READ) {
  Deno.test(`readPkcs12Certificates reads what OpenSSL writes with ${name}`, async () => {
    const found = await readPkcs12Certificates(fileOf(name));
    assert.deepEqual(found.map(toHex).toSorted(), CERTIFICATES.toSorted());
    if (name !== "nokey") assert.equal(toHex(found[0] ?? empty()), CERTIFICATES[0]);
  });
}

const REFUSED = {
  nomac: "PKCS#12: nothing guards its integrity (no MAC)",
  otherpw: "PKCS#12: it is damaged, or has a password",
  iter: "PKCS#12: it asks for 200000 iterations, which is more than is done",
} as const;

for (const [name, message] of Object.entries(REFUSED)) {
  Deno.test(`readPkcs12Certificates refuses a file: ${message}`, async () => {
    const file = fileOf(name as keyof typeof REFUSED);
    await assert.rejects(readPkcs12Certificates(file), { name: "FormatError", message });
  });
}

Deno.test("readPkcs12Certificates notices each changed byte, or gives the same certificates", async () => {
  const file = fileOf("aes256");
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ by;
      try {
        const found = await readPkcs12Certificates(changed);
        assert.deepEqual(found.map(toHex), CERTIFICATES);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("readPkcs12Certificates throws nothing but FormatError for other bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await assert.rejects(readPkcs12Certificates(Uint8Array.from(bytes)), FormatError);
    }),
  );
});

/** RFC 2268 §5, where all bits of the key are effective: key, plaintext, ciphertext. */
const RC2_VECTORS = [
  ["ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"],
  ["3000000000000000", "1000000000000001", "30649edf9be7d2c2"],
  ["88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6"],
] as const;

Deno.test("decryptRc2 agrees with the vectors of RFC 2268", () => {
  for (const [key, plain, cipher] of RC2_VECTORS) {
    // The vector that makes the plaintext a block of padding: what is left of it is nothing.
    const iv = Uint8Array.from(Uint8Array.fromHex(plain), (byte) => byte ^ 8);
    const decrypt = (data: Bytes): Bytes => decryptRc2(Uint8Array.fromHex(key), iv, data);
    assert.equal(decrypt(Uint8Array.fromHex(cipher)).length, 0);
    assert.throws(() => decrypt(new Uint8Array(8)), FormatError);
    assert.throws(() => decrypt(new Uint8Array(7)), FormatError);
  }
});
