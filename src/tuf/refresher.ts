import { type Bytes, decodeUtf8, encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { TufClient } from "./client.ts";
import { TufDiskCache } from "./disk_cache.ts";
import { mirrorReader } from "./mirror.ts";
import { TufError } from "./tuf_error.ts";

/** A repository to keep up with. */
export interface TufRepository {
  /** Addresses that have the same files, asked in this order. */
  readonly mirrors: readonly string[];
  /** The text of the root metadata that everything begins with. */
  readonly root: string;
  /** The target's name. */
  readonly target: string;
  /** How long to wait after an update, in milliseconds. */
  readonly intervalMs: number;
}

/** Has what was last verified of repositories. */
export interface TufSource {
  /** The text of a target; undefined when none has been verified yet. Asks no network. */
  current(repository: TufRepository): Promise<string | undefined>;
}

/** What a refresher needs. */
export interface TufRefresherOptions {
  readonly userAgent: string;
  readonly now: () => Date;
  /** The folder of the process that verified files are kept in; undefined for none. */
  readonly directory: string | undefined;
  /** Whether a target can be used at all. Throws {@link AssayError} when it cannot. */
  readonly check: (text: string) => void;
  /** Is told that {@link TufSource.current} says something new. Must not throw. */
  readonly changed: (repository: TufRepository) => void | Promise<void>;
  /** Is told that a refresh failed; what was verified before stays. Must not throw. */
  readonly failed: (error: AssayError) => void;
  /** Waits; false when the signal fired before the time was over. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
}

/** How soon a failed refresh is tried again, and how long one may take, in milliseconds. */
const RETRY = 5 * 60_000;
const TIME_LIMIT = 2 * 60_000;

/** From how many repositories on those are forgotten that nobody refreshes. */
const MAX_KEPT = 64;

interface Kept {
  readonly client: TufClient;
  readonly cache: TufDiskCache | undefined;
  /** Ends when what is on disk has been looked at. */
  restored: Promise<void>;
  /** The last target that was found right. */
  text: string | undefined;
}

interface Loop {
  repository: TufRepository;
  readonly stop: AbortController;
}

/**
 * Keeps targets of TUF repositories up to date in the background. Nobody waits for it: whoever asks gets
 * what was last verified. A repository is known by its root and the target, so that other mirrors or
 * another interval change nothing of what is known.
 */
export class TufRefresher implements TufSource, AsyncDisposable {
  readonly #options: TufRefresherOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #loops = new Map<string, Loop>();
  /** Loops that have not ended, those that were told to included. */
  readonly #running = new Set<Promise<void>>();

  constructor(options: TufRefresherOptions) {
    this.#options = options;
  }

  /** As {@link TufSource.current}; the first time from disk, where every file is verified again. */
  async current(repository: TufRepository): Promise<string | undefined> {
    const kept = this.#keep(repository);
    await kept.restored;
    return kept.text;
  }

  /** Says which repositories there are now: each is refreshed at once, and then again and again. */
  use(repositories: readonly TufRepository[]): void {
    const wanted = new Map(repositories.map((one) => [identityOf(one), one]));
    for (const [id, loop] of [...this.#loops].filter(([id]) => !wanted.has(id))) {
      loop.stop.abort();
      this.#loops.delete(id);
    }
    for (const id of [...this.#kept.keys()].filter((id) => !wanted.has(id))) this.#kept.delete(id);
    for (const [id, repository] of wanted) {
      const running = this.#loops.get(id);
      if (running !== undefined) running.repository = repository;
      else this.#start(id, repository);
    }
  }

  /** Ends all work that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.use([]);
    await Promise.all(this.#running);
  }

  #keep(repository: TufRepository): Kept {
    const id = identityOf(repository);
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    if (this.#kept.size >= MAX_KEPT) this.#forget();
    const { directory } = this.#options;
    const client = new TufClient(encodeUtf8(repository.root), repository.target);
    const cache = directory === undefined ? undefined : new TufDiskCache(`${directory}/${id}`);
    const kept: Kept = { client, cache, text: undefined, restored: Promise.resolve() };
    kept.restored = this.#restore(kept);
    this.#kept.set(id, kept);
    return kept;
  }

  /** What is on disk and does not verify, or cannot be used, is as good as nothing. */
  async #restore(kept: Kept): Promise<void> {
    if (kept.cache === undefined) return;
    try {
      await kept.client.update(kept.cache.read, undefined);
      this.#take(kept);
    } catch (error) {
      if (!(error instanceof TufError || error instanceof AssayError)) throw error;
    }
  }

  /** Drops what configurations asked for that never came into force. */
  #forget(): void {
    for (const id of [...this.#kept.keys()].filter((id) => !this.#loops.has(id))) {
      this.#kept.delete(id);
    }
  }

  #start(id: string, repository: TufRepository): void {
    const stop = new AbortController();
    const kept = this.#keep(repository);
    const loop: Loop = { repository, stop };
    this.#loops.set(id, loop);
    const running = this.#run(loop, kept);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #run(loop: Loop, kept: Kept): Promise<void> {
    const { wait } = this.#options;
    const { signal } = loop.stop;
    await kept.restored;
    while (!signal.aborted) {
      const done = await this.#refresh(loop, kept);
      const { intervalMs } = loop.repository;
      if (signal.aborted) return;
      if (!await wait(done ? intervalMs : Math.min(intervalMs, RETRY), signal)) return;
    }
  }

  /** @returns whether everything is up to date. */
  async #refresh({ repository, stop }: Loop, kept: Kept): Promise<boolean> {
    const problems: string[] = [];
    for (const mirror of repository.mirrors) {
      try {
        const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIME_LIMIT)]);
        const reader = mirrorReader(mirror, this.#options.userAgent, signal);
        await kept.client.update(reader, this.#options.now());
        if (this.#take(kept)) await this.#options.changed(repository);
        await this.#write(repository, kept);
        return true;
      } catch (error) {
        if (stop.signal.aborted) return false;
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    const { target, mirrors } = repository;
    const message = `${target} could not be refreshed from ${mirrors.join(", ")}`;
    this.#options.failed(failure(`${message}: ${problems.join("; ")}`));
    return false;
  }

  /** What cannot be kept on disk is only missed by the next process. */
  async #write(repository: TufRepository, { cache, client }: Kept): Promise<void> {
    try {
      await cache?.write(client.files);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.failed(failure(`${repository.target} could not be kept: ${why}`));
    }
  }

  /** Takes over what the client has verified, if it can be used. @returns whether it is another. */
  #take(kept: Kept): boolean {
    const { target } = kept.client;
    const text = target === undefined ? undefined : readText(target);
    if (text === undefined || text === kept.text) return false;
    this.#options.check(text);
    kept.text = text;
    return true;
  }
}

function readText(bytes: Bytes): string {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw new TufError("content", "the target is no text", { cause: error });
  }
}

function identityOf({ root, target }: TufRepository): string {
  return toHex(hash("SHA-256", encodeUtf8(JSON.stringify([root, target]))));
}

function failure(message: string): AssayError {
  return new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message,
    remedy: "What was verified before stays in use. Check that a mirror answers and is up to date.",
    transient: true,
  });
}
