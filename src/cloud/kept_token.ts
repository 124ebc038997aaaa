import { CloudError } from "./cloud_error.ts";
import type { Issued } from "./surroundings.ts";

/** Tokens are got again this long before their end, or a fifth of their lifetime where that is shorter. */
const MARGIN_MS = 5 * 60_000;

/** A token that is kept until shortly before its end, and fetched once however many ask at the same time. */
export class KeptToken<T> {
  readonly #issue: (signal: AbortSignal) => Promise<Issued<T>>;
  readonly #now: () => Date;
  #kept: { readonly value: T; readonly until: number } | undefined;
  #flight:
    | { readonly token: Promise<T>; readonly controller: AbortController; waiters: number }
    | undefined;

  constructor(issue: (signal: AbortSignal) => Promise<Issued<T>>, now: () => Date) {
    this.#issue = issue;
    this.#now = now;
  }

  /**
   * The token. The request for a new one ends when nobody waits for it any longer.
   *
   * @throws {CloudError} when there is none; or the signal's reason.
   */
  async get(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#kept !== undefined && this.#now().getTime() < this.#kept.until) {
      return this.#kept.value;
    }
    const flight = this.#flight ??= this.#start();
    flight.waiters++;
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([flight.token, stopped]);
    } finally {
      signal.removeEventListener("abort", stop);
      if (--flight.waiters === 0) {
        if (this.#flight === flight) this.#flight = undefined;
        flight.controller.abort(signal.reason);
      }
    }
  }

  /**
   * Does something with the token, and once more with another one where that is refused.
   *
   * @param isRefused whether an error says that the token is not good any more.
   * @throws what the work throws; as {@link get}.
   */
  async use<R>(
    signal: AbortSignal,
    isRefused: (error: CloudError) => boolean,
    work: (token: T) => Promise<R>,
  ): Promise<R> {
    const token = await this.get(signal);
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof CloudError) || !isRefused(error)) throw error;
      this.forget(token);
      return await work(await this.get(signal));
    }
  }

  /** Drops a token that was refused. */
  forget(value: T): void {
    if (this.#kept?.value === value) this.#kept = undefined;
  }

  #start(): { token: Promise<T>; controller: AbortController; waiters: number } {
    const controller = new AbortController();
    const token = this.#fetch(controller.signal);
    token.catch(() => {}); // who waits is told; who has gone need not be
    return { token, controller, waiters: 0 };
  }

  async #fetch(signal: AbortSignal): Promise<T> {
    const { value, expiresAt } = await this.#issue(signal);
    const now = this.#now().getTime();
    if (!(expiresAt > now)) {
      throw new CloudError("a token was issued that has expired already; check the clocks", true);
    }
    const until = expiresAt - Math.min(MARGIN_MS, (expiresAt - now) / 5);
    this.#kept = { value, until };
    return value;
  }
}
