import { LruMap } from "../../crypto/mod.ts";
import type { Issued } from "../../cloud/mod.ts";
import { CloudError } from "../../cloud/mod.ts";
import { SingleFlight } from "../registry/single_flight.ts";
import { withTimeout } from "../registry/timer.ts";

const MAX_ENTRIES = 1000;
/** Refreshed this long before the end, or a fifth of the lifetime where that is shorter. */
const MARGIN_MS = 5 * 60_000;
/** What is younger is neither refreshed nor forgotten: the next would be no better. */
const MIN_AGE_MS = 30_000;
const MAX_LIFETIME_MS = 24 * 60 * 60_000;
/** How long a failure is the answer, so that a service in trouble is not asked by every request. */
const FAILURE_MS = 2000;
/** How long a request waits for a refresh while what is kept is still good. */
const REFRESH_MS = 1000;

interface Entry<T> {
  readonly value: T;
  readonly issuedAt: number;
  readonly expiresAt: number;
  refreshAt: number;
}

/**
 * Keeps what was issued until shortly before its end. It is fetched once however many ask, again ahead of
 * time, and what is kept serves for as long as it is good when that fails.
 */
export class ExpiringCache<T> {
  readonly #now: () => Date;
  readonly #entries = new LruMap<string, Entry<T>>(MAX_ENTRIES);
  readonly #failures = new LruMap<string, { readonly error: unknown; readonly until: number }>(
    MAX_ENTRIES,
  );
  readonly #flights = new SingleFlight<T>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /**
   * What is kept under the key, or is fetched now.
   *
   * @throws {CloudError} when it has expired already; what `fetch` throws; {@link AssayError} `DEADLINE_EXCEEDED`.
   */
  async get(
    key: string,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<Issued<T>>,
  ): Promise<T> {
    const now = this.#now().getTime();
    const entry = this.#entries.get(key);
    if (entry === undefined || now >= entry.expiresAt) return await this.#fetch(key, signal, fetch);
    if (now < entry.refreshAt) return entry.value;
    // One request in a while tries; the others take what there is.
    entry.refreshAt = now + MIN_AGE_MS;
    try {
      return await withTimeout(
        REFRESH_MS,
        signal,
        (bounded) => this.#fetch(key, bounded, fetch),
      );
    } catch (error) {
      if (signal.aborted) throw error;
      return entry.value;
    }
  }

  /** Drops a value that was refused, unless it is too young; returns whether another one may come. */
  forget(key: string, value: T): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.value !== value) return true;
    if (this.#now().getTime() - entry.issuedAt < MIN_AGE_MS) return false;
    this.#entries.delete(key);
    return true;
  }

  async #fetch(
    key: string,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<Issued<T>>,
  ): Promise<T> {
    const failure = this.#failures.get(key);
    if (failure !== undefined && this.#now().getTime() < failure.until) throw failure.error;
    return await this.#flights.run(key, signal, async (shared) => {
      try {
        const issued = await fetch(shared);
        this.#keep(key, issued);
        return issued.value;
      } catch (error) {
        // That nobody waited any longer says nothing about the service.
        if (!shared.aborted) {
          this.#failures.set(key, { error, until: this.#now().getTime() + FAILURE_MS });
        }
        throw error;
      }
    });
  }

  #keep(key: string, { value, expiresAt }: Issued<T>): void {
    const now = this.#now().getTime();
    if (!(expiresAt > now)) {
      throw new CloudError("what was issued has expired already; check the clocks", true);
    }
    const end = Math.min(expiresAt, now + MAX_LIFETIME_MS);
    const refreshAt = Math.max(now + MIN_AGE_MS, end - Math.min(MARGIN_MS, (end - now) / 5));
    this.#failures.delete(key);
    this.#entries.set(key, { value, issuedAt: now, expiresAt: end, refreshAt });
  }
}
