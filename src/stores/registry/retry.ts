/** Asking again, politely: on passing trouble only, with growing pauses, and never for longer than it helps. */

import { deadline, RegistryFailure } from "./failure.ts";
import { wait } from "./timer.ts";
import type { Answer } from "./transport.ts";

/** How often and how long. Times are milliseconds. */
export interface RetryPolicy {
  /** Requests in all, the first included. */
  readonly attempts: number;
  /** The pause before the second request; each further one doubles it. */
  readonly firstWait: number;
  readonly minWait: number;
  readonly maxWait: number;
  /**
   * The most that all pauses of a request take together. A longer one is not begun: a refusal that says
   * why is worth more to the reader than a deadline that was waited for.
   */
  readonly totalWait: number;
}

/** What is left of the pauses of a request, in milliseconds; who waits takes it off. */
export interface WaitBudget {
  left: number;
}

/** Four requests within two seconds, so that it ends before a webhook's usual three. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  firstWait: 250,
  minWait: 200,
  maxWait: 1750,
  totalWait: 2000,
};

/**
 * Sends until the answer is another than 408, 429 and 5xx, the policy is exhausted, or the signal fires.
 * The last answer is returned, or the last failure thrown: {@link RegistryFailure}, or {@link AssayError}
 * `DEADLINE_EXCEEDED`. `Retry-After` is waited for when it fits.
 */
export async function retrying(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: (budget: WaitBudget) => Promise<Answer>,
): Promise<Answer> {
  const budget: WaitBudget = { left: policy.totalWait };
  for (let count = 1;; count++) {
    const outcome = await tried(() => attempt(budget));
    const again = outcome instanceof RegistryFailure
      ? outcome.kind === "passing" && !outcome.final
      : isPassing(outcome.status);
    const pause = Math.max(
      clamp(policy, policy.firstWait * 2 ** (count - 1)),
      outcome instanceof RegistryFailure ? 0 : retryAfter(outcome.headers, Date.now()),
    );
    if (!again || count >= policy.attempts || pause > budget.left) {
      if (outcome instanceof RegistryFailure) throw outcome;
      return outcome;
    }
    budget.left -= pause;
    if (!await wait(pause * (1 + Math.random() * JITTER), signal)) throw deadline(signal);
  }
}

/** Pauses differ by up to this part, so that clients that failed together do not come back together. */
const JITTER = 0.1;

/** Whether a status may be another one next time. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * The time in milliseconds that `Retry-After` asks for: seconds, or an HTTP date (RFC 9110 §10.2.3).
 * Zero when it is absent or cannot be read.
 */
export function retryAfter(headers: Headers, now: number): number {
  const text = headers.get("retry-after") ?? "";
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9A-Za-z: ]{1,30} GMT$/.test(text)) return 0;
  const time = Date.parse(text);
  return Number.isNaN(time) ? 0 : Math.max(0, time - now);
}

async function tried(attempt: () => Promise<Answer>): Promise<Answer | RegistryFailure> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof RegistryFailure) return error;
    throw error;
  }
}

function clamp(policy: RetryPolicy, milliseconds: number): number {
  return Math.min(Math.max(milliseconds, policy.minWait), policy.maxWait);
}
