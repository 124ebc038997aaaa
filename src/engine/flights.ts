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
  readonly begun: number;
  waiters: number;
  ended: boolean;
}

/** What a caller got, and whether the work was begun by another one. */
export interface Flown {
  readonly report: ImageReport;
  readonly shared: boolean;
}

/**
 * Lets callers who want the same verification at the same time share one. Each waits until its own
 * deadline and then gets what is known; the work goes on for as long as anybody waits for it, and no
 * longer. Work that was begun too long ago is not joined any more: what it saw is from before then.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #window: number;

  /** @param window how old work may be that is still joined, in milliseconds. */
  constructor(window: number) {
    this.#window = window;
  }

  /** How many verifications are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the verification of a key, or begins it.
   *
   * @param now a clock that only goes forward, in milliseconds.
   * @throws {AssayError} what making or running the verification throws.
   */
  async join(
    key: string,
    signal: AbortSignal,
    now: number,
    begin: (context: Pick<VerifyContext, "signal">) => SharedVerification,
  ): Promise<Flown> {
    const known = this.#flights.get(key);
    const shared = known !== undefined && now - known.begun <= this.#window;
    const flight = shared ? known : this.#begin(key, now, begin);
    if (signal.aborted && shared) {
      return { report: flight.verification.report, shared };
    }
    flight.waiters++;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const expire = (): void => resolve(undefined);
    signal.addEventListener("abort", expire, { once: true });
    if (signal.aborted) expire();
    try {
      const report = await Promise.race([flight.result, promise]);
      return report === undefined
        ? { report: flight.verification.report, shared }
        : { report, shared };
    } finally {
      signal.removeEventListener("abort", expire);
      flight.waiters--;
      if (flight.waiters === 0) this.#leave(key, flight, signal.reason);
    }
  }

  #begin(
    key: string,
    now: number,
    begin: (context: Pick<VerifyContext, "signal">) => SharedVerification,
  ): Flight {
    const controller = new AbortController();
    const verification = begin({ signal: controller.signal });
    const flight = {
      verification,
      result: verification.run(),
      controller,
      begun: now,
      waiters: 0,
      ended: false,
    };
    this.#flights.set(key, flight);
    const end = (): void => {
      flight.ended = true;
      this.#remove(key, flight);
    };
    flight.result.then(end, end);
    return flight;
  }

  #leave(key: string, flight: Flight, reason: unknown): void {
    if (flight.ended) return;
    // Who comes later must not join work that is being stopped.
    this.#remove(key, flight);
    flight.controller.abort(reason);
  }

  #remove(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
