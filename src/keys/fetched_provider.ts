import type { TrustMaterial } from "../trust/mod.ts";
import type { MaterialEntry } from "./entry.ts";

/** A provider whose material comes from a service, entry by entry. */
export interface FetchedProvider {
  /** What verifiers call it: its name, with its namespace before a slash if it has one. */
  readonly reference: string;
  /** A hash of all that says what is fetched: two with the same one have the same material. */
  readonly identity: string;
  readonly entries: readonly MaterialEntry[];
  /** How long to wait between refreshes, in milliseconds. */
  readonly intervalMs: number;
  /** How old material may become while refreshes fail, in milliseconds. */
  readonly maxStalenessMs: number;
}

/** Has what was last fetched for providers. */
export interface FetchedMaterialSource {
  /**
   * The material of a provider as it is known now. The first time it is waited for, within a bound; what
   * did not come says so in `incomplete`.
   */
  current(provider: FetchedProvider): Promise<TrustMaterial>;
}
