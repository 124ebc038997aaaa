export { reading } from "../reading.ts";
import { type FailureReason, VerificationFailure } from "../../errors.ts";

/** A refusal with its reason. */
export function refusal(reason: FailureReason, message: string): VerificationFailure {
  return new VerificationFailure({ reason, message });
}

/** A text of foreign origin for a message: quoted, and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
