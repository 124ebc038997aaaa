import type { Certificate } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import {
  formatMoment,
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
  const anchors = await loadAnchors(statement, settings, context);
  const timestamp = await verifyTimestamp(token, signature, anchors);
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

/** Only self-signed CA certificates may vouch for timestamps. */
async function loadAnchors(
  statement: TrustPolicyStatement,
  sources: TrustStoreSources,
  context: VerifierContext,
): Promise<readonly Certificate[]> {
  const anchors: Certificate[] = [];
  const names: string[] = [];
  for (const text of statement.trustStores ?? []) {
    const parsed = parseTrustStore(text);
    if (parsed?.type !== "tsa") continue;
    const store = await loadTrustStore("tsa", parsed.name, sources, context.trust, context.scope);
    names.push(store.name);
    for (const certificate of store.anchors.values()) {
      if (certificate.basicConstraints?.ca && await isSelfSigned(certificate)) {
        anchors.push(certificate);
      }
    }
  }
  if (anchors.length > 0) return anchors;
  throw new VerificationFailure({
    reason: "authenticity.invalid_trust_store",
    effect: "undecided",
    message: `No certificate of ${
      names.join(", ")
    } can vouch for timestamps: none is a CA and self-signed`,
    remedy: "Put the root certificates of the timestamping authorities into the trust store.",
  });
}
