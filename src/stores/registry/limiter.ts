import { deadline } from "./failure.ts";

/** Lets at most `limit` pieces of work run at once; who waits may give up. */
export class Limiter {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Runs work when it is its turn. Throws {@link AssayError} `DEADLINE_EXCEEDED` when the signal fires before. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(take);
        reject(deadline(signal));
      };
      const take = (): void => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      if (signal.aborted) return abort();
      this.#waiting.add(take);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Hands the place on; a Set keeps the order of arrival. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}
