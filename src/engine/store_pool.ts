import type { ConfiguredStore } from "../resources/mod.ts";
import type { ArtifactStore } from "../stores/mod.ts";

/** A store that is open, and how to close it where it has something to close. */
export interface OpenStore {
  readonly store: ArtifactStore;
  readonly close?: () => void;
}

/** Stores for the time of one request; disposing gives them back. */
export interface StoreLease extends Disposable {
  readonly stores: readonly {
    readonly configured: ConfiguredStore;
    readonly store: ArtifactStore;
  }[];
}

interface Pooled extends OpenStore {
  leases: number;
  retired: boolean;
}

/**
 * Keeps stores open between requests, and across changes of the configuration that do not concern
 * them, so that tokens and what was learnt about registries stay. One that is no longer configured is
 * closed when the last request that uses it has its answer.
 */
export class StorePool implements Disposable {
  readonly #open: (configured: ConfiguredStore) => OpenStore;
  readonly #pooled = new Map<string, Pooled>();

  /** @param open opens a store; what it throws is the cause of the verdicts that need the store. */
  constructor(open: (configured: ConfiguredStore) => OpenStore) {
    this.#open = open;
  }

  /** Opens what is not open yet. Throws what opening throws. */
  lease(list: readonly ConfiguredStore[]): StoreLease {
    const taken: Pooled[] = [];
    const release = (): void => {
      for (const pooled of taken.splice(0)) {
        pooled.leases--;
        closeUnused(pooled);
      }
    };
    try {
      const stores = list.map((configured) => {
        const pooled = this.#pooled.get(configured.identity) ?? this.#add(configured);
        pooled.leases++;
        taken.push(pooled);
        return { configured, store: pooled.store };
      });
      return { stores, [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Closes all but these, each as soon as nobody uses it. */
  retain(list: readonly ConfiguredStore[]): void {
    const kept = new Set(list.map((configured) => configured.identity));
    for (const [identity, pooled] of this.#pooled) {
      if (kept.has(identity)) continue;
      this.#pooled.delete(identity);
      pooled.retired = true;
      closeUnused(pooled);
    }
  }

  [Symbol.dispose](): void {
    this.retain([]);
  }

  #add(configured: ConfiguredStore): Pooled {
    const pooled = { ...this.#open(configured), leases: 0, retired: false };
    this.#pooled.set(configured.identity, pooled);
    return pooled;
  }
}

function closeUnused(pooled: Pooled): void {
  if (pooled.retired && pooled.leases === 0) pooled.close?.();
}
