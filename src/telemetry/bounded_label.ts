/** What stands for every value beyond the limit. */
const OTHER = "other";

/**
 * Keeps the number of distinct values of a label bounded: each is a time series that is held for
 * ever, and registries, namespaces and names are chosen by others.
 */
export class BoundedLabel {
  readonly #limit: number;
  readonly #seen = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value, as long as it is one of the first `limit` ones and not longer than 253 characters. */
  of(value: string): string {
    if (this.#seen.has(value)) return value;
    if (this.#seen.size >= this.#limit || value.length > 253) return OTHER;
    this.#seen.add(value);
    return value;
  }

  /** The values, or `other` for each of them when there are too many combinations. */
  combination(values: readonly string[]): readonly string[] {
    const key = JSON.stringify(values);
    if (this.#seen.has(key)) return values;
    if (this.#seen.size >= this.#limit) return values.map(() => OTHER);
    this.#seen.add(key);
    return values;
  }
}
