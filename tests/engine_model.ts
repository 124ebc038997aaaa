/**
 * A model of the engine's world, driven at random: requests, registries that answer late, fail or never
 * answer, tags that move, signatures that come and go, configurations that change, clocks that jump. What
 * the engine answers is held against what an engine without any memory could have answered at some moment
 * that is recent enough.
 */

import { JOIN_WINDOW } from "../src/engine/engine.ts";
import { Engine, type VerifyAnswer } from "../src/engine/mod.ts";
import { AssayError } from "../src/errors.ts";
import { type Digest, digestOf, OCI_IMAGE_MANIFEST, type Reference } from "../src/oci/mod.ts";
import { createConfigPolicy } from "../src/policy/mod.ts";
import type { Configuration, ConfiguredStore } from "../src/resources/mod.ts";
import type { ArtifactStore, Referrer, StoreOptions, Subject } from "../src/stores/mod.ts";
import { TrustSnapshot } from "../src/trust/mod.ts";
import type { Verifier, VerifierResult } from "../src/verifiers/mod.ts";

/** Milliseconds that tags, listings and verdicts are remembered in the model. */
const TAG_TTL = 2000;
const LISTING_TTL = 3000;
const VERDICT_TTL = 2500;
/** The time for an answer. */
const DEADLINE = 2900;

const TYPE = "application/vnd.model.signature";
const SCOPES = ["", "team-a"] as const;
const REPOSITORIES = ["r.example/a", "r.example/b"] as const;
const TAGS = ["v1", "v2"] as const;
const SIGNERS = ["x", "y", "z"] as const;
const DIGESTS = ["one", "two", "three"].map((name) => hashOf(`image ${name}`));

/** A signature: who made it, and the time of day at which it expires. */
interface Signature {
  readonly name: string;
  readonly signer: string;
  readonly expires: number;
}

/** A state of something, from a moment of the monotonic clock until the next state began. */
interface Dated<T> {
  readonly since: number;
  readonly value: T;
}

interface Trusting {
  readonly signers: ReadonlySet<string>;
  readonly quantifier: "any" | "all";
}

interface Asked {
  readonly scope: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
  readonly since: number;
  readonly trusting: Trusting;
  readonly deadline: AbortController;
  answered: boolean;
}

interface Call {
  readonly settle: (failing: boolean) => void;
}

/** What a run did, so that a test can see that it did not pass by doing nothing. */
export interface ModelCounts {
  allow: number;
  deny: number;
  undecided: number;
  cached: number;
  shared: number;
  resolved: number;
  storeCalls: number;
}

/** Drives `steps` random steps. Throws an Error that tells the step and the seed at the first wrong answer. */
export async function runEngineModel(steps: number, seed: number): Promise<ModelCounts> {
  const world = new World(randomOf(seed));
  for (let step = 0; step < steps; step++) {
    world.step();
    await settled();
    if (world.problem !== undefined) {
      throw new Error(`${world.problem} (step ${step} of seed ${seed})`);
    }
  }
  await world.finish();
  if (world.problem !== undefined) throw new Error(`${world.problem} (at the end of seed ${seed})`);
  return world.counts;
}

class World {
  problem: string | undefined;
  readonly counts: ModelCounts = {
    allow: 0,
    deny: 0,
    undecided: 0,
    cached: 0,
    shared: 0,
    resolved: 0,
    storeCalls: 0,
  };
  readonly #random: () => number;
  readonly #calls = new Set<Call>();
  readonly #asked = new Set<Asked>();
  readonly #tags = new Map<string, Dated<Digest>[]>();
  readonly #listings = new Map<string, Dated<readonly Signature[]>[]>();
  readonly #byDigest = new Map<Digest, Signature>();
  readonly #engine: Engine;
  #configuration: Configuration;
  #trusting: ReadonlyMap<string, Trusting> = new Map();
  #monotonic = 0;
  #wallOffset = 10_000_000;
  #latestWall = 0;
  #names = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#engine = new Engine({
      openStore: () => ({ store: this.#store() }),
      now: () => new Date(this.#wall),
      monotonic: () => this.#monotonic,
      verdictTtl: VERDICT_TTL,
      tagTtl: TAG_TTL,
      maxCacheBytes: 40_000, // small, so that entries are pushed out
    });
    for (const repository of REPOSITORIES) {
      for (const tag of TAGS) this.#moveTag(repository, tag);
      for (const digest of DIGESTS) this.#list(repository, digest, []);
    }
    this.#configuration = this.#configure();
  }

  get #wall(): number {
    return this.#wallOffset + this.#monotonic;
  }

  /** One random thing happens. */
  step(): void {
    const kind = this.#random();
    if (kind < 0.3) this.#ask();
    else if (kind < 0.72) this.#answerCall();
    else if (kind < 0.78) this.#sign();
    else if (kind < 0.81) this.#unsign();
    else if (kind < 0.84) this.#moveTag(this.#pick(REPOSITORIES), this.#pick(TAGS));
    else if (kind < 0.86) this.#configuration = this.#configure();
    else if (kind < 0.97) this.#monotonic += Math.floor(this.#random() * 600);
    else if (kind < 0.98) this.#wallOffset += Math.floor((this.#random() - 0.5) * 20_000);
    else this.#expireOne();
    this.#latestWall = Math.max(this.#latestWall, this.#wall);
    for (const { since, deadline } of this.#asked) {
      if (this.#monotonic - since > DEADLINE) deadline.abort();
    }
  }

  /** Lets everything that is open come to an end. */
  async finish(): Promise<void> {
    for (const asked of this.#asked) asked.deadline.abort();
    await settled();
    if (this.#asked.size > 0) this.problem ??= `${this.#asked.size} requests got no answer`;
    if (this.#engine.underway > 0) this.problem ??= "work outlives its requests";
    this.#engine[Symbol.dispose]();
  }

  #ask(): void {
    const scope = this.#pick(SCOPES);
    const repository = this.#pick(REPOSITORIES);
    const byTag = this.#random() < 0.5;
    const asked: Asked = {
      scope,
      repository,
      tag: byTag ? this.#pick(TAGS) : undefined,
      digest: byTag ? undefined : this.#pick(DIGESTS),
      since: this.#monotonic,
      trusting: this.#trusting.get(scope) as Trusting,
      deadline: new AbortController(),
      answered: false,
    };
    const place = byTag ? `${repository}:${asked.tag}` : `${repository}@${asked.digest}`;
    const key = scope === "" ? place : `[${scope}]${place}`;
    const context = { configuration: this.#configuration, signal: asked.deadline.signal };
    this.#asked.add(asked);
    if (this.#random() < 0.15) {
      this.#engine.resolve(key, context).then(({ digest }) => {
        this.#asked.delete(asked);
        if (digest === undefined) return;
        this.counts.resolved++;
        if (asked.tag !== undefined && !this.#tagged(asked).has(digest as Digest)) {
          this.problem ??= `${place} was resolved to a digest that it has not named for too long`;
        }
      });
      return;
    }
    this.#engine.verify(key, context).then((answer) => this.#check(asked, place, answer));
  }

  #check(asked: Asked, place: string, { report, error, source }: VerifyAnswer): void {
    if (asked.answered) this.problem ??= `${place} was answered twice`;
    asked.answered = true;
    this.#asked.delete(asked);
    if (error?.code === "DEADLINE_EXCEEDED") { // what it found expired again and again
      this.counts.undecided++;
      return;
    }
    if (report === undefined) {
      this.problem ??= `${place} got no verdict: ${error?.message}`;
      return;
    }
    const { verdict } = report.verdict;
    this.counts[verdict]++;
    if (source === "cached") this.counts.cached++;
    if (source === "shared") this.counts.shared++;
    if (verdict === "undecided") {
      if (source === "cached") this.problem ??= `${place}: an undecided verdict was remembered`;
      return;
    }
    const digests = asked.digest === undefined ? this.#tagged(asked) : new Set([asked.digest]);
    const digest = report.digest as Digest;
    if (!digests.has(digest)) {
      this.problem ??=
        `${place}: the verdict is about a digest that the tag has not named for too long`;
    }
    const since = asked.since - Math.max(VERDICT_TTL, LISTING_TTL) - JOIN_WINDOW;
    const listings = statesSince(this.#listings.get(`${asked.repository}@${digest}`) ?? [], since);
    // An allow must hold now. A deny may be from before the clock was set back.
    const moments = verdict === "allow" ? [this.#wall] : [this.#wall, this.#latestWall];
    const possible = listings.some((signatures) =>
      moments.some((moment) => judge(signatures, asked.trusting, moment) === verdict)
    );
    if (!possible) {
      this.problem ??= `${place}: a stale ${verdict} (${source}); trusting ${[
        ...asked.trusting.signers,
      ]} ${asked.trusting.quantifier} at ${this.#wall}, listings ${JSON.stringify(listings)}`;
    }
  }

  /** The digests that the request's tag named recently enough. */
  #tagged({ repository, tag, since }: Asked): ReadonlySet<Digest> {
    return new Set(
      statesSince(this.#tags.get(`${repository}:${tag}`) ?? [], since - TAG_TTL - JOIN_WINDOW),
    );
  }

  #answerCall(): void {
    const call = this.#pick([...this.#calls]);
    if (call === undefined) return;
    this.#calls.delete(call);
    call.settle(this.#random() < 0.06);
  }

  #expireOne(): void {
    this.#pick([...this.#asked])?.deadline.abort();
  }

  #moveTag(repository: string, tag: string): void {
    push(this.#tags, `${repository}:${tag}`, {
      since: this.#monotonic,
      value: this.#pick(DIGESTS),
    });
  }

  #sign(): void {
    const name = `signature ${this.#names++}`;
    const expires = this.#wall + (this.#random() < 0.5 ? 1500 : 250_000) * this.#random();
    const signature = { name, signer: this.#pick(SIGNERS), expires: Math.floor(expires) };
    this.#byDigest.set(hashOf(name), signature);
    this.#change((signatures) => [...signatures, signature].slice(-4));
  }

  #unsign(): void {
    this.#change((signatures) => signatures.slice(1));
  }

  #change(change: (signatures: readonly Signature[]) => readonly Signature[]): void {
    const repository = this.#pick(REPOSITORIES);
    const digest = this.#pick(DIGESTS);
    const states = this.#listings.get(`${repository}@${digest}`) ?? [];
    this.#list(repository, digest, change(states.at(-1)?.value ?? []));
  }

  #list(repository: string, digest: Digest, value: readonly Signature[]): void {
    push(this.#listings, `${repository}@${digest}`, { since: this.#monotonic, value });
  }

  /** Another configuration: who is trusted, how many must be, and whether listings are remembered. */
  #configure(): Configuration {
    const trusting = new Map(SCOPES.map((scope) => [scope, {
      signers: new Set(SIGNERS.filter(() => this.#random() < 0.5)),
      quantifier: this.#random() < 0.7 ? "any" as const : "all" as const,
    }]));
    this.#trusting = trusting;
    const store: ConfiguredStore = {
      name: "store",
      type: "oras",
      identity: `store ${Math.floor(this.#random() * 3)}`,
      listingTtl: this.#random() < 0.5 ? LISTING_TTL : 0,
      parameters: {} as never,
    };
    // A hash of the content in the product: the same content, the same generation.
    const generation = JSON.stringify([...trusting].map(([scope, { signers, quantifier }]) => [
      scope,
      [...signers],
      quantifier,
    ])) + store.identity + store.listingTtl;
    return {
      generation,
      trust: new TrustSnapshot("trust", new Map()),
      stores: [store],
      tufRepositories: [],
      fetchedProviders: [],
      executor: { verifyTimeoutMs: 1, mutateTimeoutMs: 1 },
      logger: { formatter: "text", traceIdHeaders: [] },
      crlCacheEnabled: false,
      tenancy: "replace",
      scopesOf: (scope) => [scope],
      forScope: (scope) => {
        const { signers, quantifier } = trusting.get(scope as "") as Trusting;
        return {
          stores: [store],
          verifiers: [this.#verifier(signers)],
          policy: createConfigPolicy({ artifactVerificationPolicies: { default: quantifier } }),
        };
      },
    };
  }

  #verifier(signers: ReadonlySet<string>): Verifier {
    return {
      name: "model",
      type: "model",
      maxAttempts: 100,
      accepts: (type) => type === TYPE,
      verify: async (_subject, { digest }, { artifacts, now }): Promise<VerifierResult> => {
        await artifacts.manifest();
        const signature = this.#byDigest.get(digest as Digest) as Signature;
        const valid = signers.has(signature.signer) && now.getTime() < signature.expires;
        const validUntil = now.getTime() < signature.expires
          ? new Date(signature.expires)
          : undefined;
        const common = { message: signature.name, checks: [], validUntil };
        return valid ? { outcome: "success", ...common } : {
          outcome: "failure",
          ...common,
          failure: { reason: "expiry", remedy: "sign again", transient: false },
        };
      },
    };
  }

  #store(): ArtifactStore {
    const later = <T>(
      options: StoreOptions,
      code: AssayError["code"],
      answer: () => T,
    ): Promise<T> => {
      this.counts.storeCalls++;
      return new Promise<T>((resolve, reject) => {
        const failure = (): AssayError =>
          new AssayError({
            code,
            component: "referrerStore",
            message: "the model fails",
            transient: true,
          });
        const call = {
          settle: (failing: boolean) => failing ? reject(failure()) : resolve(answer()),
        };
        this.#calls.add(call);
        options.signal.addEventListener("abort", () => {
          this.#calls.delete(call);
          reject(failure());
        }, { once: true });
      });
    };
    const place = ({ registry, repository }: Reference): string => `${registry}/${repository}`;
    const descriptor = (digest: Digest): Subject["descriptor"] => ({
      mediaType: OCI_IMAGE_MANIFEST,
      digest,
      size: 10,
    });
    return {
      name: "model",
      resolve: (reference, options) =>
        later(options, "GET_SUBJECT_DESCRIPTOR_FAILURE", () => ({
          reference,
          descriptor: descriptor(
            reference.digest ??
              this.#tags.get(`${place(reference)}:${reference.tag}`)?.at(-1)?.value as Digest,
          ),
        })),
      referrers: (subject, options) =>
        later(options, "LIST_REFERRERS_FAILURE", () => {
          const { digest } = subject.descriptor;
          const states = this.#listings.get(`${place(subject.reference)}@${digest}`);
          return (states?.at(-1)?.value ?? []).map(({ name }): Referrer => ({
            ...descriptor(hashOf(name)),
            artifactType: TYPE,
            source: "referrer",
          }));
        }),
      manifest: (subject, wanted, options) =>
        later(options, "GET_REFERRER_MANIFEST_FAILURE", () => ({
          descriptor: wanted,
          bytes: new Uint8Array(10),
          manifest: {
            kind: "image" as const,
            mediaType: OCI_IMAGE_MANIFEST,
            artifactType: TYPE,
            blobs: [],
            manifests: [],
            subject: subject.descriptor,
            annotations: {},
          },
        })),
      blob: () => Promise.reject(new Error("the model has no blobs")),
    };
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

/** What an engine without memory says. */
function judge(
  signatures: readonly Signature[],
  { signers, quantifier }: Trusting,
  wall: number,
): "allow" | "deny" {
  const good = signatures.filter(({ signer, expires }) => signers.has(signer) && wall < expires);
  const enough = quantifier === "any" ? good.length > 0 : good.length === signatures.length;
  return signatures.length > 0 && enough ? "allow" : "deny";
}

/** The states that held at some moment since then. */
function statesSince<T>(states: readonly Dated<T>[], since: number): readonly T[] {
  return states.filter((_, index) => (states[index + 1]?.since ?? Infinity) >= since)
    .map(({ value }) => value);
}

/** Old states are of no use to anybody. */
function push<T>(map: Map<string, Dated<T>[]>, key: string, state: Dated<T>): void {
  const states = map.get(key) ?? [];
  const horizon = state.since - 60_000;
  const first = states.findIndex((_, index) => (states[index + 1]?.since ?? Infinity) >= horizon);
  map.set(key, [...states.slice(Math.max(0, first)), state]);
}

function hashOf(text: string): Digest {
  return digestOf(new TextEncoder().encode(text));
}

/** Lets everything run that does not wait for the world: the longest chain of promises has some 40 links. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

/** Numbers from 0 to 1, the same ones for the same seed (xorshift32). */
function randomOf(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
