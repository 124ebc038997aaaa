import assert from "node:assert/strict";
import { encodePem } from "../src/crypto/mod.ts";
import { parsePath, type PredicatePath, type VerifierResult } from "../src/verifiers/mod.ts";
import { resource } from "./case_resources.ts";
import {
  type BundleOptions,
  type Content,
  ENVELOPE_TYPE,
  type EnvelopeLayer,
  envelopeLayer,
  flipped,
  forgeBundle,
  type ForgedCertificate,
  type ForgedKey,
  type ForgedManifest,
  forgeImage,
  forgeInstance,
  forgeKey,
  forgeManifest,
  forgeSigner,
  type Json,
  utf8,
  writeLayout,
} from "./forge/mod.ts";
import {
  type CosignQuestion,
  forgeLayer,
  IMAGE,
  judgeCosign,
  KEYLESS,
  keySource,
  type Layer,
} from "./judge_cosign.ts";
import { labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* Attestations under the tag `sha256-<hex>.att`: what cosign 2 writes. */

const ATTESTATION = "application/vnd.dev.cosign.artifact.att.v1+json";
const SIGNATURE = "dev.cosignproject.cosign/signature";
const BUNDLE = "dev.sigstore.cosign/bundle";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const PREDICATE = "https://slsa.dev/provenance/v1";
const OTHER = "https://spdx.dev/Document";

const INSTANCE = await forgeInstance();
const SIGNER = await forgeSigner(INSTANCE);
const KEY = await forgeKey("P-256", "attestation tag");
const STRANGER = await forgeKey("P-256", "a stranger");

async function attested(
  signer: ForgedKey | ForgedCertificate,
  options: Partial<BundleOptions> = {},
): Promise<EnvelopeLayer> {
  const bundle = await forgeBundle({
    instance: INSTANCE,
    signer,
    artifact: IMAGE.bytes,
    kind: "dsse",
    predicateType: PREDICATE,
    ...options,
  });
  return envelopeLayer(bundle, signer);
}

type Trust = "key" | "logged key" | "identity";

const POLICIES: Readonly<Record<Trust, CosignQuestion["policy"]>> = {
  "key": { requireLog: false, signers: { kind: "keys", sources: [keySource(KEY)] } },
  "logged key": { requireLog: true, signers: { kind: "keys", sources: [keySource(KEY)] } },
  "identity": { requireLog: true, signers: KEYLESS },
};

function judge(
  layers: readonly EnvelopeLayer[],
  trust: Trust,
  question: Partial<CosignQuestion> = {},
): Promise<VerifierResult> {
  return judgeCosign({
    layers,
    instance: INSTANCE,
    policy: POLICIES[trust] ?? {},
    artifactType: ATTESTATION,
    attestation: { predicateTypes: [PREDICATE] },
    ...question,
  });
}

const said = ({ outcome, failure }: VerifierResult): string =>
  [outcome, failure?.reason].filter((part) => part !== undefined).join(" ");

async function expect(
  layers: readonly EnvelopeLayer[],
  trust: Trust,
  wanted: string,
  what = "",
): Promise<void> {
  assert.equal(said(await judge(layers, trust)), wanted, what);
}

const BY_KEY = await attested(KEY);
const BY_IDENTITY = await attested(SIGNER);

Deno.test("attestation tag: signed by a key, by a key with a log entry, and by an identity", async () => {
  await expect([await attested(KEY, { entry: "none" })], "key", "success");
  await expect([BY_KEY], "logged key", "success");
  await expect([await attested(KEY, { entry: "intoto" })], "logged key", "success");
  const { outcome, extensions } = await judge([BY_IDENTITY], "identity");
  assert.equal(outcome, "success");
  const { predicateType, signatures } = extensions as Json;
  assert.equal(predicateType, PREDICATE);
  assert.equal(signatures[0].verifications[0].logIndex, 1003);
  for (const kind of ["P-384", "Ed25519"] as const) {
    const key = await forgeKey(kind, `attestation ${kind}`);
    const sources = [keySource(key)];
    const policy = { signers: { kind: "keys", sources } } as const;
    assert.equal(said(await judge([await attested(key)], "key", { policy })), "success", kind);
  }
});

Deno.test("attestation tag: each layer is judged for itself, and one that is right is enough", async () => {
  const unreadable = { ...BY_KEY, payload: utf8("{") };
  const foreign = await attested(STRANGER);
  for (const layers of [[unreadable, foreign, BY_KEY], [BY_KEY, foreign, unreadable]]) {
    const { outcome, extensions } = await judge(layers, "logged key");
    assert.equal(outcome, "success");
    assert.equal((extensions as Json).signatures.length, 3);
  }
  await expect([unreadable, foreign], "logged key", "failure cosign.malformed");
  await expect([], "logged key", "failure no_signatures");
});

Deno.test("attestation tag: statements of other types are passed over", async () => {
  const other = await attested(KEY, { predicateType: OTHER });
  await expect([other], "logged key", "failure not_applicable");
  await expect([other, BY_KEY], "logged key", "success");
  // What the annotation says of the type is not signed, and does not count.
  const claims = { ...other, annotations: { ...other.annotations, predicateType: PREDICATE } };
  await expect([claims], "logged key", "failure not_applicable");
});

Deno.test("attestation tag: conditions are asked of each statement", async () => {
  const paths = [parsePath("$.branch") as PredicatePath];
  const conditions = [{ name: "$.branch", paths, test: { kind: "in", values: ["main"] } as const }];
  const attestation = { predicateTypes: [PREDICATE], conditions };
  const wrong = await attested(KEY, { predicate: { branch: "topic" } });
  const right = await attested(KEY, { predicate: { branch: "main" } });
  const ask = async (...layers: EnvelopeLayer[]): Promise<string> =>
    said(await judge(layers, "logged key", { attestation }));
  assert.equal(await ask(wrong), "failure attestation.condition");
  assert.equal(await ask(wrong, right), "success");
});

const annotated = (layer: EnvelopeLayer, annotations: Record<string, string>): EnvelopeLayer => ({
  ...layer,
  annotations: { ...layer.annotations, ...annotations },
});
const enveloped = (layer: EnvelopeLayer, change: (envelope: Json) => void): EnvelopeLayer => {
  const envelope = JSON.parse(new TextDecoder().decode(layer.payload));
  change(envelope);
  return { ...layer, payload: utf8(JSON.stringify(envelope)) };
};
const payloadOf = (layer: EnvelopeLayer): string =>
  JSON.parse(new TextDecoder().decode(layer.payload)).payload;
const signatureOf = (layer: EnvelopeLayer): string =>
  JSON.parse(new TextDecoder().decode(layer.payload)).signatures[0].sig;
const SIGNED_PAYLOAD = await forgeLayer(KEY, Uint8Array.fromBase64(payloadOf(BY_KEY)));
const FOREIGN = await attested(STRANGER);
const ANOTHER_IMAGE = await forgeImage("another image");

const WRONG: Readonly<Record<string, readonly [EnvelopeLayer, Trust, string]>> = {
  "a layer that is no envelope": [
    { ...BY_KEY, mediaType: "application/vnd.dev.cosign.simplesigning.v1+json" },
    "key",
    "cosign.malformed",
  ],
  "another payload": [
    enveloped(BY_KEY, (envelope) => envelope.payload = utf8("{}").toBase64()),
    "key",
    "cosign.malformed",
  ],
  "a changed byte of the payload": [
    enveloped(BY_KEY, (envelope) => {
      const text = new TextDecoder().decode(Uint8Array.fromBase64(envelope.payload));
      envelope.payload = utf8(text.replace('"predicate":{}', '"predicate":{"a":1}')).toBase64();
    }),
    "key",
    "cosign.signature",
  ],
  "another payload type": [
    enveloped(BY_KEY, (envelope) => envelope.payloadType = "application/json"),
    "key",
    "cosign.malformed",
  ],
  "no signature": [
    enveloped(BY_KEY, (envelope) => envelope.signatures = []),
    "key",
    "cosign.malformed",
  ],
  "an empty signature": [
    enveloped(BY_KEY, (envelope) => envelope.signatures[0].sig = ""),
    "key",
    "cosign.malformed",
  ],
  "two signatures, one of them right": [
    enveloped(BY_KEY, (envelope) => envelope.signatures.push({ sig: signatureOf(FOREIGN) })),
    "key",
    "cosign.malformed",
  ],
  "a field that is not known": [
    enveloped(BY_KEY, (envelope) => envelope.more = 1),
    "key",
    "cosign.malformed",
  ],
  "another signature in the annotation": [
    annotated(BY_KEY, { [SIGNATURE]: signatureOf(FOREIGN) }),
    "key",
    "cosign.malformed",
  ],
  "a signature over the payload itself": [
    enveloped(
      BY_KEY,
      (envelope) => envelope.signatures[0].sig = SIGNED_PAYLOAD.annotations[SIGNATURE],
    ),
    "key",
    "cosign.signature",
  ],
  "a log entry of another attestation": [
    annotated(BY_KEY, { [BUNDLE]: FOREIGN.annotations[BUNDLE] ?? "" }),
    "logged key",
    "cosign.tlog_invalid",
  ],
  "a log entry that is not JSON": [
    annotated(BY_KEY, { [BUNDLE]: "{" }),
    "logged key",
    "cosign.tlog_invalid",
  ],
  "no log entry": [await attested(KEY, { entry: "none" }), "logged key", "cosign.tlog_missing"],
  "a promise that is not the log's": [
    annotated(BY_KEY, {
      [BUNDLE]: JSON.stringify(
        ((bundle: Json): Json => {
          const promise = flipped(Uint8Array.fromBase64(bundle.SignedEntryTimestamp));
          return { ...bundle, SignedEntryTimestamp: promise.toBase64() };
        })(JSON.parse(BY_KEY.annotations[BUNDLE] ?? "")),
      ),
    }),
    "logged key",
    "cosign.tlog_invalid",
  ],
  "no certificate": [
    annotated(BY_IDENTITY, { [CERTIFICATE]: "" }),
    "identity",
    "cosign.malformed",
  ],
  "a certificate of somebody else": [
    annotated(BY_IDENTITY, { [CERTIFICATE]: (await forgeSigner(INSTANCE, { key: "P-384" })).pem }),
    "identity",
    "cosign.signature",
  ],
  "a certificate by another authority": [
    await attested(await forgeSigner(await forgeInstance("others"))),
    "identity",
    "cosign.certificate_untrusted",
  ],
  "another identity": [
    await attested(await forgeSigner(INSTANCE, { identity: "https://x.example/" })),
    "identity",
    "cosign.identity_mismatch",
  ],
  "a key in place of a certificate": [BY_KEY, "identity", "cosign.malformed"],
  "an attestation about another image": [
    await attested(KEY, { artifact: ANOTHER_IMAGE.bytes }),
    "key",
    "cosign.payload_digest_mismatch",
  ],
};

for (const [what, [layer, trust, reason]] of Object.entries(WRONG)) {
  Deno.test(`attestation tag: ${what} is refused`, async () => {
    await expect([layer], trust, `failure ${reason}`);
  });
}

Deno.test("attestation tag: more attestations or bytes than are looked at are refused", async () => {
  await expect(Array.from({ length: 101 }, () => BY_KEY), "key", "failure limit_exceeded");
  const blobs = Array.from({ length: 5 }, () => ({
    mediaType: ENVELOPE_TYPE,
    digest: IMAGE.descriptor.digest,
    size: 15 * 1024 * 1024,
  }));
  assert.equal(
    said(await judge([], "key", { manifest: { blobs } })),
    "failure limit_exceeded",
  );
});

Deno.test("attestation tag: a verifier of signatures passes over attestations", async () => {
  const result = await judgeCosign({
    layers: [BY_KEY],
    keys: [KEY],
    artifactType: ATTESTATION,
  });
  assert.equal(said(result), "failure not_applicable");
});

const SIG_POLICY = { "application/vnd.dev.cosign.artifact.sig.v1+json": "any" };
const TRUST_POLICY = {
  name: "all",
  scopes: ["*"],
  keys: [{ provider: "key" }],
  tLogVerify: false,
};
const PROVIDER = resource("KeyManagementProvider", "key", {
  type: "inline",
  parameters: { contentType: "key", value: encodePem("PUBLIC KEY", KEY.spki) },
});
const COSIGN = resource("Verifier", "cosign", {
  name: "cosign",
  artifactTypes: "*",
  parameters: { trustPolicies: [TRUST_POLICY] },
});
const ATTESTATIONS = resource("Verifier", "provenance", {
  name: "attestation",
  artifactTypes: "application/vnd.dev.sigstore.bundle.v0.3+json",
  parameters: { trustPolicies: [TRUST_POLICY], predicateTypes: [PREDICATE] },
});

/** An image with attestations under the tag, and signatures under the other. */
async function tagged(
  folder: string,
  attestations: readonly EnvelopeLayer[],
  signed: boolean,
): Promise<ForgedManifest> {
  const tag = (end: string): string => `${IMAGE.descriptor.digest.replace(":", "-")}.${end}`;
  const layer = await forgeLayer(KEY);
  const content = ({ payload, annotations, mediaType }: Layer): Content => ({
    bytes: payload,
    mediaType: mediaType ?? "application/vnd.dev.cosign.simplesigning.v1+json",
    annotations,
  });
  await writeLayout(folder, [
    { manifest: IMAGE, tag: "v1" },
    { manifest: await forgeManifest({ layers: attestations.map(content) }), tag: tag("att") },
    ...(signed
      ? [{ manifest: await forgeManifest({ layers: [content(layer)] }), tag: tag("sig") }]
      : []),
  ]);
  return IMAGE;
}

/** What the command line says of an image. */
async function verdict(
  image: string,
  store: Json,
  verifiers: readonly unknown[],
  policies: Json,
  folder: string,
): Promise<Json> {
  const items = [
    resource("Store", "store", { name: "oras", parameters: { cosignEnabled: true, ...store } }),
    resource("Policy", "ratify-policy", {
      type: "config-policy",
      parameters: { artifactVerificationPolicies: policies },
    }),
    PROVIDER,
    ...verifiers,
  ];
  const path = `${folder}/resources.json`;
  await Deno.writeTextFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  return JSON.parse((await runCli(["verify", image, "-c", path, "-o", "json"])).out);
}

Deno.test("attestation tag: in a layout, an attestation is found, and is no signature", async () => {
  await using folder = await temporaryFolder();
  const layout = `${folder.path}/layout`;
  await tagged(layout, [BY_KEY], false);
  const image = `oci:${layout}:v1`;
  const provenance = { "attestation/provenance": "any" };
  const ask = async (verifiers: readonly unknown[], policies: Json): Promise<string> =>
    (await verdict(image, {}, verifiers, policies, folder.path)).verdict;
  assert.equal(await ask([ATTESTATIONS], provenance), "allow");
  assert.equal(await ask([ATTESTATIONS, COSIGN], provenance), "allow");
  // Neither by the verifier of signatures, nor by what the other verifier found.
  assert.equal(await ask([ATTESTATIONS, COSIGN], SIG_POLICY), "deny");
  assert.equal(await ask([COSIGN], { default: "any" }), "deny");
  await tagged(layout, [await attested(STRANGER)], true);
  assert.equal(await ask([ATTESTATIONS, COSIGN], { ...SIG_POLICY, ...provenance }), "deny");
  assert.equal(await ask([COSIGN], SIG_POLICY), "allow");
  await tagged(layout, [BY_KEY], true);
  assert.equal(await ask([ATTESTATIONS, COSIGN], { ...SIG_POLICY, ...provenance }), "allow");
});

const program = await labRegistryProgram();
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";

Deno.test({
  name: `attestation tag: a registry is asked for it only where a verifier uses it${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry("path" in program ? program.path : "");
    await using folder = await temporaryFolder();
    const layout = `${folder.path}/layout`;
    const { descriptor } = await tagged(layout, [BY_KEY], true);
    await registry.push(layout, "app");
    const image = `${registry.host}/app@${descriptor.digest}`;
    const count = async (verifiers: readonly unknown[], policies: Json): Promise<number> => {
      await registry.requests();
      const store = { plainHttp: [registry.host] };
      const report = await verdict(image, store, verifiers, policies, folder.path);
      assert.equal(report.verdict, "allow", JSON.stringify(report));
      return await registry.requests();
    };
    const alone = await count([COSIGN], SIG_POLICY);
    const both = await count([COSIGN, ATTESTATIONS], {
      ...SIG_POLICY,
      "attestation/provenance": "any",
    });
    // Its tag, its manifest, its layer.
    assert.equal(both, alone + 3);
  },
});
