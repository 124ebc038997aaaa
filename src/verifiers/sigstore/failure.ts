import { FormatError } from "../../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../../errors.ts";

/** A refusal with its reason. */
export function refusal(reason: FailureReason, message: string): VerificationFailure {
  return new VerificationFailure({ reason, message });
}

/**
 * Runs a reader; what is not in its format becomes a refusal.
 *
 * @param problem the sentence that the reader's own words complete.
 * @throws {VerificationFailure} of the reason.
 */
export function reading<T>(reason: FailureReason, problem: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = `${problem}: ${error.message}`;
    throw new VerificationFailure({ reason, message, cause: error });
  }
}

/** A text of foreign origin for a message: quoted, and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
