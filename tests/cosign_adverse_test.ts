import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePublicKey } from "../src/crypto/mod.ts";
import { AssayError, VerificationFailure } from "../src/errors.ts";
import type { TrustMaterial } from "../src/trust/mod.ts";
import type { VerifierResult } from "../src/verifiers/mod.ts";
import {
  type Bytes,
  forgeBundle,
  type ForgedKey,
  forgeEntry,
  forgeInstance,
  forgeKey,
  forgeSigner,
  forgeTimestamp,
  granted,
  IDENTITY,
  ISSUER,
  join,
  type Json,
  sha256Hex,
  sign,
  SIGNED_AT,
  utf8,
} from "./forge/mod.ts";
import {
  type CosignQuestion,
  forgeLayer,
  IMAGE,
  judgeCosign,
  KEYLESS,
  keySource,
  type Layer,
  simplePayload,
  trustPolicy,
} from "./judge_cosign.ts";

/* Signatures by cosign that are right, and right in all but one thing. */

const KEY = await forgeKey("P-256", "cosign key");
const OTHER_KEY = await forgeKey("P-256", "other cosign key");
const INSTANCE = await forgeInstance();
const SIGNER = await forgeSigner(INSTANCE);
const SIGNATURE = "dev.cosignproject.cosign/signature";
const BUNDLE = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";

/** Outcome and reason, in one text. */
function said(result: VerifierResult): string {
  return result.outcome === "success" ? "success" : `${result.outcome} ${result.failure?.reason}`;
}

async function expect(question: CosignQuestion, outcome: string): Promise<VerifierResult> {
  const result = await judgeCosign(question);
  assert.equal(said(result), outcome, JSON.stringify(result, null, 1));
  return result;
}

// Keys

for (const kind of ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"] as const) {
  Deno.test(`cosign: a signature by a ${kind} key is right, and wrong for another payload`, async () => {
    const key = await forgeKey(kind, "cosign kinds");
    const layer = await forgeLayer(key);
    await expect({ layers: [layer], keys: [key] }, "success");
    const payload = simplePayload((one) => ({ ...one, optional: { more: "x" } }));
    await expect({ layers: [{ ...layer, payload }], keys: [key] }, "failure cosign.signature");
  });
}

Deno.test("cosign: a pinned hash is the only one that counts", async () => {
  const key = await forgeKey("P-384", "cosign kinds");
  const layers = [await forgeLayer(key)]; // with SHA-384
  const pinned = (hash: "SHA-256" | "SHA-384" | "SHA-512"): CosignQuestion => ({
    layers,
    policy: { signers: { kind: "keys", sources: [keySource(key, hash)] } },
  });
  await expect(pinned("SHA-384"), "success");
  await expect(pinned("SHA-256"), "failure cosign.signature");
  await expect(pinned("SHA-512"), "failure cosign.signature");
});

Deno.test("cosign: a P-256 signature with another hash than SHA-256 is wrong", async () => {
  const payload = simplePayload();
  const made = await sign(KEY, { name: "ECDSA", hash: "SHA-512" }, payload);
  const layer = { payload, annotations: { [SIGNATURE]: made.toBase64() } };
  await expect({ layers: [layer], keys: [KEY] }, "failure cosign.signature");
});

Deno.test("cosign: both numbers of an ECDSA signature may stand at the width of the curve", async () => {
  const payload = simplePayload();
  const made = await sign(KEY, { name: "ECDSA", hash: "SHA-256" }, payload);
  const layerOf = (bytes: Bytes): Layer => ({
    payload,
    annotations: { [SIGNATURE]: bytes.toBase64() },
  });
  await expect({ layers: [layerOf(made)], keys: [KEY] }, "success");
  const wider = join(Uint8Array.of(0), made.slice(0, 32), Uint8Array.of(0), made.slice(32));
  await expect({ layers: [layerOf(wider)], keys: [KEY] }, "failure cosign.signature");
});

Deno.test("cosign: an RSASSA-PSS signature is wrong", async () => {
  const key = await forgeKey("RSA-2048", "cosign kinds");
  const payload = simplePayload();
  const made = await sign(key, { name: "RSASSA-PSS", hash: "SHA-256" }, payload);
  const layer = { payload, annotations: { [SIGNATURE]: made.toBase64() } };
  await expect({ layers: [layer], keys: [key] }, "failure cosign.signature");
});

function provided(...keys: readonly (readonly [string, string, ForgedKey])[]): TrustMaterial {
  return {
    certificates: [],
    keys: keys.map(([name, version, key]) => ({ name, version, key: parsePublicKey(key.spki) })),
    details: [],
  };
}

function fromProvider(name?: string, version = ""): CosignQuestion["policy"] {
  const source = { kind: "provider", provider: "vault", name, version, hash: undefined } as const;
  return { signers: { kind: "keys", sources: [source] } };
}

Deno.test("cosign: keys of a provider are looked up by name and version, or the newest of a name", async () => {
  const layers = [await forgeLayer(KEY)];
  const material = new Map([["vault", provided(["a", "1", OTHER_KEY], ["b", "2", KEY])]]);
  const outcomes = new Map([
    [fromProvider(), "success"],
    [fromProvider("b", "2"), "success"],
    [fromProvider("a", "1"), "failure cosign.signature"],
    [fromProvider("b"), "success"],
    [fromProvider("b", "1"), "undecided cosign.key"],
    [fromProvider("c"), "undecided cosign.key"],
  ]);
  for (const [policy, outcome] of outcomes) {
    await expect({ layers, material, ...(policy && { policy }) }, outcome);
  }
});

Deno.test("cosign: without a version only the newest of a name counts, which comes first", async () => {
  const layers = [await forgeLayer(KEY)];
  const policy = fromProvider("a") ?? {};
  const newest = new Map([["vault", provided(["a", "9", KEY], ["a", "10", OTHER_KEY])]]);
  await expect({ layers, policy, material: newest }, "success");
  const older = new Map([["vault", provided(["a", "10", OTHER_KEY], ["a", "9", KEY])]]);
  await expect({ layers, policy, material: older }, "failure cosign.signature");
});

Deno.test("cosign: a key that is missing from a provider's material leaves it undecided who signed, unless another did", async () => {
  const layers = [await forgeLayer(KEY)];
  const incomplete = new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: "Key management provider vault has no key b: no answer",
    transient: true,
  });
  type Keys = readonly (readonly [string, string, ForgedKey])[];
  const having = (...keys: Keys): Map<string, TrustMaterial> =>
    new Map([["vault", { ...provided(...keys), incomplete }]]);
  const all = fromProvider() ?? {};
  await expect({ layers, policy: all, material: having(["a", "1", KEY]) }, "success");
  const other = having(["a", "1", OTHER_KEY]);
  const result = await expect({ layers, policy: all, material: other }, "undecided cosign.key");
  assert.equal(result.failure?.transient, true);
  assert.match(result.message, /has no key b: no answer/);
  await expect({ layers, policy: all, material: having() }, "undecided cosign.key");
  const named = fromProvider("b") ?? {};
  await expect({ layers, policy: named, material: other }, "undecided cosign.key");
  // What is pinned and there is all that is asked for.
  const pinned = fromProvider("a", "1") ?? {};
  await expect({ layers, policy: pinned, material: other }, "failure cosign.signature");
});

Deno.test("cosign: a report says how old a key is that could not be refreshed", async () => {
  const layers = [await forgeLayer(KEY)];
  const [key] = provided(["a", "1", KEY]).keys;
  const stale = { ...key ?? assert.fail(), staleSince: "2020-01-01T00:00:00.000Z" };
  const material = new Map([["vault", { certificates: [], keys: [stale], details: [] }]]);
  const result = await expect({ layers, policy: fromProvider() ?? {}, material }, "success");
  const check = result.checks.find(({ name }) => name === "key material");
  assert.match(
    check?.detail ?? "",
    /^The key a of vault is in use \(as it was \d+ days ago: it could not be refreshed since 2020-01-01T/,
  );
});

Deno.test("cosign: a provider may know the hash of a key, and the trust policy knows better", async () => {
  const key = await forgeKey("RSA-2048", "cosign kinds");
  const payload = simplePayload();
  const made = await sign(key, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }, payload);
  const layers = [{ payload, annotations: { [SIGNATURE]: made.toBase64() } }];
  const material = (hash?: "SHA-384"): Map<string, TrustMaterial> => {
    const [one, ...more] = provided(["a", "1", key]).keys;
    const keys = one === undefined ? more : [hash === undefined ? one : { ...one, hash }];
    return new Map([["vault", { certificates: [], keys, details: [] }]]);
  };
  const policy = fromProvider() ?? {};
  await expect({ layers, policy, material: material() }, "failure cosign.signature");
  await expect({ layers, policy, material: material("SHA-384") }, "success");
  const source = { kind: "provider", provider: "vault", name: undefined, version: "" } as const;
  const pinned = {
    signers: { kind: "keys" as const, sources: [{ ...source, hash: "SHA-256" as const }] },
  };
  const question = { layers, policy: pinned, material: material("SHA-384") };
  await expect(question, "failure cosign.signature");
});

Deno.test("cosign: a provider that is missing, empty or failed is not a signer that anybody is", async () => {
  const layers = [await forgeLayer(SIGNER)];
  const failed = new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: "no answer",
    transient: true,
  });
  const policy = fromProvider() ?? {};
  await expect({ layers, policy }, "undecided cosign.key");
  await expect(
    { layers, policy, material: new Map([["vault", provided()]]) },
    "undecided cosign.key",
  );
  const result = await expect(
    { layers, policy, material: new Map([["vault", failed]]) },
    "undecided cosign.key",
  );
  assert.equal(result.failure?.transient, true);
});

Deno.test("cosign: a key that is right counts beside a provider that is missing", async () => {
  const { signers } = fromProvider() as { signers: { kind: "keys"; sources: readonly never[] } };
  const sources = [...signers.sources, keySource(KEY)];
  const layers = [await forgeLayer(KEY)];
  await expect({ layers, policy: { signers: { kind: "keys", sources } } }, "success");
  // And a wrong one beside it leaves the question open: the missing key could have been the right one.
  for (
    const wrong of [
      [...signers.sources, keySource(OTHER_KEY)],
      [keySource(OTHER_KEY), ...signers.sources],
    ]
  ) {
    const question = { layers, policy: { signers: { kind: "keys" as const, sources: wrong } } };
    await expect(question, "undecided cosign.key");
  }
});

Deno.test("cosign: every signature is reported with every key, in a fixed order", async () => {
  const layers = [await forgeLayer(OTHER_KEY), await forgeLayer(KEY)];
  const material = new Map([["vault", provided(["b", "2", KEY], ["b", "1", KEY], ["a", "", KEY])]]);
  const policy = fromProvider() ?? {};
  const result = await expect({ layers, material, policy }, "success");
  const { trustPolicy: name, signatures } = result.extensions as Json;
  assert.equal(name, "forged");
  assert.deepEqual(
    signatures.map((one: Json) => one.signature),
    layers.map((layer) => layer.annotations[SIGNATURE]),
  );
  for (const [index, { verifications }] of signatures.entries()) {
    assert.deepEqual(
      verifications.map((one: Json) => one.keyInformation),
      [["a", ""], ["b", "1"], ["b", "2"]].map(([key, version]) => ({
        provider: "vault",
        name: key,
        version,
      })),
    );
    for (const verification of verifications) {
      assert.equal(verification.isSuccess, index === 1);
      assert.equal(verification.bundleVerified, false);
      assert.equal("error" in verification, index === 0);
      assert.deepEqual(
        verification.summary,
        index === 0 ? undefined : [
          "The cosign claims were validated",
          "The signatures were verified against the specified public key",
        ],
      );
    }
  }
});

// Layers and payloads

const GOOD = await forgeLayer(KEY);

const MALFORMED: Readonly<Record<string, Partial<Layer>>> = {
  "of another media type": { mediaType: "application/json" },
  "without signature": { annotations: {} },
  "with an empty signature": { annotations: { [SIGNATURE]: "" } },
  "with a signature that is not base64": { annotations: { [SIGNATURE]: "a b" } },
  "with white space in the signature": {
    annotations: { [SIGNATURE]: `${GOOD.annotations[SIGNATURE]}\n` },
  },
};

for (const [name, change] of Object.entries(MALFORMED)) {
  Deno.test(`cosign: a layer ${name} is no signature, and spoils no other`, async () => {
    const bad = { ...GOOD, ...change };
    await expect({ layers: [bad], keys: [KEY] }, "failure cosign.malformed");
    await expect({ layers: [bad, GOOD], keys: [KEY] }, "success");
    await expect({ layers: [GOOD, bad], keys: [KEY] }, "success");
  });
}

const CLAIMS: Readonly<Record<string, Bytes>> = {
  "text": utf8("hello"),
  "a list": utf8("[]"),
  "no critical part": utf8("{}"),
  "another digest": simplePayload((one) => {
    one.critical.image["docker-manifest-digest"] = `sha256:${"0".repeat(64)}`;
    return one;
  }),
  "the digest in upper case": simplePayload((one) => {
    one.critical.image["docker-manifest-digest"] = IMAGE.descriptor.digest.toUpperCase();
    return one;
  }),
  "another type": simplePayload((one) => {
    one.critical.type = "other";
    return one;
  }),
  "the digest twice": utf8(
    `{"critical":{"image":{"docker-manifest-digest":"${IMAGE.descriptor.digest}","docker-manifest-digest":"${IMAGE.descriptor.digest}"},"type":"cosign container image signature"}}`,
  ),
};

for (const [name, payload] of Object.entries(CLAIMS)) {
  Deno.test(`cosign: a payload with ${name} is not about this image, though its signature is right`, async () => {
    const layers = [await forgeLayer(KEY, payload)];
    await expect({ layers, keys: [KEY] }, "failure cosign.payload_digest_mismatch");
  });
}

Deno.test("cosign: required annotations must be signed with exactly the same value", async () => {
  const payload = simplePayload((one) => ({ ...one, optional: { env: "prod", count: 1 } }));
  const layers = [await forgeLayer(KEY, payload)];
  const ask = (annotations: Record<string, string>): CosignQuestion => ({
    layers,
    keys: [KEY],
    policy: { annotations },
  });
  await expect(ask({ env: "prod" }), "success");
  for (const wrong of [{ env: "dev" }, { other: "x" }, { count: "1" }, { toString: "x" }]) {
    await expect(ask(wrong as unknown as Record<string, string>), "failure cosign.annotations");
  }
  const inLayer = [await forgeLayer(KEY, simplePayload(), { env: "prod" })];
  await expect({ ...ask({ env: "prod" }), layers: inLayer }, "failure cosign.annotations");
});

Deno.test("cosign: a payload that cannot be had leaves the artifact open, unless another signature is right", async () => {
  const second = await forgeLayer(KEY, simplePayload((one) => ({ ...one, optional: { a: 1 } })));
  const digest = `sha256:${await sha256Hex(GOOD.payload)}`;
  const blob = (asked: string): Promise<Bytes> =>
    asked === digest
      ? Promise.reject(
        new VerificationFailure({
          reason: "manifest.blob_unavailable",
          effect: "undecided",
          transient: true,
          message: "gone",
        }),
      )
      : Promise.resolve(second.payload);
  const question = { keys: [KEY], blob };
  const open = await expect({ ...question, layers: [GOOD] }, "undecided manifest.blob_unavailable");
  assert.equal(open.failure?.transient, true);
  await expect({ ...question, layers: [GOOD, second] }, "success");
});

Deno.test("cosign: limits and manifests", async () => {
  await expect({ layers: [], keys: [KEY] }, "failure no_signatures");
  const many = Array.from({ length: 101 }, () => GOOD);
  await expect({ layers: many, keys: [KEY] }, "failure limit_exceeded");
  await expect({ layers: many.slice(1), keys: [KEY] }, "success");
  const index = "application/vnd.oci.image.index.v1+json";
  const manifest = { mediaType: index, kind: "index" as const };
  await expect({ layers: [GOOD], keys: [KEY], manifest }, "failure manifest.invalid");
  const artifactType = "application/vnd.other";
  await expect({ layers: [GOOD], keys: [KEY], artifactType }, "failure not_applicable");
});

// Scopes

Deno.test("cosign: the policy of the narrowest scope applies, and none when no scope fits", async () => {
  const policies = (scopes: readonly string[]): CosignQuestion => ({
    layers: [GOOD],
    policies: [
      trustPolicy({ name: "all", scopes: ["*"], signers: keys(OTHER_KEY) }),
      trustPolicy({ name: "own", scopes, signers: keys(KEY) }),
    ],
  });
  const { digest } = IMAGE.descriptor;
  for (
    const scope of [
      "registry.example.com/*",
      "registry.example.com/a*",
      "REGISTRY.example.com:443/app*",
      `registry.example.com/app@${digest}`,
    ]
  ) {
    await expect(policies([scope]), "success");
  }
  for (
    const scope of ["registry.example.com/app", "registry.example.com/app/*", "other.example.com/*"]
  ) {
    await expect(policies([scope]), "failure cosign.signature");
  }
  const none = { layers: [GOOD], policy: { scopes: ["x/*"] } };
  await expect(none, "failure no_applicable_policy");
});

function keys(
  ...list: readonly ForgedKey[]
): { kind: "keys"; sources: ReturnType<typeof keySource>[] } {
  return { kind: "keys", sources: list.map((key) => keySource(key)) };
}

// Transparency log and certificates

/** The annotation that has the log entry of a layer. */
async function logged(
  layer: Layer,
  signer: ForgedKey | typeof SIGNER,
  at = SIGNED_AT,
): Promise<Layer> {
  const der = "key" in signer ? signer.der : signer.spki;
  const label = "key" in signer ? "CERTIFICATE" : "PUBLIC KEY";
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
  const entry = await forgeEntry(
    INSTANCE,
    {
      apiVersion: "0.0.1",
      kind: "hashedrekord",
      spec: {
        data: { hash: { algorithm: "sha256", value: await sha256Hex(layer.payload) } },
        signature: {
          content: layer.annotations[SIGNATURE],
          publicKey: { content: utf8(pem).toBase64() },
        },
      },
    },
    false,
    at,
  );
  const bundle = {
    SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
    Payload: {
      body: entry.canonicalizedBody,
      integratedTime: Number(entry.integratedTime),
      logIndex: Number(entry.logIndex),
      logID: Uint8Array.fromBase64(entry.logId.keyId).toHex(),
    },
  };
  return { ...layer, annotations: { ...layer.annotations, [BUNDLE]: JSON.stringify(bundle) } };
}

/** A signature by the same key over something else: ECDSA here signs the same thing the same way. */
const { annotations: OTHERS } = await forgeLayer(KEY, utf8("something else"));
const ANOTHER = { annotations: OTHERS };
const LOGGED_KEY = await logged(GOOD, KEY);
const KEYLESS_LAYER = await logged(await forgeLayer(SIGNER), SIGNER);
const WITH_LOG: CosignQuestion = {
  instance: INSTANCE,
  policy: { requireLog: true, signers: KEYLESS },
};
const KEY_WITH_LOG: CosignQuestion = {
  instance: INSTANCE,
  policy: { requireLog: true, signers: keys(KEY) },
};

Deno.test("cosign: a log entry counts for a key and for a certificate", async () => {
  await expect({ ...KEY_WITH_LOG, layers: [LOGGED_KEY] }, "success");
  const result = await expect({ ...WITH_LOG, layers: [KEYLESS_LAYER] }, "success");
  const [{ verifications: [verification] }] = (result.extensions as Json).signatures;
  assert.deepEqual({ ...verification, summary: verification.summary.length }, {
    isSuccess: true,
    bundleVerified: true,
    keyInformation: {},
    identity: IDENTITY,
    issuer: ISSUER,
    log: "https://rekor.example",
    logIndex: 1003,
    integratedTime: SIGNED_AT.toISOString(),
    summary: 3,
  });
  for (const wanted of [IDENTITY, ISSUER, "1003", SIGNED_AT.toISOString()]) {
    assert.ok(result.checks.some(({ detail }) => detail.includes(wanted)), wanted);
  }
});

Deno.test("cosign: a log entry is needed where the policy asks for one, and none is looked at where it does not", async () => {
  await expect({ ...KEY_WITH_LOG, layers: [GOOD] }, "failure cosign.tlog_missing");
  const broken = { ...GOOD, annotations: { ...GOOD.annotations, [BUNDLE]: "{}" } };
  await expect({ ...KEY_WITH_LOG, layers: [broken] }, "failure cosign.tlog_invalid");
  await expect({ ...KEY_WITH_LOG, layers: [broken, LOGGED_KEY] }, "success");
});

Deno.test("cosign: without trusted root nobody can say whom to trust", async () => {
  const question = { layers: [LOGGED_KEY], policy: { requireLog: true, signers: keys(KEY) } };
  await expect(question, "undecided cosign.trusted_root");
  const named = { ...question, policy: { ...question.policy, trustedRoot: "root" } };
  await expect(named, "undecided cosign.trusted_root");
  await expect(
    { ...named, material: new Map([["root", provided()]]) },
    "undecided cosign.trusted_root",
  );
});

const ENTRIES: Readonly<Record<string, (bundle: Json) => void>> = {
  "another time": ({ Payload }) => Payload.integratedTime++,
  "another position": ({ Payload }) => Payload.logIndex++,
  "another log": ({ Payload }) => Payload.logID = "0".repeat(64),
  "the log in upper case": ({ Payload }) => Payload.logID = Payload.logID.toUpperCase(),
  "a body that is no text": ({ Payload }) => Payload.body = {},
  "a time that is no number": ({ Payload }) => Payload.integratedTime = "1",
  "no promise": (bundle) => delete bundle.SignedEntryTimestamp,
  "an empty promise": (bundle) => bundle.SignedEntryTimestamp = "",
};

for (const [name, change] of Object.entries(ENTRIES)) {
  Deno.test(`cosign: a log entry with ${name} proves nothing`, async () => {
    const bundle = JSON.parse(LOGGED_KEY.annotations[BUNDLE] ?? "");
    change(bundle);
    const annotations = { ...LOGGED_KEY.annotations, [BUNDLE]: JSON.stringify(bundle) };
    const layers = [{ ...LOGGED_KEY, annotations }];
    await expect({ ...KEY_WITH_LOG, layers }, "failure cosign.tlog_invalid");
  });
}

Deno.test("cosign: an entry about another signature, key or payload proves nothing", async () => {
  const entryOf = (layer: Layer): Record<string, string> => ({
    [BUNDLE]: layer.annotations[BUNDLE] ?? "",
  });
  const otherKey = await logged(GOOD, OTHER_KEY);
  const otherSignature = await logged({ ...GOOD, ...ANOTHER }, KEY);
  const otherPayload = await logged({ ...GOOD, payload: utf8("{}") }, KEY);
  for (const other of [otherKey, otherSignature, otherPayload]) {
    const layers = [{ ...GOOD, annotations: { ...GOOD.annotations, ...entryOf(other) } }];
    await expect({ ...KEY_WITH_LOG, layers }, "failure cosign.tlog_invalid");
  }
});

Deno.test("cosign: a byte changed in payload, signature, certificate, promise or entry is never allowed", async () => {
  const places = ["payload", SIGNATURE, "dev.sigstore.cosign/certificate", "promise", "body"];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.nat(),
      fc.nat(7),
      async (place, position, bit) => {
        const flip = (bytes: Bytes): Bytes => {
          const copy = bytes.slice();
          copy[position % copy.length]! ^= 1 << bit;
          return copy;
        };
        const flip64 = (text: string): string => flip(Uint8Array.fromBase64(text)).toBase64();
        const annotations = { ...KEYLESS_LAYER.annotations };
        let { payload } = KEYLESS_LAYER;
        const bundle = JSON.parse(annotations[BUNDLE] ?? "");
        if (place === "payload") payload = flip(payload);
        else if (place === SIGNATURE) annotations[SIGNATURE] = flip64(annotations[SIGNATURE] ?? "");
        else if (place === "promise") {
          bundle.SignedEntryTimestamp = flip64(bundle.SignedEntryTimestamp);
        } else if (place === "body") bundle.Payload.body = flip64(bundle.Payload.body);
        else {
          const lines = flip(SIGNER.der).toBase64().match(/.{1,64}/g) ?? [];
          annotations[place] = `-----BEGIN CERTIFICATE-----\n${
            lines.join("\n")
          }\n-----END CERTIFICATE-----\n`;
        }
        annotations[BUNDLE] = JSON.stringify(bundle);
        const result = await judgeCosign({ ...WITH_LOG, layers: [{ payload, annotations }] });
        assert.equal(result.outcome, "failure", place);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("cosign: a certificate is judged at the time in the log, and as of now where no log is asked for", async () => {
  const late = await logged(await forgeLayer(SIGNER), SIGNER, new Date("2026-11-01T00:10:01Z"));
  await expect({ ...WITH_LOG, layers: [late] }, "failure cosign.certificate_time");
  const last = await logged(await forgeLayer(SIGNER), SIGNER, new Date("2026-11-01T00:10:00Z"));
  await expect({ ...WITH_LOG, layers: [last] }, "success");
  const withoutLog = {
    instance: INSTANCE,
    layers: [await forgeLayer(SIGNER)],
    policy: { signers: KEYLESS },
  };
  const result = await expect({ ...withoutLog, now: SIGNED_AT }, "success");
  assert.deepEqual(result.validUntil, new Date("2026-11-01T00:10:00Z"));
  await expect(withoutLog, "failure cosign.certificate_time");
});

Deno.test("cosign: a timestamp proves the time where no log is asked for", async () => {
  const layer = await forgeLayer(SIGNER);
  const stampedBy = async (time: string, stamped: Bytes): Promise<Layer> => {
    const token = await forgeTimestamp({ stamped, authority: INSTANCE.timestamps, time });
    const value = JSON.stringify({ SignedRFC3161Timestamp: granted(token).toBase64() });
    return { ...layer, annotations: { ...layer.annotations, [TIMESTAMP]: value } };
  };
  const question = { instance: INSTANCE, policy: { signers: KEYLESS } };
  const signature = Uint8Array.fromBase64(layer.annotations[SIGNATURE] ?? "");
  const good = await stampedBy("20261101000500Z", signature);
  const result = await expect({ ...question, layers: [good] }, "success");
  assert.equal(result.validUntil, undefined);
  const late = await stampedBy("20261101001001Z", signature);
  await expect({ ...question, layers: [late] }, "failure cosign.certificate_time");
  const token = await forgeTimestamp({
    stamped: signature,
    authority: INSTANCE.timestamps,
    time: "20261101000500Z",
  });
  const refused = JSON.stringify({ SignedRFC3161Timestamp: granted(token, 2).toBase64() });
  const rejected = { ...layer, annotations: { ...layer.annotations, [TIMESTAMP]: refused } };
  await expect({ ...question, layers: [rejected] }, "failure timestamp.malformed");
  const other = await stampedBy("20261101000500Z", utf8("other"));
  await expect({ ...question, layers: [other] }, "failure timestamp.imprint_mismatch");
});

Deno.test("cosign: intermediates beside a signature help where the root is known alone", async () => {
  const root = structuredClone(INSTANCE.trustedRoot);
  const [authority] = root.certificateAuthorities;
  authority.certChain.certificates = authority.certChain.certificates.slice(1);
  const instance = { ...INSTANCE, trustedRoot: root };
  const chain = "dev.sigstore.cosign/chain";
  await expect(
    { ...WITH_LOG, instance, layers: [KEYLESS_LAYER] },
    "failure cosign.certificate_untrusted",
  );
  const annotations = { ...KEYLESS_LAYER.annotations, [chain]: INSTANCE.intermediate.pem };
  await expect({ ...WITH_LOG, instance, layers: [{ ...KEYLESS_LAYER, annotations }] }, "success");
  const foreign = await forgeInstance("other");
  const wrong = {
    ...KEYLESS_LAYER.annotations,
    [chain]: foreign.intermediate.pem + foreign.root.pem,
  };
  await expect(
    { ...WITH_LOG, instance, layers: [{ ...KEYLESS_LAYER, annotations: wrong }] },
    "failure cosign.certificate_untrusted",
  );
});

Deno.test("cosign: outside a bundle every certificate timestamp must be by a trusted log", async () => {
  const foreign = await forgeInstance("other");
  const signer = await forgeSigner(INSTANCE, {
    certificateLogs: [INSTANCE.certificateLog, foreign.certificateLog],
  });
  const layers = [await logged(await forgeLayer(signer), signer)];
  await expect({ ...WITH_LOG, layers }, "failure cosign.sct");
});

// Bundles

Deno.test("cosign: a bundle counts as a signature only with the predicate of one", async () => {
  const artifact = IMAGE.bytes;
  const make = (predicateType: string): Promise<Json> =>
    forgeBundle({ instance: INSTANCE, signer: SIGNER, artifact, kind: "dsse", predicateType });
  const bundle = await make("https://sigstore.dev/cosign/sign/v1");
  const result = await expect({ ...WITH_LOG, bundle }, "success");
  assert.equal((result.extensions as Json).signatures[0].verifications[0].identity, IDENTITY);
  const digest = IMAGE.descriptor.digest;
  const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const blob = { mediaType, digest, size: 1 };
  for (const blobs of [[], [blob, blob], [{ ...blob, mediaType: "application/json" }]]) {
    await expect({ ...WITH_LOG, bundle, manifest: { blobs } }, "failure cosign.malformed");
  }
  const other = await make("https://slsa.dev/provenance/v1");
  await expect({ ...WITH_LOG, bundle: other }, "failure not_applicable");
  const message = await forgeBundle({ instance: INSTANCE, signer: SIGNER, artifact });
  await expect({ ...WITH_LOG, bundle: message }, "failure cosign.malformed");
});

Deno.test("cosign: a bundle needs a time that is proven, also where no log is asked for", async () => {
  const predicateType = "https://sigstore.dev/cosign/sign/v1";
  const make = (timestamped: boolean): Promise<Json> =>
    forgeBundle({
      instance: INSTANCE,
      signer: SIGNER,
      artifact: IMAGE.bytes,
      kind: "dsse",
      predicateType,
      entry: "none",
      timestamped,
    });
  const question = { instance: INSTANCE, policy: { signers: KEYLESS }, now: SIGNED_AT };
  await expect({ ...question, bundle: await make(false) }, "failure cosign.certificate_time");
  await expect({ ...question, bundle: await make(true) }, "success");
});

Deno.test("cosign: annotations that a bundle signs are those of its subject", async () => {
  const bundle = await forgeBundle({
    instance: INSTANCE,
    signer: KEY,
    artifact: IMAGE.bytes,
    kind: "dsse",
    predicateType: "https://sigstore.dev/cosign/sign/v1",
    statement: (statement) => {
      statement.subject[0].annotations = { env: "prod" };
      return statement;
    },
  });
  const ask = (env: string): CosignQuestion => ({
    bundle,
    policy: { signers: keys(KEY), annotations: { env } },
  });
  await expect(ask("prod"), "success");
  await expect(ask("dev"), "failure cosign.annotations");
});

// Asking a log

/** What a log answers: entries by their identifiers. */
async function answer(...layers: readonly Layer[]): Promise<Json[]> {
  return await Promise.all(layers.map(async (layer) => {
    const { Payload, SignedEntryTimestamp } = JSON.parse(layer.annotations[BUNDLE] ?? "");
    const body = Uint8Array.fromBase64(Payload.body) as Bytes;
    const entry = await forgeEntry(INSTANCE, JSON.parse(new TextDecoder().decode(body)));
    const { inclusionProof: proof } = entry;
    const hex = (base64: string): string => Uint8Array.fromBase64(base64).toHex();
    const id = await sha256Hex(join(Uint8Array.of(0), body));
    return {
      [`00112233445566aa${id}`]: {
        body: Payload.body,
        integratedTime: Payload.integratedTime,
        logID: Payload.logID,
        logIndex: Payload.logIndex,
        verification: {
          signedEntryTimestamp: SignedEntryTimestamp,
          inclusionProof: {
            logIndex: 3,
            treeSize: 5,
            rootHash: hex(proof.rootHash),
            hashes: proof.hashes.map(hex),
            checkpoint: proof.checkpoint.envelope,
          },
        },
      },
    };
  }));
}

const ASKING = { requireLog: true, signers: keys(KEY), logUrl: new URL("https://rekor.example/x") };

Deno.test("cosign: a log is asked for the entry of a signature that comes without one", async () => {
  const questions: Json[] = [];
  const reply = await answer(LOGGED_KEY);
  const result = await expect({
    instance: INSTANCE,
    layers: [GOOD],
    policy: ASKING,
    askLog: (url, question) => {
      assert.equal(url.href, "https://rekor.example/x");
      questions.push(JSON.parse(new TextDecoder().decode(question)));
      return Promise.resolve(utf8(JSON.stringify(reply)));
    },
  }, "success");
  const [{ entries: [{ spec, kind }] }] = questions as [Json];
  assert.equal(kind, "hashedrekord");
  assert.equal(spec.signature.content, GOOD.annotations[SIGNATURE]);
  assert.deepEqual(spec.data.hash, { algorithm: "sha256", value: await sha256Hex(GOOD.payload) });
  const [{ verifications: [{ summary, bundleVerified }] }] = (result.extensions as Json).signatures;
  assert.equal(bundleVerified, true);
  assert.ok(summary.includes("The claims were present in the transparency log"));
});

Deno.test("cosign: no log is asked about a signature that is wrong, or that has its entry with it", async () => {
  const policy = ASKING; // askLog fails the test when it is asked
  const wrong = {
    ...GOOD,
    annotations: { [SIGNATURE]: KEYLESS_LAYER.annotations[SIGNATURE] ?? "" },
  };
  await expect({ instance: INSTANCE, layers: [wrong], policy }, "failure cosign.signature");
  await expect({ instance: INSTANCE, layers: [LOGGED_KEY], policy }, "success");
});

const ANSWERS: Readonly<Record<string, (reply: Json[]) => unknown>> = {
  "an entry under another identifier": (reply) =>
    reply.map((one) => ({ ["0".repeat(64)]: Object.values(one)[0] })),
  "an entry without proof": (reply) =>
    changed(reply, (entry) => delete entry.verification.inclusionProof),
  "another root": (reply) =>
    changed(
      reply,
      ({ verification: { inclusionProof } }) => inclusionProof.rootHash = "00".repeat(32),
    ),
  "a promise for another time": (reply) => changed(reply, (entry) => entry.integratedTime++),
  "no list": () => ({}),
};

function changed(reply: Json[], change: (entry: Json) => void): Json[] {
  for (const one of reply) for (const entry of Object.values(one)) change(entry);
  return reply;
}

for (const [name, change] of Object.entries(ANSWERS)) {
  Deno.test(`cosign: a log that answers with ${name} proves nothing`, async () => {
    const reply = utf8(JSON.stringify(change(await answer(LOGGED_KEY))));
    const askLog = (): Promise<Bytes> => Promise.resolve(reply);
    const question = { instance: INSTANCE, layers: [GOOD], policy: ASKING, askLog };
    await expect(question, "failure cosign.tlog_invalid");
  });
}

Deno.test("cosign: an entry of the log for another signature is passed over, and the earliest right one counts", async () => {
  const other = await logged({ ...GOOD, ...ANOTHER }, KEY);
  const later = await logged(GOOD, KEY, new Date("2026-11-02T00:00:00Z"));
  const asking = (reply: Json[]): CosignQuestion => ({
    instance: INSTANCE,
    layers: [GOOD],
    policy: ASKING,
    askLog: () => Promise.resolve(utf8(JSON.stringify(reply))),
  });
  const result = await expect(asking(await answer(other, later, LOGGED_KEY)), "success");
  const [{ verifications: [{ integratedTime }] }] = (result.extensions as Json).signatures;
  assert.equal(integratedTime, SIGNED_AT.toISOString());
  await expect(asking(await answer(other)), "failure cosign.tlog_invalid");
  const many = Array.from({ length: 10 }, () => other);
  await expect(asking(await answer(...many.slice(1), LOGGED_KEY)), "success");
  await expect(asking(await answer(...many, LOGGED_KEY)), "failure cosign.tlog_invalid");
  await expect(asking([]), "failure cosign.tlog_missing");
});

Deno.test("cosign: a log that does not answer leaves the artifact open", async () => {
  const askLog = (): Promise<Bytes> =>
    Promise.reject(
      new AssayError({ code: "LOG_UNAVAILABLE", component: "verifier", message: "x" }),
    );
  const question = { instance: INSTANCE, layers: [GOOD], policy: ASKING, askLog };
  const result = await expect(question, "undecided cosign.tlog_unavailable");
  assert.equal(result.failure?.transient, true);
});

// Anything at all

Deno.test("cosign: whatever stands in a layer or in a bundle, the verifier has a verdict that is no success", async () => {
  const names = [
    SIGNATURE,
    BUNDLE,
    TIMESTAMP,
    "dev.sigstore.cosign/certificate",
    "dev.sigstore.cosign/chain",
  ];
  const noise = fc.oneof(fc.string(), fc.json(), fc.base64String(), fc.constant(SIGNER.pem));
  const question = { instance: INSTANCE, policy: { requireLog: true, signers: KEYLESS } };
  const full = await forgeBundle({
    instance: INSTANCE,
    signer: SIGNER,
    artifact: IMAGE.bytes,
    kind: "dsse",
    timestamped: true,
    predicateType: "https://sigstore.dev/cosign/sign/v1",
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      noise,
      fc.uint8Array(),
      async (name, text, bytes) => {
        const annotations = { ...KEYLESS_LAYER.annotations, [name]: text };
        const layers = [
          { ...KEYLESS_LAYER, annotations },
          { ...KEYLESS_LAYER, payload: new Uint8Array(bytes) },
        ];
        const { outcome } = await judgeCosign({ ...question, layers });
        // The chain and a timestamp that nobody needs are the only parts that say nothing here.
        const idle = name === "dev.sigstore.cosign/chain" || text === "" || text === SIGNER.pem;
        if (!idle) assert.notEqual(outcome, "success", `${name}: ${text}`);
        await judgeCosign({ ...question, bundle: text });
      },
    ),
    { numRuns: 200 },
  );
  const { verificationMaterial: material } = full;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(material)),
      fc.jsonValue(),
      async (member, value) => {
        const bundle = { ...full, verificationMaterial: { ...material, [member]: value } };
        const { outcome } = await judgeCosign({ ...question, bundle });
        const idle = member === "timestampVerificationData"; // the log proves the time as well
        if (!idle) assert.notEqual(outcome, "success", JSON.stringify(value));
      },
    ),
    { numRuns: 200 },
  );
});

// The older form of the report

Deno.test("cosign: a verifier with a key in place of policies reports in the older form", async () => {
  const result = await expect({ layers: [GOOD], keys: [KEY], legacyReport: true }, "success");
  assert.equal(result.message, "Verification success. Valid signatures found");
  assert.deepEqual(result.extensions, {
    signatures: [{
      signatureDigest: `sha256:${await sha256Hex(GOOD.payload)}`,
      isSuccess: true,
      bundleVerified: false,
      keyInformation: {},
    }],
  });
});
