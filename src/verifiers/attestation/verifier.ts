import { COSIGN_ATTESTATION } from "../../oci/mod.ts";
import type { Signature } from "../cosign/attempt.ts";
import {
  checkManifest,
  readBundleLayer,
  type StatementBundle,
  statementSignature,
} from "../cosign/bundle_layer.ts";
import { judgeArtifact, type TrustConfiguration } from "../cosign/judge.ts";
import { summarise } from "../cosign/report.ts";
import { bundleVersion, MAX_BUNDLE_BYTES, quote, refusal } from "../sigstore/mod.ts";
import type {
  VerifiedReferrer,
  VerifiedSubject,
  Verifier,
  VerifierContext,
  VerifierResult,
} from "../verifier.ts";
import { readEnvelopeLayers, type UnreadableLayer } from "./envelope_layers.ts";
import { checkConditions, type Condition } from "./conditions.ts";

/** The most attestations of one subject that are looked at. */
const MAX_ATTESTATIONS = 100;

const WORDS = {
  success: "Attestation verification success",
  failure: "Failed to validate the attestation",
};

/** The configuration of an attestation verifier, validated. */
export interface AttestationConfiguration extends TrustConfiguration {
  readonly type: string;
  /**
   * The artifact types that it judges; any one of bundles and cosign's attestations stands for
   * all of these, `*` for everything.
   */
  readonly artifactTypes: readonly string[];
  /** The types of predicates that it judges. */
  readonly predicateTypes: readonly string[];
  readonly conditions: readonly Condition[];
}

/**
 * Verifies attestations: in-toto statements about the image, in Sigstore bundles or in the envelopes that
 * cosign 2 attaches, by their signers, and by conditions on what they say.
 */
export function createAttestationVerifier(configuration: AttestationConfiguration): Verifier {
  const types = new Set(configuration.artifactTypes);
  const attestations = configuration.artifactTypes.some(isAttestation);
  return {
    name: configuration.name,
    type: configuration.type,
    maxAttempts: MAX_ATTESTATIONS,
    accepts: (artifactType) =>
      types.has("*") || types.has(artifactType) || (attestations && isAttestation(artifactType)),
    verify: (subject, referrer, context) => verify(configuration, subject, referrer, context),
  };
}

function verify(
  configuration: AttestationConfiguration,
  subject: VerifiedSubject,
  referrer: VerifiedReferrer,
  context: VerifierContext,
): Promise<VerifierResult> {
  return judgeArtifact(
    configuration,
    subject,
    context,
    async (policy, extensions) => {
      const { conditions } = configuration;
      const found = await readAttestations(configuration, referrer, context);
      const types = found.flatMap((one) => "failure" in one ? [] : one.statement.predicateType);
      if (types.length > 0) extensions["predicateType"] = [...new Set(types)].join(", ");
      return found.map((one) =>
        "failure" in one ? unreadable(one) : statementSignature(
          one,
          subject.descriptor.digest,
          policy,
          (checks, { predicate }) => checkConditions(checks, predicate, conditions),
        )
      );
    },
    (attempts, before, extensions) => summarise(attempts, before, extensions, WORDS),
  );
}

/** Whether artifacts of this type may hold attestations. */
function isAttestation(artifactType: string): boolean {
  return artifactType === COSIGN_ATTESTATION || bundleVersion(artifactType) !== undefined;
}

/** The attestations that are of a type that is asked for, and those of which it cannot be told. */
async function readAttestations(
  { predicateTypes }: AttestationConfiguration,
  { artifactType }: VerifiedReferrer,
  { artifacts }: VerifierContext,
): Promise<(StatementBundle | UnreadableLayer)[]> {
  if (!isAttestation(artifactType)) {
    throw refusal(
      "not_applicable",
      `${artifactType} is neither a Sigstore bundle nor attestations`,
    );
  }
  const manifest = await artifacts.manifest();
  checkManifest(manifest);
  const found = artifactType === COSIGN_ATTESTATION
    ? await readEnvelopeLayers(manifest, artifacts)
    : [await readBundleLayer(manifest, artifacts, MAX_BUNDLE_BYTES)];
  const wanted = found.filter((one) =>
    "failure" in one || predicateTypes.includes(one.statement.predicateType)
  );
  if (wanted.length > 0 || found.length === 0) return wanted;
  const types = found.flatMap((one) => "failure" in one ? [] : quote(one.statement.predicateType));
  throw refusal("not_applicable", `What is attested is of the type ${types.join(", ")}`);
}

function unreadable({ index, layer, failure }: UnreadableLayer): Signature {
  return {
    index,
    digest: layer,
    text: "",
    content: failure,
    checkClaims: () => Promise.resolve(),
  };
}
