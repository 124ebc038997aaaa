import type { ImageReport } from "../report/mod.ts";
import type { VerifyContext } from "./verify_image.ts";

/** A verification that several callers may wait for. */
export interface SharedVerification {
  run(): Promise<ImageReport>;
  /** What is known now, for a caller whose time is over. */
  readonly report: ImageReport;
}

interface Flight {
  readonly verification: SharedVerification;
  readonly result: Promise<ImageReport>;
  readonly controller: AbortController;
  waiters: number;
}

/** What a caller got, and whether the work was begun by another one. */
export interface Flown {
  readonly report: ImageReport;
  readonly shared: boolean;
  /** Whether this is what was known when the caller's time was over. */
  readonly expired: boolean;
}

/**
 * Lets callers who want the same verification at the same time share one. Each waits until its own
 * deadline and then gets what is known; the work goes on for as long as anybody waits for it, and no
 * longer.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /** How many verifications are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the verification of a key, or begins it.
   *
   * @throws {AssayError} what making or running the verification throws.
   */
  async join(
    key: string,
    signal: AbortSignal,
    begin: (context: Pick<VerifyContext, "signal">) => SharedVerification,
  ): Promise<Flown> {
    const known = this.#flights.get(key);
    const flight = known ?? this.#begin(key, begin);
    const shared = known !== undefined;
    if (signal.aborted && shared) {
      return { report: flight.verification.report, shared, expired: true };
    }
    flight.waiters++;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const expire = (): void => resolve(undefined);
    signal.addEventListener("abort", expire, { once: true });
    if (signal.aborted) expire();
    try {
      const report = await Promise.race([flight.result, promise]);
      return report === undefined
        ? { report: flight.verification.report, shared, expired: true }
        : { report, shared, expired: false };
    } finally {
      signal.removeEventListener("abort", expire);
      flight.waiters--;
      if (flight.waiters === 0) this.#leave(key, flight, signal.reason);
    }
  }

  #begin(
    key: string,
    begin: (context: Pick<VerifyContext, "signal">) => SharedVerification,
  ): Flight {
    const controller = new AbortController();
    const verification = begin({ signal: controller.signal });
    const flight = { verification, result: verification.run(), controller, waiters: 0 };
    this.#flights.set(key, flight);
    const end = (): void => this.#remove(key, flight);
    flight.result.then(end, end);
    return flight;
  }

  #leave(key: string, flight: Flight, reason: unknown): void {
    // Who comes later must not join work that is being stopped.
    this.#remove(key, flight);
    flight.controller.abort(reason);
  }

  #remove(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
