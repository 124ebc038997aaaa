import assert from "node:assert/strict";
import { exactly } from "../src/verifiers/mod.ts";
import {
  type Bytes,
  derWriter,
  extendedKeyUsage,
  extension,
  forgeBundle,
  forgeInstance,
  forgeSigner,
  ISSUER,
  keyUsage,
  SIGNED_AT,
  utf8,
} from "./forge/mod.ts";
import { type CosignQuestion, forgeLayer, IMAGE, judgeCosign } from "./judge_cosign.ts";

/* Which name of a certificate with several is the signer: one in a bundle (B.9.3.7), any elsewhere (B.6.3). */

const { implicit, explicit, oid, sequence, string } = derWriter;
const INSTANCE = await forgeInstance();

const URI = implicit(6, utf8("https://signer.example/uri"));
const SECOND_URI = implicit(6, utf8("https://signer.example/second"));
const EMAIL = implicit(1, utf8("signer@example.com"));
const DNS = implicit(2, utf8("signer.example.com"));
const ADDRESS = implicit(7, Uint8Array.of(192, 0, 2, 1));
const OTHER = explicit(0, oid("1.3.6.1.4.1.57264.1.7"), explicit(0, string("other name", "utf8")));

/** What is said of a signature whose certificate has these names, when one of them is wanted. */
async function said(
  form: "bundle" | "layer",
  names: readonly Bytes[],
  wanted: string,
): Promise<string | undefined> {
  const signer = await forgeSigner(INSTANCE, {
    extensions: [
      keyUsage(["digitalSignature"]),
      extendedKeyUsage(["codeSigning"]),
      extension("2.5.29.17", sequence(...names), true),
      extension("1.3.6.1.4.1.57264.1.1", utf8(ISSUER)),
    ],
  });
  const question: CosignQuestion = form === "layer" ? { layers: [await forgeLayer(signer)] } : {
    bundle: await forgeBundle({
      instance: INSTANCE,
      signer,
      artifact: IMAGE.bytes,
      kind: "dsse",
      predicateType: "https://sigstore.dev/cosign/sign/v1",
    }),
  };
  const identity = { identity: exactly(wanted), issuer: exactly(ISSUER) };
  const result = await judgeCosign({
    ...question,
    instance: INSTANCE,
    now: SIGNED_AT,
    policy: {
      requireLog: form === "bundle",
      signers: { kind: "keyless", identity, requireCertificateLog: true },
    },
  });
  return result.failure?.reason ?? result.outcome;
}

const URI_NAME = "https://signer.example/uri";
const MISMATCH = "cosign.identity_mismatch";

Deno.test("in a bundle, the first URI is the signer, else the first e-mail address, else the other name", async () => {
  const all = [DNS, ADDRESS, OTHER, EMAIL, URI, SECOND_URI];
  assert.equal(await said("bundle", all, URI_NAME), "success");
  for (
    const other of [
      "https://signer.example/second",
      "signer@example.com",
      "other name",
      "signer.example.com",
      "192.0.2.1",
    ]
  ) {
    assert.equal(await said("bundle", all, other), MISMATCH, other);
    assert.equal(await said("layer", all, other), "success", other);
  }
  assert.equal(await said("bundle", [DNS, OTHER, EMAIL], "signer@example.com"), "success");
  assert.equal(await said("bundle", [DNS, OTHER, EMAIL], "other name"), MISMATCH);
  assert.equal(await said("bundle", [DNS, OTHER], "other name"), "success");
});

Deno.test("in a bundle, host names and addresses are no signers", async () => {
  assert.equal(await said("bundle", [DNS], "signer.example.com"), MISMATCH);
  assert.equal(await said("bundle", [ADDRESS], "192.0.2.1"), MISMATCH);
  assert.equal(await said("layer", [DNS], "signer.example.com"), "success");
});
