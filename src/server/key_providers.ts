import type { AssayError } from "../errors.ts";
import type { KeyProviderState } from "../telemetry/mod.ts";

/** How it stands with a provider whose material is fetched, entry by entry. */
export interface KeyProviderStatus {
  /** Its name, with its namespace before a slash if it has one. */
  readonly provider: string;
  readonly entries: readonly {
    readonly label: string;
    readonly condition: "pending" | "fresh" | "stale" | "missing" | "gone";
    readonly lastRefreshed: Date | undefined;
    readonly problem: AssayError | undefined;
  }[];
}

/** The most providers, and entries of one that are not as they should be, that are told. */
const MAX_TOLD = 50;
const MAX_ENTRIES = 20;

/** What `/readyz` says of providers: how many entries are fresh, and what is wrong with the others. */
export function describeKeyProviders(all: readonly KeyProviderStatus[]): readonly unknown[] {
  return all.slice(0, MAX_TOLD).map(({ provider, entries }) => ({
    provider,
    entries: entries.length,
    fresh: entries.filter(({ condition }) => condition === "fresh").length,
    others: entries.filter(({ condition }) => condition !== "fresh").slice(0, MAX_ENTRIES)
      .map(({ label, condition, lastRefreshed, problem }) => ({
        entry: label,
        condition,
        ...(lastRefreshed === undefined ? {} : { lastRefreshed: lastRefreshed.toISOString() }),
        ...(problem === undefined ? {} : { problem: problem.message }),
      })),
  }));
}

/** What metrics say of a provider: as old as its oldest entry. */
export function stateOfKeys({ provider, entries }: KeyProviderStatus): KeyProviderState {
  const there = entries.filter(({ condition }) => condition !== "gone");
  const times = there.flatMap(({ lastRefreshed }) => lastRefreshed ?? []);
  const oldest = Math.min(...times.map((time) => time.getTime()));
  return {
    provider,
    fetchedAt: Number.isFinite(oldest) ? new Date(oldest) : undefined,
    stale: there.some(({ condition }) => condition !== "fresh"),
  };
}
