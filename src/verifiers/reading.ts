import { FormatError } from "../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../errors.ts";

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
    throw new VerificationFailure({
      reason,
      message: `${problem}: ${error.message}`,
      cause: error,
    });
  }
}
