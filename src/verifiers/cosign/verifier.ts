import { type Bytes, COSIGN_SIGNATURE, type Manifest } from "../../oci/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { bundleVersion, refusal } from "../sigstore/mod.ts";
import type {
  VerifiedReferrer,
  VerifiedSubject,
  Verifier,
  VerifierContext,
  VerifierResult,
} from "../verifier.ts";
import { checkAnnotations } from "./annotations.ts";
import type { Signature } from "./attempt.ts";
import { checkManifest, readBundleLayer, statementSignature } from "./bundle_layer.ts";
import { judgeArtifact, type TrustConfiguration } from "./judge.ts";
import { fetchLayers, orFailure } from "./layers.ts";
import { summarise, summariseLegacy } from "./report.ts";
import { checkPayload, readLayer, signatureText } from "./simple_signing.ts";
import type { CosignTrustPolicy } from "./trust_policy.ts";

/** The most bytes of a signed payload, or of a bundle, that are read: 4 MiB. */
const MAX_BLOB_BYTES = 4 * 1024 * 1024;

/** The predicate of a statement that is an image signature. Any other is an attestation. */
const SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

/** The most signatures of one artifact. */
const MAX_SIGNATURES = 100;

const WORDS = {
  success:
    "Verification success. Valid signatures found. Please refer to extensions field for verifications performed.",
  failure: "Failed to validate the Cosign signature",
};

/** The configuration of a Cosign verifier, validated. */
export interface CosignConfiguration extends TrustConfiguration {
  /** Artifact types that must be attached to the signature itself. */
  readonly nestedReferences?: readonly string[];
  readonly type: string;
  /** The artifact types that it judges; `*` for all. That of cosign's signatures stands for bundles too. */
  readonly artifactTypes: readonly string[];
  /** Whether the report has the older form, as for a verifier with a key in place of trust policies. */
  readonly legacyReport: boolean;
}

/** Verifies signatures that cosign and other tools of Sigstore make, in all forms. */
export function createCosignVerifier(configuration: CosignConfiguration): Verifier {
  const types = new Set(configuration.artifactTypes);
  return {
    name: configuration.name,
    type: configuration.type,
    maxAttempts: MAX_SIGNATURES,
    accepts: (artifactType) =>
      types.has("*") || types.has(artifactType) ||
      (types.has(COSIGN_SIGNATURE) && bundleVersion(artifactType) !== undefined),
    ...(configuration.nestedReferences?.length
      ? { nestedReferences: configuration.nestedReferences }
      : {}),
    verify: (subject, referrer, context) => verify(configuration, subject, referrer, context),
  };
}

function verify(
  configuration: CosignConfiguration,
  subject: VerifiedSubject,
  referrer: VerifiedReferrer,
  context: VerifierContext,
): Promise<VerifierResult> {
  return judgeArtifact(
    configuration,
    subject,
    context,
    (policy) => readSignatures(subject, referrer, policy, context),
    (attempts, before, extensions) =>
      configuration.legacyReport
        ? summariseLegacy(attempts, before)
        : summarise(attempts, before, extensions, WORDS),
  );
}

async function readSignatures(
  subject: VerifiedSubject,
  referrer: VerifiedReferrer,
  policy: CosignTrustPolicy,
  context: VerifierContext,
): Promise<Signature[]> {
  const manifest = await context.artifacts.manifest();
  checkManifest(manifest);
  if (bundleVersion(referrer.artifactType) !== undefined) {
    return [await readBundle(manifest, subject, policy, context)];
  }
  if (referrer.artifactType !== COSIGN_SIGNATURE) {
    throw refusal("not_applicable", `${referrer.artifactType} is not a signature by cosign`);
  }
  return await readLayers(manifest, subject, policy, context);
}

async function readBundle(
  manifest: Manifest,
  subject: VerifiedSubject,
  policy: CosignTrustPolicy,
  context: VerifierContext,
): Promise<Signature> {
  const found = await readBundleLayer(manifest, context.artifacts, MAX_BLOB_BYTES);
  const { predicateType } = found.statement;
  if (predicateType !== SIGNATURE_PREDICATE) {
    throw refusal(
      "not_applicable",
      `The bundle is an attestation (${predicateType}), not an image signature`,
    );
  }
  return statementSignature(found, subject.descriptor.digest, policy);
}

async function readLayers(
  { blobs }: Manifest,
  subject: VerifiedSubject,
  policy: CosignTrustPolicy,
  context: VerifierContext,
): Promise<Signature[]> {
  if (blobs.length > MAX_SIGNATURES) {
    throw refusal(
      "limit_exceeded",
      `The manifest has ${blobs.length} signatures; at most ${MAX_SIGNATURES} are looked at`,
    );
  }
  const payloads = await fetchLayers(blobs, context.artifacts, MAX_BLOB_BYTES);
  return blobs.map((layer, index) => {
    const payload = payloads.get(layer.digest);
    const content = payload instanceof VerificationFailure || payload === undefined
      ? payload ?? refusal("cosign.malformed", "The layer was not read")
      : orFailure(() => readLayer(layer, payload));
    return {
      index,
      digest: layer.digest,
      text: signatureText(layer),
      content,
      checkClaims: async (list) => {
        const { digest } = subject.descriptor;
        let annotations = {};
        await list.run("target", "enforce", () => {
          annotations = checkPayload(payload as Bytes, digest); // content is none without it
          return `The signature is about ${digest}`;
        });
        await checkAnnotations(list, annotations, policy.annotations);
      },
    };
  });
}
