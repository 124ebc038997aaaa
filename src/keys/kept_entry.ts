import { asAssayError, AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { EntryGoneError, type MaterialEntry } from "./entry.ts";

/** How long one entry may take, in milliseconds. */
const TIME_LIMIT = 30_000;

/**
 * How it stands with an entry. `pending`: never asked. `fresh`: the last refresh worked. `stale`: it failed,
 * and what was fetched before is in use. `missing`: it failed, and there is nothing, or nothing young enough.
 * `gone`: the service is certain that there is no such thing any more.
 */
export type EntryCondition = "pending" | "fresh" | "stale" | "missing" | "gone";

/** One entry of a provider, and what was last fetched for it. */
export class KeptEntry {
  readonly entry: MaterialEntry;
  #condition: EntryCondition = "pending";
  #material: TrustMaterial | undefined;
  #fetchedAt: Date | undefined;
  #problem: AssayError | undefined;

  constructor(entry: MaterialEntry) {
    this.entry = entry;
  }

  get condition(): EntryCondition {
    return this.#condition;
  }

  /** What may be used; undefined when there is nothing. */
  get material(): TrustMaterial | undefined {
    return this.#material;
  }

  /** When it was last fetched, also where that is too old to be used. */
  get fetchedAt(): Date | undefined {
    return this.#fetchedAt;
  }

  /** Why the last refresh failed; undefined when it worked. */
  get problem(): AssayError | undefined {
    return this.#problem;
  }

  /** Whether it is worth asking again soon. */
  get isFailing(): boolean {
    return this.#condition === "stale" || this.#condition === "missing" ||
      this.#condition === "pending";
  }

  /** Fetches it anew. What fails leaves what there was; what is gone does not. */
  async refresh(now: () => Date, stop: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(TIME_LIMIT);
    try {
      const material = await this.entry.fetch(AbortSignal.any([stop, limit]));
      this.#material = material;
      this.#fetchedAt = now();
      this.#problem = undefined;
      this.#condition = "fresh";
    } catch (error) {
      if (stop.aborted) return;
      this.#problem = limit.aborted ? this.#late() : asAssayError(error, "keyManagementProvider");
      if (error instanceof EntryGoneError) this.#material = undefined;
      this.#condition = error instanceof EntryGoneError
        ? "gone"
        : this.#material === undefined
        ? "missing"
        : "stale";
    }
  }

  /** When what is in use is too old, in milliseconds since 1970; undefined while refreshes work. */
  staleAt(maxStalenessMs: number): number | undefined {
    return this.#condition === "stale" && this.#fetchedAt !== undefined
      ? this.#fetchedAt.getTime() + maxStalenessMs
      : undefined;
  }

  /** Drops what has become too old. */
  expire(now: Date, maxStalenessMs: number): void {
    const end = this.staleAt(maxStalenessMs);
    if (end === undefined || now.getTime() < end) return;
    this.#material = undefined;
    this.#condition = "missing";
  }

  #late(): AssayError {
    return new AssayError({
      code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
      component: "keyManagementProvider",
      message: `The ${this.entry.label} has not come within ${TIME_LIMIT / 1000} s`,
      transient: true,
    });
  }
}
