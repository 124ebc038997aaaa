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

/** The error of an answer whose time was over during a step. */
export function deadlineExceeded(step: string): AssayError {
  return new AssayError({
    code: "DEADLINE_EXCEEDED",
    component: "executor",
    message: `The time for the answer was over while ${step}`,
  });
}

/** The steps that one verification has under way, so that an answer at any moment can name them. */
export class Steps {
  readonly #open = new Set<() => string>();

  /** Like {@link withinDeadline}, and known as under way until it ends. */
  async within<T>(signal: AbortSignal, step: () => string, work: () => Promise<T>): Promise<T> {
    this.#open.add(step);
    try {
      return await withinDeadline(signal, step, work);
    } finally {
      this.#open.delete(step);
    }
  }

  /** The error of an answer that goes out now. */
  exceeded(): AssayError {
    const steps = [...this.#open].map((step) => step());
    return deadlineExceeded(steps.length === 0 ? "it was being prepared" : steps.join(", and "));
  }
}
