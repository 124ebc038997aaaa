import { deadline } from "./failure.ts";

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Lets callers who want the same thing at the same time share one piece of work. Each waits until its own
 * deadline; the work goes on for as long as anybody waits for it.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** Runs work, or joins that of the same key. Throws what it throws, or `DEADLINE_EXCEEDED`. */
  async run(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw deadline(signal);
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiters++;
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const expire = (): void => reject(deadline(signal));
    signal.addEventListener("abort", expire, { once: true });
    try {
      return await Promise.race([flight.result, expired]);
    } finally {
      signal.removeEventListener("abort", expire);
      if (--flight.waiters === 0) this.#abandon(key, flight, signal.reason);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight = { result: work(controller.signal), controller, waiters: 0 };
    this.#flights.set(key, flight);
    const end = (): void => this.#remove(key, flight);
    flight.result.then(end, end);
    return flight;
  }

  #abandon(key: string, flight: Flight<T>, reason: unknown): void {
    // Who comes later must not join work that is being stopped.
    this.#remove(key, flight);
    flight.controller.abort(reason);
  }

  #remove(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
