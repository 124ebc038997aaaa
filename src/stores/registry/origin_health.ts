/** Leaves alone who asks for it, and who fails again and again: for all requests to an origin together. */

import { deadline, RegistryFailure } from "./failure.ts";
import { retryAfter, type WaitBudget } from "./retry.ts";
import { wait } from "./timer.ts";
import type { Answer } from "./transport.ts";

/** After so many requests in a row have failed, each with its retries, no more are sent for a while. */
const MAX_FAILURES = 5;
const OPEN_MS = 10_000;
/** The longest pause that `Retry-After` can bring about. */
const MAX_QUIET_MS = 60_000;
/** A request that its deadline ends after this long counts as failed; a shorter one says nothing. */
const SLOW_MS = 1000;

/** What requests to one origin have shown of it. */
export class OriginHealth {
  readonly #host: string;
  readonly #now: () => number;
  #failures = 0;
  #reason = "";
  #openUntil = 0;
  #probing = false;
  #quietUntil = 0;
  #status = 0;

  /** @param now milliseconds since 1970. */
  constructor(host: string, now: () => number = Date.now) {
    this.#host = host;
    this.#now = now;
  }

  /**
   * Runs a request with its retries, unless the origin has failed too often; after a while a single one is
   * let through to see. Throws {@link RegistryFailure}, and what the work throws.
   */
  async run(work: () => Promise<Answer>): Promise<Answer> {
    const probe = this.#enter();
    try {
      const answer = await work();
      if (isTrouble(answer.status)) this.#failed(`the last time with status ${answer.status}`);
      else if (answer.status !== 429) this.#failures = 0;
      return answer;
    } catch (error) {
      const counts = error instanceof RegistryFailure && error.kind === "passing" && !error.final;
      if (counts) this.#failed(`the last time because ${error.message}`);
      throw error;
    } finally {
      if (probe) this.#probing = false;
    }
  }

  /**
   * Sends one request, after the pause that the origin has asked for. Throws {@link RegistryFailure} when it
   * is longer than what is left of the budget, and what sending throws.
   */
  async send(
    budget: WaitBudget,
    signal: AbortSignal,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    const quiet = this.#quietUntil - this.#now();
    if (quiet > budget.left) {
      throw new RegistryFailure(
        "passing",
        `${this.#host} answered ${this.#status} before, and to be left alone for another ${
          seconds(quiet)
        } s`,
        { final: true },
      );
    }
    if (quiet > 0) {
      budget.left -= quiet;
      if (!await wait(quiet, signal)) throw deadline(signal);
    }
    const started = this.#now();
    try {
      const answer = await send();
      if (answer.status === 429 || answer.status === 503) {
        const pause = Math.min(retryAfter(answer.headers, this.#now()), MAX_QUIET_MS);
        this.#quietUntil = Math.max(this.#quietUntil, this.#now() + pause);
        this.#status = answer.status;
      }
      return answer;
    } catch (error) {
      if (signal.aborted && this.#now() - started >= SLOW_MS) {
        this.#failed("the last time by not answering in time");
      }
      throw error;
    }
  }

  #enter(): boolean {
    if (this.#failures < MAX_FAILURES) return false;
    const left = this.#openUntil - this.#now();
    if (left <= 0 && !this.#probing) return this.#probing = true;
    const next = left > 0 ? `for ${seconds(left)} s` : "until a request under way has its answer";
    throw new RegistryFailure(
      "passing",
      `${this.#host} has failed ${MAX_FAILURES} times in a row or more, ${this.#reason}; it is not asked again ${next}`,
      { final: true },
    );
  }

  #failed(reason: string): void {
    this.#failures++;
    this.#reason = reason;
    this.#openUntil = this.#now() + OPEN_MS;
  }
}

function isTrouble(status: number): boolean {
  return status === 408 || status >= 500;
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
