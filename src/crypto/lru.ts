/**
 * A map that forgets the entries that were not used for longest, as soon as it has more than `limit` of
 * them, or they weigh more than `maxWeight` together.
 */
export class LruMap<K, V> {
  readonly #limit: number;
  readonly #maxWeight: number;
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number }>();
  #weight = 0;

  /** @param maxWeight in the unit of the weights that entries are set with; no bound when absent. */
  constructor(limit: number, maxWeight = Infinity) {
    this.#limit = limit;
    this.#maxWeight = maxWeight;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry); // now the one used last
    return entry.value;
  }

  /** Keeps an entry, of a weight such as its bytes. One that is too heavy for the map is not kept. */
  set(key: K, value: V, weight = 0): void {
    this.delete(key);
    if (weight > this.#maxWeight) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit && this.#weight <= this.#maxWeight) break;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** All values, the one that was not used for longest first. None of them counts as used by that. */
  *values(): Generator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The weight of all entries together. */
  get weight(): number {
    return this.#weight;
  }
}
