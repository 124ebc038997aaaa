import type { Certificate } from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { subjectText } from "./subject_text.ts";

/**
 * Checks that a moment lies in the validity of every certificate of a chain, both ends included.
 *
 * @param moment seconds since 1970, possibly with a fraction.
 * @param what the moment, as in "now" or "the authentic signing time", for the message.
 * @throws {VerificationFailure} `timestamp.cert_not_valid_now`.
 */
export function checkValidAt(chain: readonly Certificate[], moment: number, what: string): void {
  for (const certificate of chain) {
    const problem = moment < seconds(certificate.notBefore)
      ? `is not valid before ${certificate.notBefore.toISOString()}`
      : moment > seconds(certificate.notAfter)
      ? `has expired on ${certificate.notAfter.toISOString()}`
      : undefined;
    if (problem !== undefined) {
      throw new VerificationFailure({
        reason: "timestamp.cert_not_valid_now",
        message: `The certificate "${subjectText(certificate.subject)}" ${problem}; ${what} is ${
          formatMoment(moment)
        }`,
      });
    }
  }
}

/** RFC 3339 text of a moment in seconds since 1970; the number itself where no calendar has it. */
export function formatMoment(moment: number): string {
  const date = new Date(moment * 1000);
  return Number.isNaN(date.getTime()) ? `${moment} s since 1970` : date.toISOString();
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
