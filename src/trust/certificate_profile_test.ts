import assert from "node:assert/strict";
import { derWriter as der, forgeCertificate } from "../../tests/forge/mod.ts";
import { parseCertificate } from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { checkIssuingCertificate } from "./certificate_profile.ts";

/** What is wrong with a CA certificate as the issuer of a leaf; undefined when nothing is. */
async function problem(
  options: Parameters<typeof forgeCertificate>[0],
): Promise<string | undefined> {
  const { der: encoded } = await forgeCertificate({ role: "ca", ...options });
  try {
    checkIssuingCertificate(parseCertificate(encoded), 0);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof VerificationFailure);
    assert.equal(error.reason, "integrity.chain");
    return error.message;
  }
}

/** A SubjectPublicKeyInfo of a curve with points of the given width; no key that could sign. */
function curve(oid: string, width: number): ReturnType<typeof der.sequence> {
  const point = new Uint8Array(1 + 2 * width).fill(4);
  return der.sequence(
    der.sequence(der.oid("1.2.840.10045.2.1"), der.oid(oid)),
    der.bitString(point),
  );
}

Deno.test("checkIssuingCertificate takes the keys that a CA may have", async () => {
  for (const key of ["P-256", "P-384", "P-521", "Ed25519", "RSA-2048"] as const) {
    assert.equal(await problem({ key }), undefined, key);
  }
});

Deno.test("checkIssuingCertificate refuses RSA keys too small or large, other curves and other keys", async () => {
  assert.match(await problem({ key: "RSA-1024" }) ?? "", /key that is too small \(RSA-1024/);
  assert.match(
    await problem({ spki: curve("1.3.132.0.33", 28) }) ?? "",
    /curve that is not allowed \(EC P-224\)/,
  );
  assert.match(
    await problem({ spki: curve("1.3.132.0.10", 32) }) ?? "",
    /curve that is not allowed \(EC secp256k1\)/,
  );
  const x448 = der.sequence(
    der.sequence(der.oid("1.3.101.113")),
    der.bitString(new Uint8Array(57)),
  );
  assert.match(await problem({ spki: x448 }) ?? "", /kind that is not allowed \(Ed448\)/);
});
