/** What happened to a cache: for counters. */
export type CacheEvent = "hit" | "miss" | "eviction";

/** How a cache is bounded and watched. */
export interface CacheOptions {
  /** What metrics call it. */
  readonly name: string;
  /** The most bytes that all entries have together, as their owners count them. */
  readonly maxBytes: number;
  /** The most entries. */
  readonly maxEntries: number;
  readonly observe?: (cache: string, event: CacheEvent) => void;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  /** The moment before which the entry holds. */
  readonly until: number;
}

/** What an entry weighs beside its content: key, maps and objects around it. */
const OVERHEAD = 200;

/**
 * A cache that is bounded in entries and bytes and forgets what was not used for longest. Moments are
 * milliseconds of a clock that only goes forward, so that nobody who sets the time of day prolongs the
 * life of an entry.
 */
export class BoundedCache<V> {
  readonly #options: CacheOptions;
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The entry, if it still holds at a moment. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now >= entry.until) {
      this.delete(key);
      this.#options.observe?.(this.name, "miss");
      return undefined;
    }
    this.#entries.delete(key); // back in as the one used last
    this.#entries.set(key, entry);
    this.#options.observe?.(this.name, "hit");
    return entry.value;
  }

  /** Keeps a value of `bytes` until a moment; one that alone is over the bound is not kept. */
  set(key: string, value: V, bytes: number, until = Infinity): void {
    this.delete(key);
    const weight = bytes + key.length + OVERHEAD;
    if (weight > this.#options.maxBytes) return;
    this.#entries.set(key, { value, bytes: weight, until });
    this.#bytes += weight;
    while (this.#bytes > this.#options.maxBytes || this.#entries.size > this.#options.maxEntries) {
      const [oldest] = this.#entries.keys();
      if (oldest === undefined) break;
      this.delete(oldest);
      this.#options.observe?.(this.name, "eviction");
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
