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

/**
 * Checks that every certificate of a chain was valid at a timestamp's time, as early and as late as its
 * accuracy leaves open.
 *
 * @param time and accuracy in seconds.
 * @throws {VerificationFailure} `timestamp.outside_validity`.
 */
export function checkValidThrough(
  chain: readonly Certificate[],
  time: number,
  accuracy: number,
): void {
  for (const certificate of chain) {
    const problem = time - accuracy < seconds(certificate.notBefore)
      ? `was not valid before ${certificate.notBefore.toISOString()}`
      : time + accuracy > seconds(certificate.notAfter)
      ? `had expired on ${certificate.notAfter.toISOString()}`
      : undefined;
    if (problem !== undefined) {
      throw new VerificationFailure({
        reason: "timestamp.outside_validity",
        message: `The certificate "${
          subjectText(certificate.subject)
        }" ${problem}; the timestamp is of ${formatMoment(time)}${
          accuracy > 0 ? `, exact to ${accuracy} s` : ""
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
