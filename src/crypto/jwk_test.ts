import assert from "node:assert/strict";
import { FormatError } from "./format_error.ts";
import { parsePublicJwk } from "./jwk.ts";
import { ecSigner, rsaSigner } from "./testing/keys.ts";

async function jwkOf(
  spki: Uint8Array<ArrayBuffer>,
  algorithm: EcKeyImportParams | RsaHashedImportParams,
): Promise<JsonWebKey> {
  const key = await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
  return await crypto.subtle.exportKey("jwk", key);
}

Deno.test("parsePublicJwk makes the SubjectPublicKeyInfo that Web Crypto makes of the same key", async () => {
  for (const namedCurve of ["P-256", "P-384", "P-521"] as const) {
    const { spki } = await ecSigner(namedCurve);
    const jwk = await jwkOf(spki, { name: "ECDSA", namedCurve });
    assert.deepEqual(parsePublicJwk({ ...jwk, kty: "EC" }).spki, spki);
  }
  const { spki } = await rsaSigner(2048);
  const jwk = await jwkOf(spki, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
  assert.deepEqual(parsePublicJwk({ ...jwk, kty: "RSA" }).spki, spki);
});

Deno.test("parsePublicJwk takes leading zeros off the numbers of an RSA key", async () => {
  const { spki } = await rsaSigner(2048);
  const { n = "", e = "" } = await jwkOf(spki, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
  const bytes = Uint8Array.fromBase64(n, { alphabet: "base64url" });
  const longer = Uint8Array.of(0, ...bytes).toBase64({ alphabet: "base64url", omitPadding: true });
  assert.deepEqual(parsePublicJwk({ kty: "RSA", n: longer, e }).spki, spki);
});

Deno.test("parsePublicJwk refuses what is no such key", () => {
  const x = "A".repeat(43);
  for (
    const jwk of [
      { kty: "oct", k: "AAAA" },
      { kty: "EC", crv: "P-256K", x, y: x },
      { kty: "EC", crv: "P-256", x, y: "AAAA" },
      { kty: "EC", crv: "P-256", x, y: undefined },
      { kty: "EC", crv: "P-256", x: `${x}=`, y: x },
      { kty: "RSA", n: "AAAA", e: "AQAB" },
      { kty: "RSA", n: "A".repeat(9000), e: "AQAB" },
      { kty: "RSA", n: 5, e: "AQAB" },
    ]
  ) assert.throws(() => parsePublicJwk(jwk), FormatError, JSON.stringify(jwk));
});
