import {
  checkManifest,
  readBundleLayer,
  type StatementBundle,
  statementSignature,
} from "../cosign/bundle_layer.ts";
import { judgeArtifact, type TrustConfiguration } from "../cosign/judge.ts";
import { summarise } from "../cosign/report.ts";
import { bundleVersion, MAX_BUNDLE_BYTES, refusal } from "../sigstore/mod.ts";
import type {
  VerifiedReferrer,
  VerifiedSubject,
  Verifier,
  VerifierContext,
  VerifierResult,
} from "../verifier.ts";
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
  /** The artifact types that it judges; one of a bundle stands for all of them, `*` for everything. */
  readonly artifactTypes: readonly string[];
  /** The types of predicates that it judges. */
  readonly predicateTypes: readonly string[];
  readonly conditions: readonly Condition[];
}

/**
 * Verifies attestations: in-toto statements about the image in Sigstore bundles, by their signers, and
 * by conditions on what they say.
 */
export function createAttestationVerifier(configuration: AttestationConfiguration): Verifier {
  const types = new Set(configuration.artifactTypes);
  const bundles = configuration.artifactTypes.some((type) => bundleVersion(type) !== undefined);
  return {
    name: configuration.name,
    type: configuration.type,
    maxAttempts: MAX_ATTESTATIONS,
    accepts: (artifactType) =>
      types.has("*") || types.has(artifactType) ||
      (bundles && bundleVersion(artifactType) !== undefined),
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
      const found = await readAttestation(configuration, referrer, context);
      extensions["predicateType"] = found.statement.predicateType;
      const { conditions } = configuration;
      return [statementSignature(
        found,
        subject.descriptor.digest,
        policy,
        (checks, { predicate }) => checkConditions(checks, predicate, conditions),
      )];
    },
    (attempts, before, extensions) => summarise(attempts, before, extensions, WORDS),
  );
}

async function readAttestation(
  { predicateTypes }: AttestationConfiguration,
  { artifactType }: VerifiedReferrer,
  { artifacts }: VerifierContext,
): Promise<StatementBundle> {
  if (bundleVersion(artifactType) === undefined) {
    throw refusal("not_applicable", `${artifactType} is not a Sigstore bundle`);
  }
  const manifest = await artifacts.manifest();
  checkManifest(manifest);
  const found = await readBundleLayer(manifest, artifacts, MAX_BUNDLE_BYTES);
  const { predicateType } = found.statement;
  if (predicateTypes.includes(predicateType)) return found;
  throw refusal("not_applicable", `The bundle's statement is of the type ${predicateType}`);
}
