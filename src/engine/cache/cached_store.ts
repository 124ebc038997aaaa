import {
  type Bytes,
  type Descriptor,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type Reference,
  repositoryName,
} from "../../oci/mod.ts";
import type {
  ArtifactStore,
  FetchedManifest,
  Referrer,
  StoreOptions,
  Subject,
} from "../../stores/mod.ts";
import type { StoreCaches } from "./store_caches.ts";

/** A store, as the cache knows it. */
export interface CacheableStore {
  readonly store: ArtifactStore;
  /** Differs between stores that may answer differently: another configuration is another store. */
  readonly identity: string;
  /** How long a listing may be used again, in milliseconds; 0: not at all. */
  readonly listingTtl: number;
}

/**
 * A store that remembers, for one verification. Failures are never remembered. What a call may read
 * at most is what the store itself allows: a call with another limit goes past the cache.
 */
export class CachedStore implements ArtifactStore {
  readonly #cacheable: CacheableStore;
  readonly #caches: StoreCaches;
  readonly #now: () => number;
  #listedAt = Infinity;

  /** @param now a clock that only goes forward, in milliseconds. */
  constructor(cacheable: CacheableStore, caches: StoreCaches, now: () => number) {
    this.#cacheable = cacheable;
    this.#caches = caches;
    this.#now = now;
  }

  get name(): string {
    return this.#cacheable.store.name;
  }

  /** When the oldest listing that was used was asked for; Infinity before any was. */
  get listedAt(): number {
    return this.#listedAt;
  }

  async resolve(reference: Reference, options: StoreOptions): Promise<Subject> {
    const { store } = this.#cacheable;
    if (options.maxBytes !== undefined) return await store.resolve(reference, options);
    const known = rememberedSubject(this.#cacheable.identity, reference, this.#caches, this.#now());
    if (known !== undefined) return { reference, descriptor: known };
    const askedAt = this.#now();
    const subject = await store.resolve(reference, options);
    const { digest } = subject.descriptor;
    const place = placeOf(this.#cacheable.identity, reference);
    this.#caches.subjects.set(`${place}@${digest}`, subject.descriptor, 200);
    if (reference.digest === undefined) {
      const until = askedAt + this.#caches.tagTtl;
      this.#caches.tags.set(`${place}:${reference.tag ?? ""}`, digest, 100, until);
    }
    return subject;
  }

  async referrers(subject: Subject, options: StoreOptions): Promise<readonly Referrer[]> {
    const { store, listingTtl } = this.#cacheable;
    const place = placeOf(this.#cacheable.identity, subject.reference);
    const key = `${place}@${subject.descriptor.digest}`;
    const now = this.#now();
    const cached = listingTtl > 0 ? this.#caches.listings.get(key, now) : undefined;
    if (cached !== undefined) {
      this.#listedAt = Math.min(this.#listedAt, cached.askedAt);
      return cached.referrers;
    }
    const referrers = await store.referrers(subject, options);
    this.#listedAt = Math.min(this.#listedAt, now);
    const bytes = 400 * referrers.length;
    const listing = { referrers, askedAt: now };
    this.#caches.listings.set(key, listing, bytes, now + listingTtl);
    return referrers;
  }

  async manifest(
    subject: Subject,
    descriptor: Descriptor,
    options: StoreOptions,
  ): Promise<FetchedManifest> {
    const { store } = this.#cacheable;
    if (options.maxBytes !== undefined) return await store.manifest(subject, descriptor, options);
    const key = `${descriptor.digest} ${descriptor.size} ${descriptor.mediaType}`;
    const known = this.#caches.manifests.get(key, this.#now());
    if (known !== undefined) return known;
    const fetched = await this.#fromDisk(descriptor) ??
      await this.#keeping(() => store.manifest(subject, descriptor, options));
    // The parsed form weighs about as much again.
    this.#caches.manifests.set(key, fetched, 2 * fetched.bytes.length);
    return fetched;
  }

  async blob(subject: Subject, descriptor: Descriptor, options: StoreOptions): Promise<Bytes> {
    const { store } = this.#cacheable;
    const { digest, size } = descriptor;
    const readable = size <= (options.maxBytes ?? Infinity); // else the store's own error is due
    const key = `${digest} ${size}`;
    const known = readable ? this.#caches.blobs.get(key, this.#now()) : undefined;
    if (known !== undefined) return known;
    const kept = readable ? await this.#caches.disk?.read(digest, size) : undefined;
    const bytes = kept ?? await store.blob(subject, descriptor, options);
    if (kept === undefined) this.#caches.disk?.keep(digest, bytes);
    this.#caches.blobs.set(key, bytes, bytes.length);
    return bytes;
  }

  async #fromDisk(descriptor: Descriptor): Promise<FetchedManifest | undefined> {
    const { digest, size, mediaType } = descriptor;
    if (size > MAX_MANIFEST_BYTES) return undefined; // the store's own error is due
    const bytes = await this.#caches.disk?.read(digest, size);
    try {
      return bytes && { descriptor, bytes, manifest: parseManifest(bytes, mediaType) };
    } catch {
      return undefined; // it was listed as something that it is not: the store says so better
    }
  }

  async #keeping(fetch: () => Promise<FetchedManifest>): Promise<FetchedManifest> {
    const fetched = await fetch();
    this.#caches.disk?.keep(fetched.descriptor.digest, fetched.bytes);
    return fetched;
  }
}

/** What a store said of a reference, if that is remembered and may still be used. */
export function rememberedSubject(
  identity: string,
  reference: Reference,
  caches: StoreCaches,
  now: number,
): Descriptor | undefined {
  const place = placeOf(identity, reference);
  const digest = reference.digest ?? caches.tags.get(`${place}:${reference.tag ?? ""}`, now);
  return digest === undefined ? undefined : caches.subjects.get(`${place}@${digest}`, now);
}

function placeOf(identity: string, reference: Reference): string {
  return `${identity} ${repositoryName(reference)}`;
}
