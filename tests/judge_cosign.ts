/** Lets the Cosign and attestation verifiers judge forged artifacts, without any file. */

import { parsePublicKey } from "../src/crypto/mod.ts";
import { AssayError } from "../src/errors.ts";
import type { Digest, Manifest } from "../src/oci/mod.ts";
import { parseTrustedRoot, type TrustMaterial, TrustSnapshot } from "../src/trust/mod.ts";
import {
  type Condition,
  type CosignTrustPolicy,
  createAttestationVerifier,
  createCosignVerifier,
  exactly,
  type KeySource,
  type Verifier,
  type VerifierResult,
} from "../src/verifiers/mod.ts";
import {
  type Bytes,
  type ForgedCertificate,
  type ForgedKey,
  forgeImage,
  IDENTITY,
  ISSUER,
  type Json,
  sha256Hex,
  signLike,
  type SigstoreInstance,
  utf8,
} from "./forge/mod.ts";

/** The image that forged signatures are about. */
export const IMAGE = await forgeImage();
const SUBJECT = { ...IMAGE.descriptor, digest: IMAGE.descriptor.digest as Digest };
const REFERENCE = `registry.example.com/app@${SUBJECT.digest}`;

const SIGNATURE_TYPE = "application/vnd.dev.cosign.artifact.sig.v1+json";
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";

/** One layer of a signature: a payload and annotations. */
export interface Layer {
  readonly payload: Bytes;
  readonly annotations: Readonly<Record<string, string>>;
  readonly mediaType?: string;
}

/** What the verifier is told. Without policy, any of the keys is trusted and no log is asked for. */
export interface CosignQuestion {
  readonly layers?: readonly Layer[];
  readonly bundle?: Json;
  readonly keys?: readonly ForgedKey[];
  readonly policy?: Partial<CosignTrustPolicy>;
  readonly policies?: readonly CosignTrustPolicy[];
  readonly instance?: SigstoreInstance;
  readonly material?: ReadonlyMap<string, TrustMaterial | AssayError>;
  readonly now?: Date;
  readonly artifactType?: string;
  readonly manifest?: Partial<Manifest>;
  readonly blob?: (digest: string) => Promise<Bytes>;
  readonly askLog?: (url: URL, question: Bytes) => Promise<Bytes>;
  readonly legacyReport?: boolean;
  /** A verifier that is there already; what it is configured with does not count then. */
  readonly verifier?: Verifier;
  readonly attestation?: {
    readonly predicateTypes: readonly string[];
    readonly conditions?: readonly Condition[];
  };
}

/** A key of a trust policy, as from a file. */
export function keySource(key: ForgedKey, hash?: "SHA-256" | "SHA-384" | "SHA-512"): KeySource {
  return { kind: "file", path: `/${key.kind}.pub`, key: parsePublicKey(key.spki), hash };
}

/** A trust policy; whom it trusts must be told, the rest has defaults. */
export function trustPolicy(policy: Partial<CosignTrustPolicy>): CosignTrustPolicy {
  return {
    name: "forged",
    scopes: ["*"],
    signers: { kind: "keys", sources: [] },
    requireLog: false,
    trustedRoot: undefined,
    logUrl: undefined,
    annotations: {},
    ...policy,
  };
}

/** Trusts the signer that forged certificates name. */
export const KEYLESS: CosignTrustPolicy["signers"] = {
  kind: "keyless",
  identity: { identity: exactly(IDENTITY), issuer: exactly(ISSUER) },
  requireCertificateLog: true,
};

/** The verifier's result. */
export async function judgeCosign(question: CosignQuestion): Promise<VerifierResult> {
  const blobs = new Map<string, Bytes>();
  const layers = question.bundle === undefined
    ? question.layers ?? []
    : [{ payload: utf8(JSON.stringify(question.bundle)), annotations: {}, mediaType: BUNDLE_TYPE }];
  const descriptors = await Promise.all(layers.map(async (layer) => {
    const digest = `sha256:${await sha256Hex(layer.payload)}` as Digest;
    blobs.set(digest, layer.payload);
    const { annotations, mediaType = SIMPLE_SIGNING } = layer;
    return { mediaType, digest, size: layer.payload.length, annotations };
  }));
  const artifactType = question.artifactType ??
    (question.bundle === undefined ? SIGNATURE_TYPE : BUNDLE_TYPE);
  const manifest: Manifest = {
    kind: "image",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType,
    blobs: descriptors,
    manifests: [],
    subject: SUBJECT,
    annotations: {},
    ...question.manifest,
  };
  const referrer = { mediaType: manifest.mediaType, digest: SUBJECT.digest, size: 1, artifactType };
  return await (question.verifier ?? verifierOf(question)).verify(
    { reference: REFERENCE, descriptor: SUBJECT },
    referrer,
    {
      artifacts: {
        manifest: () => Promise.resolve(manifest),
        blob: ({ digest }) =>
          question.blob?.(digest) ?? Promise.resolve(blobs.get(digest) ?? new Uint8Array()),
      },
      trust: new TrustSnapshot("forged", question.material ?? new Map()),
      scope: "",
      now: question.now ?? new Date("2026-11-24T12:00:00Z"),
      signal: new AbortController().signal,
    },
  );
}

/** The verifier that a question is asked of. */
export function verifierOf(question: CosignQuestion): Verifier {
  const sources = (question.keys ?? []).map((key) => keySource(key));
  const common = {
    name: "cosign",
    artifactTypes: [SIGNATURE_TYPE, BUNDLE_TYPE],
    trustPolicies: question.policies ??
      [trustPolicy({ signers: { kind: "keys", sources }, ...question.policy })],
    trustedRoot: question.instance &&
      parseTrustedRoot(JSON.stringify(question.instance.trustedRoot)),
    askLog: question.askLog ?? (() => Promise.reject(new Error("no log was to be asked"))),
  };
  const { attestation } = question;
  return attestation === undefined
    ? createCosignVerifier({
      ...common,
      type: "cosign",
      legacyReport: question.legacyReport ?? false,
    })
    : createAttestationVerifier({
      ...common,
      type: "attestation",
      predicateTypes: attestation.predicateTypes,
      conditions: attestation.conditions ?? [],
    });
}

/** The payload of an image signature; members may be replaced. */
export function simplePayload(change: (payload: Json) => Json = (same) => same): Bytes {
  return utf8(JSON.stringify(change({
    critical: {
      identity: { "docker-reference": "registry.example.com/app" },
      image: { "docker-manifest-digest": SUBJECT.digest },
      type: "cosign container image signature",
    },
    optional: null,
  })));
}

/** A layer signed by a key, or by the key of a certificate that is put beside it. */
export async function forgeLayer(
  signer: ForgedKey | ForgedCertificate,
  payload: Bytes = simplePayload(),
  annotations: Readonly<Record<string, string>> = {},
): Promise<Layer> {
  const signature = await signLike("key" in signer ? signer.key : signer, payload);
  return {
    payload,
    annotations: {
      "dev.cosignproject.cosign/signature": signature.toBase64(),
      ...("key" in signer ? { "dev.sigstore.cosign/certificate": signer.pem } : {}),
      ...annotations,
    },
  };
}
