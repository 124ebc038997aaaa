import { Semaphore } from "../crypto/mod.ts";
import type { AssayError } from "../errors.ts";
import type { MaterialDetail, TrustMaterial } from "../trust/mod.ts";
import type { FetchedMaterialSource, FetchedProvider } from "./fetched_provider.ts";
import { type EntryCondition, KeptEntry } from "./kept_entry.ts";
import { mergeEntries } from "./merge_entries.ts";

/** It stands otherwise with an entry than before. */
export interface EntryChange {
  /** The provider's reference. */
  readonly provider: string;
  /** The entry's label. */
  readonly entry: string;
  readonly before: EntryCondition;
  readonly condition: EntryCondition;
  /** Why, when something failed. */
  readonly error: AssayError | undefined;
}

/** How it stands with one entry of a provider. */
export interface EntryStatus {
  readonly label: string;
  readonly condition: EntryCondition;
  /** What it has that may be used now. */
  readonly details: readonly MaterialDetail[];
  readonly lastRefreshed: Date | undefined;
  readonly problem: AssayError | undefined;
}

/** How it stands with a provider. */
export interface ProviderStatus {
  /** Its reference. */
  readonly provider: string;
  readonly entries: readonly EntryStatus[];
}

/** What a refresher needs. */
export interface KeyRefresherOptions {
  readonly now: () => Date;
  /** Waits; false when the signal fired before the time was over. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
  /** How long the first material of providers is waited for, in milliseconds. */
  readonly firstWaitMs: number;
  /** Is told that {@link KeyRefresher.current} may say something new. Must not throw. */
  readonly changed?: () => void | Promise<void>;
  /** Is told what became of entries. Must not throw. */
  readonly report?: (change: EntryChange) => void;
  /** A number from 0 to 1, below 1, for the spread of refreshes; for tests. */
  readonly random?: () => number;
}

/** How soon what failed is tried again: this long at first, twice as long each time, up to a bound. */
const RETRY = 15_000;
const MAX_RETRY = 5 * 60_000;
/** How far an interval may be off, so that replicas do not ask together. */
const SPREAD = 0.1;
/** How many entries are fetched at once, of all providers. */
const PARALLEL = 8;
/** From how many providers on those are forgotten that nobody refreshes. */
const MAX_KEPT = 256;
/** Longer than this no timer can wait. */
const MAX_WAIT = 2 ** 31 - 1;

interface Kept {
  provider: FetchedProvider;
  readonly entries: readonly KeptEntry[];
  readonly stop: AbortController;
  /** Ends the pause of its loop. */
  wake: AbortController;
  /** Ends when each entry has been asked for once. */
  first: Promise<void>;
  /** When all entries are asked for again, in milliseconds since 1970. */
  due: number;
  /** How often in a row something failed. */
  failures: number;
  /** What was last told to have changed, as a text. */
  told: string | undefined;
}

/**
 * Keeps the material of providers up to date in the background. Each entry fails for itself and keeps what
 * it had, up to the provider's limit. A provider is known by its identity, so that loading a configuration
 * again, or another interval, changes nothing of what is known.
 */
export class KeyRefresher implements FetchedMaterialSource, AsyncDisposable {
  readonly #options: KeyRefresherOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #loops = new Set<string>();
  readonly #slots = new Semaphore(PARALLEL);
  /** Work that has not ended, that which was told to included. */
  readonly #running = new Set<Promise<void>>();
  #ended = false;

  constructor(options: KeyRefresherOptions) {
    this.#options = options;
  }

  /** As {@link FetchedMaterialSource.current}. */
  async current(provider: FetchedProvider): Promise<TrustMaterial> {
    const kept = this.#keep(provider);
    const over = new AbortController();
    const limit = this.#options.wait(
      this.#options.firstWaitMs,
      AbortSignal.any([over.signal, kept.stop.signal]),
    );
    await Promise.race([kept.first, limit]);
    over.abort();
    await limit;
    return mergeEntries(kept.provider.reference, kept.entries);
  }

  /** Says which providers there are now: each is refreshed again and again, and others no more. */
  use(providers: readonly FetchedProvider[]): void {
    const wanted = new Map(providers.map((one) => [one.identity, one]));
    for (const id of [...this.#kept.keys()].filter((id) => !wanted.has(id))) this.#drop(id);
    for (const [id, provider] of wanted) {
      const kept = this.#keep(provider);
      const { intervalMs, maxStalenessMs } = kept.provider;
      kept.provider = provider;
      if (this.#loops.has(id)) {
        const isSame = provider.intervalMs === intervalMs &&
          provider.maxStalenessMs === maxStalenessMs;
        if (!isSame) kept.wake.abort();
        continue;
      }
      this.#loops.add(id);
      this.#track(this.#run(kept));
    }
  }

  /** How it stands with all providers that are refreshed, in the order of their references. */
  status(): readonly ProviderStatus[] {
    return [...this.#loops].flatMap((id) => this.#kept.get(id) ?? [])
      .map(({ provider, entries }) => ({
        provider: provider.reference,
        entries: entries.map(({ entry, condition, material, fetchedAt, problem }) => ({
          label: entry.label,
          condition,
          details: material?.details ?? [],
          lastRefreshed: fetchedAt,
          problem,
        })),
      }))
      .toSorted((a, b) => a.provider < b.provider ? -1 : 1);
  }

  /** Ends all work that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.use([]);
    await Promise.all(this.#running);
  }

  #keep(provider: FetchedProvider): Kept {
    const known = this.#kept.get(provider.identity);
    if (known !== undefined) return known;
    if (this.#kept.size >= MAX_KEPT) this.#forget();
    const kept: Kept = {
      provider,
      entries: provider.entries.map((entry) => new KeptEntry(entry)),
      stop: new AbortController(),
      wake: new AbortController(),
      first: Promise.resolve(),
      due: 0,
      failures: 0,
      told: undefined,
    };
    // Who still asks when all has ended gets what there is: nothing.
    if (this.#ended) return kept;
    kept.first = this.#refresh(kept);
    this.#track(kept.first);
    this.#kept.set(provider.identity, kept);
    return kept;
  }

  #drop(id: string): void {
    this.#kept.get(id)?.stop.abort();
    this.#kept.delete(id);
    this.#loops.delete(id);
  }

  /** Drops what configurations asked for that never came into force. */
  #forget(): void {
    for (const id of [...this.#kept.keys()].filter((id) => !this.#loops.has(id))) this.#drop(id);
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #run(kept: Kept): Promise<void> {
    const { signal } = kept.stop;
    await kept.first;
    await this.#tell(kept);
    while (!signal.aborted) {
      const elapsed = await this.#options.wait(
        this.#pause(kept),
        AbortSignal.any([signal, kept.wake.signal]),
      );
      kept.wake = new AbortController();
      if (!elapsed) continue;
      await this.#refresh(kept);
      await this.#tell(kept);
    }
  }

  /** How long there is nothing to do. */
  #pause(kept: Kept): number {
    const now = this.#options.now().getTime();
    // Neither a shorter interval nor a clock that was set back may put it off.
    kept.due = Math.min(kept.due, now + this.#spread(kept.provider.intervalMs));
    const times = [kept.due];
    if (kept.failures > 0) {
      times.push(now + this.#spread(Math.min(RETRY * 2 ** (kept.failures - 1), MAX_RETRY)));
    }
    for (const entry of kept.entries) {
      times.push(entry.staleAt(kept.provider.maxStalenessMs) ?? Infinity);
    }
    return Math.max(0, Math.min(MAX_WAIT, ...times.map((time) => time - now)));
  }

  /** Fetches what is due: everything, or what failed before. */
  async #refresh(kept: Kept): Promise<void> {
    const { stop, entries } = kept;
    const { now } = this.#options;
    const all = now().getTime() >= kept.due;
    if (all) kept.due = now().getTime() + this.#spread(kept.provider.intervalMs);
    const before = new Map(entries.map((entry) => [entry, entry.condition]));
    const wanted = entries.filter((entry) => all || entry.isFailing);
    await Promise.all(wanted.map((entry) =>
      this.#slots.run(async () => {
        if (!stop.signal.aborted) await entry.refresh(now, stop.signal);
      })
    ));
    if (stop.signal.aborted) return;
    for (const entry of entries) entry.expire(now(), kept.provider.maxStalenessMs);
    kept.failures = entries.some(({ isFailing }) => isFailing) ? kept.failures + 1 : 0;
    for (const [entry, condition] of before) {
      if (entry.condition !== condition) this.#report(kept, entry, condition);
    }
  }

  #report({ provider }: Kept, kept: KeptEntry, before: EntryCondition): void {
    const { entry, condition, problem } = kept;
    const about = { provider: provider.reference, entry: entry.label };
    this.#options.report?.({ ...about, before, condition, error: problem });
  }

  async #tell(kept: Kept): Promise<void> {
    if (kept.stop.signal.aborted) return;
    const now = textOf(mergeEntries(kept.provider.reference, kept.entries));
    if (now === kept.told) return;
    kept.told = now;
    await this.#options.changed?.();
  }

  #spread(milliseconds: number): number {
    const { random = Math.random } = this.#options;
    return milliseconds * (1 - SPREAD + 2 * SPREAD * random());
  }
}

/** A text that differs when the material does, or its age where that matters. */
function textOf({ certificates, keys, details, incomplete }: TrustMaterial): string {
  return JSON.stringify([
    certificates.map(({ name, version, certificate }) => [name, version, certificate.fingerprint]),
    keys.map(({ name, version, key, hash }) => [name, version, key.fingerprint, hash]),
    details,
    incomplete?.message,
  ]);
}
