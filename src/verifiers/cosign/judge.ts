import type { Bytes } from "../../crypto/mod.ts";
import { AssayError, VerificationFailure } from "../../errors.ts";
import type { TrustedRoot } from "../../trust/mod.ts";
import type { Check } from "../../report/mod.ts";
import { CheckList, failedResult } from "../check_list.ts";
import { type EvidenceRules, refusal } from "../sigstore/mod.ts";
import type { VerifiedSubject, VerifierContext, VerifierResult } from "../verifier.ts";
import { type Attempt, attempt, type Signature } from "./attempt.ts";
import { trustedRootOf, trustedSigners } from "./signers.ts";
import { type CosignTrustPolicy, selectTrustPolicy } from "./trust_policy.ts";

/** Whose signatures count, for a verifier. */
export interface TrustConfiguration {
  readonly name: string;
  readonly trustPolicies: readonly CosignTrustPolicy[];
  /** Whom to trust where a policy names no trusted root. */
  readonly trustedRoot: TrustedRoot | undefined;
  /** Asks a transparency log. Throws {@link AssayError} when there is no answer. */
  readonly askLog: (url: URL, question: Bytes, signal: AbortSignal) => Promise<Bytes>;
}

/**
 * Judges what is attached: finds the trust policy, reads the signatures, holds each against every signer
 * that the policy trusts, and sums up.
 *
 * @param read reads the signatures; what it notes in `extensions` is in the report.
 */
export async function judgeArtifact(
  configuration: TrustConfiguration,
  subject: VerifiedSubject,
  context: VerifierContext,
  read: (
    policy: CosignTrustPolicy,
    extensions: Record<string, unknown>,
  ) => Promise<readonly Signature[]>,
  summary: (
    attempts: readonly Attempt[],
    before: readonly Check[],
    extensions: Readonly<Record<string, unknown>>,
  ) => VerifierResult,
): Promise<VerifierResult> {
  const list = new CheckList();
  const extensions: Record<string, unknown> = {};
  try {
    const policy = await selectPolicy(configuration, subject, list);
    extensions["trustPolicy"] = policy.name;
    const signatures = await read(policy, extensions);
    const attempts = await judge(signatures, policy, configuration, context);
    return summary(attempts, list.checks, extensions);
  } catch (error) {
    if (!(error instanceof VerificationFailure)) throw error;
    return { ...failedResult(error, list.checks), extensions };
  }
}

/**
 * Finds the trust policy that applies to the image.
 *
 * @throws {VerificationFailure} `no_applicable_policy`.
 */
async function selectPolicy(
  configuration: TrustConfiguration,
  subject: VerifiedSubject,
  list: CheckList,
): Promise<CosignTrustPolicy> {
  const references = [subject.reference, ...(subject.asked === undefined ? [] : [subject.asked])];
  const policy = selectTrustPolicy(configuration.trustPolicies, references);
  await list.run("trust policy", "enforce", () => {
    if (policy !== undefined) return `"${policy.name}" applies`;
    throw refusal(
      "no_applicable_policy",
      `No policy found for the artifact ${subject.reference}: no trust policy of verifier ${configuration.name} has a scope that it lies in`,
    );
  });
  return policy as CosignTrustPolicy; // the check above throws when there is none
}

/** Every signature against every signer: one that is right is enough, and all are told. */
async function judge(
  signatures: readonly Signature[],
  policy: CosignTrustPolicy,
  configuration: TrustConfiguration,
  context: VerifierContext,
): Promise<Attempt[]> {
  const signers = trustedSigners(policy, context.trust, context.scope);
  const rules = rulesOf(policy, configuration, context);
  const attempts: Attempt[] = [];
  for (const signature of signatures) {
    for (const signer of signers) {
      context.signal.throwIfAborted();
      attempts.push(await attempt(signature, signer, rules));
    }
  }
  return attempts;
}

function rulesOf(
  policy: CosignTrustPolicy,
  { trustedRoot, askLog }: TrustConfiguration,
  { trust, scope, now, signal }: VerifierContext,
): EvidenceRules | VerificationFailure {
  const { requireLog } = policy;
  if (!requireLog && policy.signers.kind === "keys") return { root: undefined, requireLog, now };
  try {
    const root = trustedRootOf(policy, trustedRoot, trust, scope);
    const { logUrl } = policy;
    const lookup = logUrl === undefined ? undefined : async (question: Bytes): Promise<Bytes> => {
      try {
        return await askLog(logUrl, question, signal);
      } catch (error) {
        throw asUndecided(error);
      }
    };
    return { root, requireLog, lookup, now };
  } catch (error) {
    if (error instanceof VerificationFailure) return error;
    throw error;
  }
}

/** Without an answer of the log nobody can say whether it has the signature. */
function asUndecided(error: unknown): unknown {
  if (!(error instanceof AssayError)) return error;
  const { message, remedy, transient } = error;
  const reason = "cosign.tlog_unavailable";
  return new VerificationFailure({
    reason,
    effect: "undecided",
    transient,
    message,
    remedy,
    cause: error,
  });
}
