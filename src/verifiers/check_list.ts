import { VerificationFailure } from "../errors.ts";
import type { Check } from "../report/mod.ts";
import type { VerifierResult } from "./verifier.ts";

/** What a failed check means: the artifact is refused, or the failure is only reported. */
export type CheckAction = "enforce" | "log" | "skip";

/**
 * Runs the checks of one artifact in order and keeps their outcomes. A refusal ends the list: what
 * follows would judge something that is refused already. An undecided check does not, because a
 * later one may still refuse the artifact for certain.
 */
export class CheckList {
  readonly checks: Check[] = [];
  #undecided: VerificationFailure | undefined;

  /**
   * Runs one check. `check` returns its evidence, or throws {@link VerificationFailure}.
   *
   * @returns whether it passed.
   * @throws {VerificationFailure} a refusal that is enforced.
   */
  async run(
    name: string,
    action: CheckAction,
    check: () => string | Promise<string>,
  ): Promise<boolean> {
    if (action === "skip") {
      this.checks.push({ name, outcome: "skipped", detail: "The trust policy skips it" });
      return false;
    }
    try {
      this.checks.push({ name, outcome: "passed", detail: await check() });
      return true;
    } catch (error) {
      if (!(error instanceof VerificationFailure)) throw error;
      const outcome = action === "log"
        ? "logged"
        : error.effect === "undecided"
        ? "undecided"
        : "failed";
      this.checks.push({ name, outcome, detail: error.message });
      if (outcome === "failed") throw error;
      if (outcome === "undecided") this.#undecided ??= error;
      return false;
    }
  }

  /**
   * Runs an enforced check that also yields something for the checks after it.
   *
   * @throws {VerificationFailure} a refusal, or that it could not be decided: without its outcome nothing
   * can follow.
   */
  async collect<T>(
    name: string,
    check: () => Promise<{ readonly value: T; readonly detail: string }>,
  ): Promise<T> {
    let value: T | undefined;
    const passed = await this.run(name, "enforce", async () => {
      const outcome = await check();
      value = outcome.value;
      return outcome.detail;
    });
    if (!passed) this.conclude();
    return value as T;
  }

  /** @throws {VerificationFailure} the first check that could not be decided. */
  conclude(): void {
    if (this.#undecided !== undefined) throw this.#undecided;
  }

  /** The failures that the policy only logs, as sentences. */
  get logged(): string[] {
    return this.checks.filter((check) => check.outcome === "logged")
      .map((check) => `${check.name}: ${check.detail}`);
  }
}

/** The result for an artifact that was not accepted. */
export function failedResult(
  failure: VerificationFailure,
  checks: readonly Check[],
): VerifierResult {
  return {
    outcome: failure.effect === "undecided" ? "undecided" : "failure",
    message: failure.message,
    checks,
    failure: { reason: failure.reason, remedy: failure.remedy, transient: failure.transient },
  };
}
