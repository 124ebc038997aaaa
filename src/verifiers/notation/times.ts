import { VerificationFailure } from "../../errors.ts";
import {
  checkValidAt,
  checkValidThrough,
  formatMoment,
  subjectText,
  type TrustPolicyStatement,
  type TrustStoreSources,
} from "../../trust/mod.ts";
import type { VerifierContext } from "../verifier.ts";
import type { Envelope } from "./envelope.ts";
import type { Findings } from "./findings.ts";
import type { SignedEnvelope } from "./integrity.ts";
import type { RevocationSettings } from "./revocation.ts";
import { checkTimestamp } from "./timestamp.ts";

/**
 * Checks that the signature has not expired.
 *
 * @throws {VerificationFailure} `expiry`.
 */
export function checkExpiry(envelope: Envelope, now: Date): string {
  if (envelope.expiry === undefined) return "The signature does not expire";
  const expiry = formatMoment(envelope.expiry);
  if (now.getTime() / 1000 >= envelope.expiry) {
    throw new VerificationFailure({
      reason: "expiry",
      message: `The signature expired on ${expiry}`,
    });
  }
  return `The signature expires on ${expiry}`;
}

/**
 * The authentic timestamp validation. Under `notary.x509.signingAuthority` the authentic signing
 * time counts; under `notary.x509` a countersignature of a timestamping authority where the policy
 * asks for one, otherwise the present. The signing time that the signer claims is never trusted.
 *
 * @throws {VerificationFailure} `timestamp.*`; for the authority's certificates `revocation.*` too.
 */
export async function checkAuthenticTimestamp(
  signed: SignedEnvelope,
  statement: TrustPolicyStatement,
  settings: TrustStoreSources & RevocationSettings,
  context: VerifierContext,
  findings: Findings,
): Promise<string> {
  const { now } = context;
  const { scheme, signingTime } = signed.envelope;
  if (scheme === "notary.x509.signingAuthority") {
    checkValidAt(signed.chain, signingTime, "the authentic signing time");
    return `All certificates were valid at the authentic signing time ${formatMoment(signingTime)}`;
  }
  if (!needsTimestamp(signed, statement, now)) {
    checkValidAt(signed.chain, now.getTime() / 1000, "the time of verification");
    return "All certificates are valid now";
  }
  const stamped = await checkTimestamp(signed, statement, settings, context, findings);
  const { time, accuracy, chain } = stamped;
  checkValidThrough(signed.chain, time, accuracy);
  const authority = chain[0] === undefined ? "" : ` by "${subjectText(chain[0].subject)}"`;
  return `All certificates were valid at ${formatMoment(time)}, as the timestamp${authority} says`;
}

function needsTimestamp(
  signed: SignedEnvelope,
  statement: TrustPolicyStatement,
  now: Date,
): boolean {
  const named = (statement.trustStores ?? []).some((store) => store.startsWith("tsa:"));
  const always = statement.signatureVerification.verifyTimestamp !== "afterCertExpiry";
  return named && (always || signed.chain.some((certificate) => certificate.notAfter < now));
}
