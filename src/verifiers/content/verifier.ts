import { VerificationFailure } from "../../errors.ts";
import { CheckList, failedResult } from "../check_list.ts";
import type { VerifiedReferrer, Verifier, VerifierContext, VerifierResult } from "../verifier.ts";

/** The most artifacts of one subject that a verifier of documents looks at: they may be large. */
const MAX_ARTIFACTS = 20;

/** What every verifier of attached documents is configured with. */
export interface ContentConfiguration {
  readonly name: string;
  /** The artifact types that it judges; `*` for all. */
  readonly artifactTypes: readonly string[];
  /** The artifact types that must be attached to the document itself; see {@link Verifier}. */
  readonly nestedReferences: readonly string[];
}

/** One document being judged. What a failed one reports beside its reason is noted in `extensions`. */
export interface Judgement {
  readonly referrer: VerifiedReferrer;
  readonly context: VerifierContext;
  readonly checks: CheckList;
  readonly extensions: Record<string, unknown>;
}

/** What a document that is accepted is reported with, beside its checks. */
export type Accepted = Pick<VerifierResult, "message" | "validUntil">;

/**
 * Makes a verifier of attached documents.
 *
 * @param judge accepts the document, or throws {@link VerificationFailure}.
 */
export function contentVerifier(
  type: string,
  { name, artifactTypes, nestedReferences }: ContentConfiguration,
  judge: (judgement: Judgement) => Promise<Accepted>,
): Verifier {
  const types = new Set(artifactTypes);
  return {
    name,
    type,
    maxAttempts: MAX_ARTIFACTS,
    accepts: (artifactType) => types.has("*") || types.has(artifactType),
    ...(nestedReferences.length === 0 ? {} : { nestedReferences }),
    verify: async (_subject, referrer, context) => {
      const checks = new CheckList();
      const extensions: Record<string, unknown> = {};
      const withExtensions = (result: VerifierResult): VerifierResult =>
        Object.keys(extensions).length === 0 ? result : { ...result, extensions };
      try {
        const accepted = await judge({ referrer, context, checks, extensions });
        return withExtensions({ outcome: "success", checks: checks.checks, ...accepted });
      } catch (error) {
        if (!(error instanceof VerificationFailure)) throw error;
        return withExtensions(failedResult(error, checks.checks));
      }
    },
  };
}

/**
 * The failure of an artifact whose type a verifier cannot read: of no consequence when it was only
 * asked because it is asked about everything.
 */
export function unsupportedType(
  reason: "sbom.unsupported_type" | "vulnerability.unsupported_type",
  { artifactTypes }: ContentConfiguration,
  { artifactType }: VerifiedReferrer,
  known: readonly string[],
): VerificationFailure {
  const wanted = artifactTypes.includes(artifactType);
  return new VerificationFailure({
    reason: wanted ? reason : "not_applicable",
    message: `Unsupported artifactType: ${artifactType}; read are ${known.join(" and ")}`,
  });
}
