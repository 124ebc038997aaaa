import type { Bytes, Descriptor, Digest } from "../../oci/mod.ts";
import type { FetchedManifest, Referrer } from "../../stores/mod.ts";
import type { ContentDisk } from "./content_disk.ts";
import { BoundedCache, type CacheEvent } from "./bounded_cache.ts";

/** How much is remembered of what stores said. */
export interface StoreCacheOptions {
  /** The most bytes of manifests and blobs, and of listings. */
  readonly maxBytes: number;
  /** How long a tag is taken to name the same digest, in milliseconds; 0: not at all. */
  readonly tagTtl: number;
  /** Where manifests and blobs are kept for the next process; nowhere when absent. */
  readonly disk?: ContentDisk | undefined;
  readonly observe?: (cache: string, event: CacheEvent) => void;
}

/** A listing, and the moment at which the store was asked, by the clock of the cache. */
export interface ListedAt {
  readonly referrers: readonly Referrer[];
  readonly askedAt: number;
}

const MAX_ENTRIES = 50_000;

/**
 * What is remembered of stores, by all requests. Content proves itself by its digest and is kept for
 * as long as there is room; what a store says about an image is kept by store and repository.
 */
export class StoreCaches {
  readonly manifests: BoundedCache<FetchedManifest>;
  readonly blobs: BoundedCache<Bytes>;
  /** By store, repository and digest: the image is there, and what it is. */
  readonly subjects: BoundedCache<Descriptor>;
  readonly tags: BoundedCache<Digest>;
  readonly listings: BoundedCache<ListedAt>;
  readonly tagTtl: number;
  readonly disk: ContentDisk | undefined;

  constructor({ maxBytes, tagTtl, disk, observe }: StoreCacheOptions) {
    const cache = <V>(name: string, share: number): BoundedCache<V> =>
      new BoundedCache<V>({
        name,
        maxBytes: Math.floor(maxBytes * share),
        maxEntries: MAX_ENTRIES,
        ...(observe === undefined ? {} : { observe }),
      });
    this.manifests = cache("manifest", 0.3);
    this.blobs = cache("blob", 0.4);
    this.subjects = cache("subject", 0.1);
    this.tags = cache("tag", 0.05);
    this.listings = cache("referrers", 0.15);
    this.tagTtl = tagTtl;
    this.disk = disk;
  }

  /** All caches, for gauges. */
  get all(): readonly BoundedCache<unknown>[] {
    return [this.manifests, this.blobs, this.subjects, this.tags, this.listings];
  }
}
