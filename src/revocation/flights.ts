/**
 * Lets everybody who wants the same thing at the same time share one piece of work. It belongs to this
 * object, not to who asked first: it goes on when they give up, so that the next one finds its result, and
 * ends by its own time limit or when the object is disposed of.
 */
export class Flights {
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #end = new AbortController();

  /**
   * Waits for the work of this key, starting it if nobody has.
   *
   * @throws what the work throws, or the reason of the caller's signal.
   */
  async share<T>(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    let flight = this.#underWay.get(key) as Promise<T> | undefined;
    if (flight === undefined) {
      flight = work(this.#end.signal).finally(() => this.#underWay.delete(key));
      flight.catch(() => {}); // whoever waits hears of it
      this.#underWay.set(key, flight);
    }
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([flight, stopped]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** How many pieces of work are under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Stops all work and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new DOMException("The work was stopped", "AbortError"));
    await Promise.allSettled(this.#underWay.values());
  }
}
