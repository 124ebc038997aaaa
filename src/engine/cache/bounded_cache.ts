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
  /** Milliseconds since 1970: the entry holds from the first until before the second. */
  readonly from: number;
  readonly until: number;
}

/** What an entry weighs beside its content: key, maps and objects around it. */
const OVERHEAD = 200;

/**
 * A cache that is bounded in entries and bytes and forgets what was not used for longest. An entry
 * holds for a span of time and at no other moment: a clock that is set back does not bring it back.
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

  /** The entry that holds at a moment (milliseconds since 1970); undefined when there is none. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.from || now >= entry.until) {
      if (entry !== undefined && now >= entry.until) this.delete(key);
      this.#options.observe?.(this.name, "miss");
      return undefined;
    }
    this.#entries.delete(key); // back in as the one used last
    this.#entries.set(key, entry);
    this.#options.observe?.(this.name, "hit");
    return entry.value;
  }

  /** Keeps a value of `bytes` for a span of time; one that alone is over the bound is not kept. */
  set(key: string, value: V, bytes: number, from: number, until: number): void {
    this.delete(key);
    const weight = bytes + key.length + OVERHEAD;
    if (until <= from || weight > this.#options.maxBytes) return;
    this.#entries.set(key, { value, bytes: weight, from, until });
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
