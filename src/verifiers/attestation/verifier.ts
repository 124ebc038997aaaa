import { VerificationFailure } from "../../errors.ts";
import { CheckList, failedResult } from "../check_list.ts";
import { checkManifest, readBundleLayer, statementSignature } from "../cosign/bundle_layer.ts";
import { judge, selectPolicy, type TrustConfiguration } from "../cosign/judge.ts";
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

async function verify(
  configuration: AttestationConfiguration,
  subject: VerifiedSubject,
  referrer: VerifiedReferrer,
  context: VerifierContext,
): Promise<VerifierResult> {
  const list = new CheckList();
  const extensions: Record<string, unknown> = {};
  try {
    const policy = await selectPolicy(configuration, subject, list);
    extensions["trustPolicy"] = policy.name;
    if (bundleVersion(referrer.artifactType) === undefined) {
      throw refusal("not_applicable", `${referrer.artifactType} is not a Sigstore bundle`);
    }
    const manifest = await context.artifacts.manifest();
    checkManifest(manifest);
    const found = await readBundleLayer(manifest, context.artifacts, MAX_BUNDLE_BYTES);
    const { predicateType } = found.statement;
    extensions["predicateType"] = predicateType;
    if (!configuration.predicateTypes.includes(predicateType)) {
      throw refusal("not_applicable", `The bundle's statement is of the type ${predicateType}`);
    }
    const { digest } = subject.descriptor;
    const { conditions } = configuration;
    const signature = statementSignature(
      found,
      digest,
      policy,
      (checks, { predicate }) => checkConditions(checks, predicate, conditions),
    );
    const attempts = await judge([signature], policy, configuration, context);
    return summarise(attempts, list.checks, extensions, WORDS);
  } catch (error) {
    if (!(error instanceof VerificationFailure)) throw error;
    return { ...failedResult(error, list.checks), extensions };
  }
}
