import { LruMap } from "../crypto/mod.ts";
import type { RevocationQuestion } from "../trust/mod.ts";
import type { Flights } from "./flights.ts";

/** What a keeper has to know of the things that it keeps. */
export interface Kind<T> {
  readonly maxEntries: number;
  readonly maxWeight: number;
  readonly weight: (value: T) => number;
  readonly thisUpdate: (value: T) => Date;
  readonly nextUpdate: (value: T) => Date;
  /** Why a thing must not be relied on at a time; undefined when it may be. */
  readonly describeProblem: (value: T, now: Date) => string | undefined;
}

/** Where one thing comes from. */
export interface Source<T> {
  readonly key: string;
  /** Who has the same text here may share the work of getting it. */
  readonly shareAs: string;
  /** Gets it; or says what is in the way. */
  readonly fetch: (now: Date, signal: AbortSignal) => Promise<T | string>;
  /** Gets what was kept before this process began. */
  readonly restore?: () => Promise<T | undefined>;
  /** Keeps it beyond this process. */
  readonly keep?: (value: T) => Promise<void>;
}

/** Something that was found; `stale` when it is past its time and nobody answers. */
export interface Found<T> {
  readonly value: T;
  readonly stale: boolean;
}

interface Entry<T> {
  readonly value: T;
  readonly source: Source<T>;
  readonly fetchedAt: number;
  used: boolean;
}

/** An answer is asked for again in the last quarter of the time that it holds. */
const REFRESH_SHARE = 0.75;

/** How many things are refreshed at once. */
const PARALLEL = 4;

/** Remembers things until they are out of date, and shares the work of getting them. */
export class Keeper<T extends object> {
  readonly #kind: Kind<T>;
  readonly #flights: Flights;
  readonly #entries: LruMap<string, Entry<T>>;

  constructor(kind: Kind<T>, flights: Flights) {
    this.#kind = kind;
    this.#flights = flights;
    this.#entries = new LruMap(kind.maxEntries, kind.maxWeight);
  }

  /** What is known and may be relied on at this time. */
  known(key: string, now: Date): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#kind.describeProblem(entry.value, now) !== undefined) {
      return undefined;
    }
    entry.used = true;
    return entry.value;
  }

  /**
   * Gets something anew; where that fails, what was known before, for as long as the question allows.
   *
   * @returns what was found; or what is in the way.
   */
  async find(source: Source<T>, question: RevocationQuestion): Promise<Found<T> | string> {
    const { now, signal, staleWhileUnreachable } = question;
    const fetched = await this.#fetch(source, now, signal);
    const problem = typeof fetched === "string"
      ? fetched
      : this.#kind.describeProblem(fetched, now);
    if (typeof fetched !== "string" && problem === undefined) {
      return { value: fetched, stale: false };
    }
    const old = this.#entries.get(source.key)?.value;
    const usable = old !== undefined &&
      now.getTime() <= this.#kind.nextUpdate(old).getTime() + staleWhileUnreachable &&
      now >= this.#kind.thisUpdate(old);
    return usable ? { value: old, stale: true } : problem ?? "there is no answer";
  }

  /**
   * Gets again what was used and comes to the end of its time. What fails is left as it is: whoever needs
   * it asks for it.
   *
   * @returns how many things were asked for.
   */
  async refresh(now: Date, signal: AbortSignal): Promise<number> {
    const due: Source<T>[] = [];
    for (const entry of this.#entries.values()) {
      const end = this.#kind.nextUpdate(entry.value).getTime();
      const from = entry.fetchedAt + REFRESH_SHARE * (end - entry.fetchedAt);
      if (!entry.used || now.getTime() < from) continue;
      entry.used = false;
      due.push(entry.source);
    }
    for (let index = 0; index < due.length; index += PARALLEL) {
      const some = due.slice(index, index + PARALLEL);
      await Promise.allSettled(some.map((source) => this.#fetch(source, now, signal)));
    }
    return due.length;
  }

  #fetch(source: Source<T>, now: Date, signal: AbortSignal): Promise<T | string> {
    return this.#flights.share(source.shareAs, signal, async (end) => {
      const before = this.#entries.get(source.key);
      const restored = before === undefined ? await source.restore?.() : undefined;
      const fresh = restored !== undefined &&
        this.#kind.describeProblem(restored, now) === undefined;
      const value = fresh ? restored : await source.fetch(now, end);
      if (typeof value === "string") return value;
      // An older answer that somebody sends again must not take the place of a newer one.
      const newer = before === undefined ||
        this.#kind.thisUpdate(value) >= this.#kind.thisUpdate(before.value);
      if (!newer) return before.value;
      const entry = { value, source, fetchedAt: now.getTime(), used: before?.used ?? true };
      this.#entries.set(source.key, entry, this.#kind.weight(value));
      if (!fresh) await source.keep?.(value);
      return value;
    });
  }
}
