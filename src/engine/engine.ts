import { asAssayError, AssayError } from "../errors.ts";
import {
  formatReference,
  parseKey,
  parseReference,
  type Reference,
  repositoryName,
  type Scope,
} from "../oci/mod.ts";
import type { ImageReport } from "../report/mod.ts";
import type { Configuration, ConfiguredStore } from "../resources/mod.ts";
import { type RequestObserver, SingleFlight } from "../stores/mod.ts";
import type { RevocationChecker } from "../trust/mod.ts";
import type { PluginHost } from "../verifiers/mod.ts";
import type {
  Answer,
  RequestContext,
  ResolveAnswer,
  VerdictSource,
  VerifyAnswer,
} from "./answer.ts";
import { BoundedCache, type CacheEvent } from "./cache/bounded_cache.ts";
import { CachedStore, rememberedSubject } from "./cache/cached_store.ts";
import type { ContentDisk } from "./cache/content_disk.ts";
import { StoreCaches } from "./cache/store_caches.ts";
import { type Moment, validUntil, VerdictCache } from "./cache/verdict_cache.ts";
import { resolveSubject } from "./find_artifacts.ts";
import { Flights } from "./flights.ts";
import { JointVerification } from "./joint_verification.ts";
import { mapBounded } from "./parallel.ts";
import type { Recorder } from "./recording.ts";
import { type OpenStore, StorePool } from "./store_pool.ts";
import { ImageVerification, missingComponent } from "./verify_image.ts";

/** What an {@link Engine} works with. */
export interface EngineOptions {
  /** Opens a store; it stays open for as long as it is configured. */
  readonly openStore: (configured: ConfiguredStore) => OpenStore;
  /** The time of day. */
  readonly now: () => Date;
  /** A clock that only goes forward, in milliseconds; that of the process when absent. */
  readonly monotonic?: () => number;
  /** How long a verdict may be used again, in milliseconds; 0: not at all. */
  readonly verdictTtl: number;
  /** How long a tag is taken to name the same digest, in milliseconds; 0: not at all. */
  readonly tagTtl: number;
  /** The most bytes that all caches have together. */
  readonly maxCacheBytes: number;
  /** Where manifests and blobs are kept for the next process; nowhere when absent. */
  readonly disk?: ContentDisk | undefined;
  /** Asks for the revocation of certificates; when absent, none can be asked for. */
  readonly revocation?: RevocationChecker | undefined;
  /** Where verification plugins come from; when absent, there are none. */
  readonly plugins?: PluginHost | undefined;
  /** Notes each verification, so that it can be repeated; nothing is noted when absent. */
  readonly record?: Recorder | undefined;
  readonly observeCache?: (cache: string, event: CacheEvent) => void;
}

/** A key, understood. */
interface Asked {
  readonly key: string;
  readonly scope: Scope;
  readonly reference: Reference;
  readonly name: string;
}

interface Verified {
  readonly report: ImageReport;
  readonly source: VerdictSource;
}

/** How many keys of one request are worked on at once. */
const PARALLEL_KEYS = 64;
const MAX_KEYS = 10_000;
const KEY_CACHE_BYTES = 8 * 1024 * 1024;
const VERDICT_SHARE = 0.25;
/**
 * How old a verification may be that another request joins, in milliseconds: as long as most answers
 * may take, so that a herd that comes in slowly is one herd.
 */
export const JOIN_WINDOW = 3000;
/** How often a verdict is worked out again that expired while it was. */
const MAX_ROUNDS = 3;

/**
 * Answers keys as Gatekeeper sends them, for many requests at once: what is the same is worked out
 * once, and remembered for as long as it is certain to hold.
 */
export class Engine implements Disposable {
  readonly #options: EngineOptions;
  readonly #pool: StorePool;
  readonly #contents: StoreCaches;
  readonly #verdicts: VerdictCache;
  readonly #keys: BoundedCache<Asked>;
  readonly #flights = new Flights(JOIN_WINDOW);
  readonly #resolutions = new SingleFlight<string>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#pool = new StorePool(options.openStore);
    const { tagTtl, verdictTtl, maxCacheBytes } = options;
    const observe = options.observeCache === undefined ? {} : { observe: options.observeCache };
    const verdictBytes = Math.floor(maxCacheBytes * VERDICT_SHARE);
    this.#contents = new StoreCaches({
      maxBytes: maxCacheBytes - verdictBytes,
      tagTtl,
      disk: options.disk,
      ...observe,
    });
    this.#verdicts = new VerdictCache(verdictTtl, { maxBytes: verdictBytes, ...observe });
    this.#keys = new BoundedCache({ name: "key", maxBytes: KEY_CACHE_BYTES, maxEntries: MAX_KEYS });
  }

  /** All caches, for gauges. */
  get caches(): readonly Pick<BoundedCache<unknown>, "name" | "size" | "bytes">[] {
    return [this.#verdicts.cache, ...this.#contents.all];
  }

  /** How many verifications are under way. */
  get underway(): number {
    return this.#flights.size;
  }

  /** Closes stores that the configuration no longer has, each when nobody uses it any more. */
  retain(configuration: Configuration): void {
    this.#pool.retain(configuration.stores);
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }

  /** Verifies the images of several keys; answers are in their order. Nothing is thrown. */
  verifyAll(keys: readonly string[], context: RequestContext): Promise<VerifyAnswer[]> {
    return mapBounded(keys, PARALLEL_KEYS, (key) => this.verify(key, context));
  }

  /** Finds the digests of several keys; answers are in their order. Nothing is thrown. */
  resolveAll(keys: readonly string[], context: RequestContext): Promise<ResolveAnswer[]> {
    return mapBounded(keys, PARALLEL_KEYS, (key) => this.resolve(key, context));
  }

  /** Verifies the image of a key. Nothing is thrown. */
  verify(text: string, context: RequestContext): Promise<VerifyAnswer> {
    return this.#answer(
      text,
      async (asked, observe) => await this.#verify(asked, context, observe),
    );
  }

  /**
   * Finds the digest of the image of a key; where the key has one, nothing is asked. Nothing is
   * thrown.
   */
  resolve(text: string, context: RequestContext): Promise<ResolveAnswer> {
    return this.#answer(text, async (asked, observe) => {
      const { reference } = asked;
      const digest = reference.digest ?? await this.#resolve(asked, context, observe);
      return { reference, digest };
    });
  }

  async #answer<T>(
    text: string,
    work: (asked: Asked, observe: RequestObserver) => Promise<T>,
  ): Promise<Answer & Partial<T>> {
    let upstreamRequests = 0;
    let known = { key: withoutLineEnds(text), scope: "" };
    try {
      const asked = this.#read(text);
      known = { key: asked.key, scope: asked.scope };
      const outcome = await work(asked, () => upstreamRequests++);
      return { ...known, ...outcome, upstreamRequests };
    } catch (error) {
      return { ...known, error: asAssayError(error, "executor"), upstreamRequests } as
        & Answer
        & Partial<T>;
    }
  }

  #read(text: string): Asked {
    const known = this.#keys.get(text, 0);
    if (known !== undefined) return known;
    const { key, scope, reference: written } = parseKey(text);
    const reference = parseReference(written);
    const asked = { key, scope, reference, name: formatReference(reference) };
    this.#keys.set(text, asked, 4 * text.length);
    return asked;
  }

  async #verify(
    asked: Asked,
    context: RequestContext,
    observe: RequestObserver,
  ): Promise<Verified> {
    const { generation, trust } = context.configuration;
    const question = `${generation} ${trust.generation} ${asked.scope} ${asked.name}`;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const cached = this.#remembered(question, asked, context.configuration);
      if (cached !== undefined) return { report: cached, source: "cached" };
      const { report, shared } = await this.#flights.join(
        question,
        context.signal,
        this.#now().monotonic,
        ({ signal }) => this.#begin(question, asked, context.configuration, signal, observe),
      );
      // What was joined late, or took long, may have ceased to hold meanwhile.
      if (this.#now().wall < validUntil(report)) {
        return { report, source: shared ? "shared" : "computed" };
      }
    }
    throw new AssayError({
      code: "DEADLINE_EXCEEDED",
      component: "executor",
      message: `The verdict on ${asked.name} expired each time before it could be given`,
    });
  }

  #remembered(
    question: string,
    asked: Asked,
    configuration: Configuration,
  ): ImageReport | undefined {
    const now = this.#now();
    const digest = asked.reference.digest ?? this.#knownDigest(asked, configuration, now);
    return digest === undefined ? undefined : this.#verdicts.get(question, digest, now);
  }

  /** The digest of a tag, if the store that is asked first is known to have it. */
  #knownDigest(asked: Asked, configuration: Configuration, now: Moment): string | undefined {
    const [first] = configuration.forScope(asked.scope).stores;
    if (first === undefined) return undefined;
    return rememberedSubject(first.identity, asked.reference, this.#contents, now.monotonic)
      ?.digest;
  }

  #begin(
    question: string,
    asked: Asked,
    configuration: Configuration,
    signal: AbortSignal,
    observe: RequestObserver,
  ): { readonly report: ImageReport; run(): Promise<ImageReport> } {
    const asOf = this.#now();
    const now = new Date(asOf.wall);
    const held = new DisposableStack();
    const stores: CachedStore[] = [];
    const { record, revocation, plugins } = this.#options;
    const parts = configuration.scopesOf(asked.scope).map((scope) => {
      const image = {
        reference: asked.reference,
        repository: repositoryName(asked.reference),
        name: asked.name,
        scope,
      };
      const recording = record?.({ request: image, configuration, now });
      const request = {
        ...image,
        stores: () => {
          const opened = this.#open(configuration, scope, held);
          stores.push(...opened);
          return Promise.resolve(recording === undefined ? opened : opened.map(recording.store));
        },
      };
      const verification = new ImageVerification(request, configuration, {
        signal,
        now,
        observe,
        revocation: recording === undefined ? revocation : recording.revocation(revocation),
        plugins: recording === undefined ? plugins : recording.plugins(plugins),
      });
      return { scope, verification, done: recording?.done };
    });
    const verification = new JointVerification(parts);
    return {
      get report(): ImageReport {
        return verification.report;
      },
      run: async () => {
        using _ = held;
        const report = await verification.run();
        const listedAt = Math.min(...stores.map((store) => store.listedAt));
        if (!signal.aborted) this.#verdicts.put(question, report, asOf, listedAt);
        return report;
      },
    };
  }

  async #resolve(
    asked: Asked,
    context: RequestContext,
    observe: RequestObserver,
  ): Promise<string> {
    const { configuration, signal } = context;
    const known = this.#knownDigest(asked, configuration, this.#now());
    if (known !== undefined) return known;
    const { stores } = configuration.forScope(asked.scope);
    if (stores.length === 0) throw missingComponent("Store");
    const question = `${stores.map((store) => store.identity).join(" ")} ${asked.name}`;
    return await this.#resolutions.run(question, signal, async (shared) => {
      using held = new DisposableStack();
      const options = { signal: shared, observe };
      const opened = this.#open(configuration, asked.scope, held);
      const { subject } = await resolveSubject(asked.name, asked.reference, opened, options);
      return subject.descriptor.digest;
    });
  }

  /** Stores for one piece of work, given back when `held` is disposed of. */
  #open(configuration: Configuration, scope: Scope, held: DisposableStack): readonly CachedStore[] {
    const lease = held.use(this.#pool.lease(configuration.forScope(scope).stores));
    return lease.stores.map(({ configured: { identity, listingTtl }, store }) =>
      new CachedStore({ store, identity, listingTtl }, this.#contents, () => this.#now().monotonic)
    );
  }

  #now(): Moment {
    const { now, monotonic } = this.#options;
    return { wall: now().getTime(), monotonic: monotonic?.() ?? performance.now() };
  }
}

function withoutLineEnds(text: string): string {
  return text.replaceAll("\n", "").replaceAll("\r", "");
}
