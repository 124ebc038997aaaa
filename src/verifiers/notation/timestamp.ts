import type { Certificate } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import {
  formatMoment,
  incompleteStore,
  isSelfSigned,
  loadTrustStore,
  parseTrustStore,
  type Timestamp,
  type TrustPolicyStatement,
  type TrustStoreSources,
  verifyTimestamp,
} from "../../trust/mod.ts";
import type { VerifierContext } from "../verifier.ts";
import type { Findings } from "./findings.ts";
import type { SignedEnvelope } from "./integrity.ts";
import { checkChainRevocation, type RevocationSettings } from "./revocation.ts";

/** How far the clocks of an authority and of this machine may be apart, in seconds. */
const MAX_SKEW = 60;

/**
 * Verifies the timestamp of a signature against the `tsa` trust stores of the statement. The revocation
 * of the authority's certificates is part of it, whatever the policy says of revocation.
 *
 * @throws {VerificationFailure} `timestamp.*`, `revocation.*`, or `authenticity.invalid_trust_store`.
 */
export async function checkTimestamp(
  signed: SignedEnvelope,
  statement: TrustPolicyStatement,
  settings: TrustStoreSources & RevocationSettings,
  context: VerifierContext,
  findings: Findings,
): Promise<Timestamp> {
  const { timestamp: token, signature } = signed.envelope;
  if (token === undefined) {
    throw new VerificationFailure({
      reason: "timestamp.missing",
      message:
        `Trust policy "${statement.name}" names a tsa trust store, and the signature has no timestamp`,
    });
  }
  const { anchors, incomplete } = await loadAnchors(statement, settings, context);
  const timestamp = await withAnchors(
    () => verifyTimestamp(token, signature, anchors),
    incomplete,
  );
  if (timestamp.time > context.now.getTime() / 1000 + MAX_SKEW) {
    throw new VerificationFailure({
      reason: "timestamp.future",
      message: `The timestamp is of ${
        formatMoment(timestamp.time)
      }, which is still to come: it is ${context.now.toISOString()}`,
    });
  }
  await checkChainRevocation(timestamp.chain, settings, context, findings);
  return timestamp;
}

/** An authority that is not among the anchors may be among those that are missing. */
async function withAnchors<T>(
  verify: () => Promise<T>,
  incomplete: VerificationFailure | undefined,
): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    const isUnknown = error instanceof VerificationFailure &&
      error.reason === "timestamp.untrusted";
    throw isUnknown && incomplete !== undefined ? incomplete : error;
  }
}

/** Certificates that may vouch for timestamps, and why there may be more of them. */
interface Anchors {
  readonly anchors: readonly Certificate[];
  readonly incomplete: VerificationFailure | undefined;
}

/** Only self-signed CA certificates may vouch for timestamps. */
async function loadAnchors(
  statement: TrustPolicyStatement,
  sources: TrustStoreSources,
  context: VerifierContext,
): Promise<Anchors> {
  const anchors: Certificate[] = [];
  const names: string[] = [];
  let incomplete: VerificationFailure | undefined;
  for (const text of statement.trustStores ?? []) {
    const parsed = parseTrustStore(text);
    if (parsed?.type !== "tsa") continue;
    const store = await loadTrustStore("tsa", parsed.name, sources, context.trust, context.scope);
    names.push(store.name);
    if (store.incomplete !== undefined) {
      incomplete ??= incompleteStore(store.name, store.incomplete);
    }
    for (const certificate of store.anchors.values()) {
      if (certificate.basicConstraints?.ca && await isSelfSigned(certificate)) {
        anchors.push(certificate);
      }
    }
  }
  if (anchors.length > 0) return { anchors, incomplete };
  if (incomplete !== undefined) throw incomplete;
  throw new VerificationFailure({
    reason: "authenticity.invalid_trust_store",
    effect: "undecided",
    message: `No certificate of ${
      names.join(", ")
    } can vouch for timestamps: none is a CA and self-signed`,
    remedy: "Put the root certificates of the timestamping authorities into the trust store.",
  });
}
