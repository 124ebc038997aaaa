import assert from "node:assert/strict";
import {
  derWriter as der,
  encodeAlgorithm,
  forgeCertificate,
  forgeChain,
} from "../../tests/forge/mod.ts";
import { parseCertificate } from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { checkChain } from "./chain.ts";
import { isSelfSigned } from "./issuance.ts";

/** What is wrong with a chain of encoded certificates; undefined when nothing is. */
async function problem(
  ...chain: readonly { readonly der: Uint8Array<ArrayBuffer> }[]
): Promise<string | undefined> {
  try {
    await checkChain(chain.map((certificate) => parseCertificate(certificate.der)));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof VerificationFailure && error.reason === "integrity.chain");
    return error.message;
  }
}

Deno.test("checkChain takes chains that are complete and in order", async () => {
  assert.equal(await problem(await forgeCertificate()), undefined);
  assert.equal(await problem(...(await forgeChain()).certificates), undefined);
  assert.equal(
    await problem(...(await forgeChain({ intermediates: [{}, {}] })).certificates),
    undefined,
  );
});

Deno.test("checkChain names the certificate and what is wrong with it", async () => {
  const { leaf, root } = await forgeChain();
  assert.match(await problem() ?? "", /carries no certificate/);
  assert.match(
    await problem(leaf) ?? "",
    /"CN=signer,.*" is the last of the chain but not self-signed/,
  );
  assert.match(
    await problem(leaf, root, root) ?? "",
    /"CN=root,.*" is self-signed but not the last/,
  );
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "other"]] });
  assert.match(
    await problem(leaf, other) ?? "",
    /was not issued by the next one, "CN=other": the names differ/,
  );
  const double = await forgeCertificate({ role: "ca", key: "P-384" });
  assert.match(await problem(leaf, double) ?? "", /the signature does not verify/);
});

Deno.test("checkChain names algorithms that are not allowed", async () => {
  const sha1 = await forgeChain({ leaf: { algorithm: { name: "ECDSA", hash: "SHA-1" } } });
  assert.match(await problem(...sha1.certificates) ?? "", /SHA-1 with ECDSA, which is not allowed/);
  const innerAlgorithm = encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" });
  const differing = await forgeChain({ leaf: { innerAlgorithm } });
  assert.match(
    await problem(...differing.certificates) ?? "",
    /two different signature algorithms/,
  );
  const unknown = der.sequence(der.oid("1.2.3.4"));
  const odd = await forgeChain({ leaf: { innerAlgorithm: unknown, outerAlgorithm: unknown } });
  assert.match(
    await problem(...odd.certificates) ?? "",
    /algorithm 1\.2\.3\.4, which is not allowed/,
  );
});

Deno.test("isSelfSigned wants both the name and the signature", async () => {
  const self = async (options: Parameters<typeof forgeCertificate>[0]): Promise<boolean> =>
    await isSelfSigned(parseCertificate((await forgeCertificate(options)).der));
  const issuer = await forgeCertificate({ role: "ca" });
  assert.equal(await self({}), true);
  assert.equal(await self({ issuerName: [["CN", "other"]] }), false);
  assert.equal(await self({ issuer }), false);
  assert.equal(
    await self({
      issuer,
      issuerName: [["C", "US"], ["ST", "WA"], ["O", "Forge"], ["CN", "signer"]],
    }),
    false,
  );
});
