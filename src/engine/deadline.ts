import { AssayError } from "../errors.ts";

/**
 * Waits for a step, but not beyond the deadline. The work is handed the same signal and stops by
 * itself; what it still throws then has no reader.
 *
 * @param step what is being waited for, as in "listing what is attached to …".
 * @throws {AssayError} DEADLINE_EXCEEDED, naming the step.
 */
export function withinDeadline<T>(
  signal: AbortSignal,
  step: () => string,
  work: () => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const expire = (): void => reject(deadlineExceeded(step()));
    if (signal.aborted) return expire();
    signal.addEventListener("abort", expire, { once: true });
    work().then(resolve, (error) => reject(signal.aborted ? deadlineExceeded(step()) : error))
      .finally(() => signal.removeEventListener("abort", expire));
  });
}

function deadlineExceeded(step: string): AssayError {
  return new AssayError({
    code: "DEADLINE_EXCEEDED",
    component: "executor",
    message: `The time for the answer was over while ${step}`,
  });
}
