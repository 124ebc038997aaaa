import { CloudError, type KubernetesClient, type KubernetesObject } from "../../cloud/mod.ts";

/** How it stands with the view of one collection. */
export interface CollectionState {
  /**
   * `waiting`: not listed yet. `current`: as the API server has it. `failing`: it could be listed and now
   * cannot. `forbidden`: it may not be listed. `absent`: the API server does not know it.
   */
  readonly condition: "waiting" | "current" | "failing" | "forbidden" | "absent";
  /** Why, for a person. */
  readonly problem: string | undefined;
}

/** What a {@link Reflector} works with. */
export interface ReflectorOptions {
  readonly client: KubernetesClient;
  /** The path of the collection, over all namespaces. */
  readonly path: string;
  /** Is told that objects changed. Must not throw. */
  readonly changed: () => void;
  /** Is told of each change of the state. Must not throw. */
  readonly report: (state: CollectionState) => void;
  /** Waits; false when the signal fired. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
  readonly random?: () => number;
}

/** How long to wait after a failure, and how long where only an administrator can help, in milliseconds. */
const RETRY = 500;
const MAX_RETRY = 30_000;
const SLOW_RETRY = 60_000;

/**
 * Keeps a view of a collection of the API server: lists it, and then watches its changes. What it has is
 * only ever replaced by a complete view: while the server cannot be asked, or no longer lets us, the
 * last one stays.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #settled = Promise.withResolvers<void>();
  #state: CollectionState = { condition: "waiting", problem: undefined };

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  get state(): CollectionState {
    return this.#state;
  }

  /** The objects, by namespace and name. */
  get objects(): readonly KubernetesObject[] {
    return [...this.#objects].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
  }

  /** Resolves once it has been listed, or is known not to be. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Runs until the signal fires. Does not throw. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const version = await this.#list(signal);
        failures = 0;
        await this.#watch(version, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CloudError && error.status === 410) continue; // too old: list again
        failures++;
        this.#fail(error);
      }
      if (!await this.#pause(failures, signal)) return;
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, path } = this.#options;
    const { items, resourceVersion } = await client.list(path, signal);
    this.#objects.clear();
    for (const item of items) this.#objects.set(keyOf(item), item);
    this.#become({ condition: "current", problem: undefined });
    this.#options.changed();
    return resourceVersion;
  }

  /** Follows the changes; a watch that ends is begun again where it ended. */
  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { client, path, changed } = this.#options;
    let version = from;
    let failures = 0;
    while (!signal.aborted) {
      try {
        for await (const { type, object } of client.watch(path, version, signal)) {
          version = versionOf(object) ?? version;
          failures = 0;
          this.#become({ condition: "current", problem: undefined });
          if (type === "BOOKMARK") continue;
          if (type === "DELETED") this.#objects.delete(keyOf(object));
          else this.#objects.set(keyOf(object), object);
          changed();
        }
      } catch (error) {
        if (signal.aborted || failures >= 3 || !isTransient(error)) throw error;
        failures++;
        this.#fail(error);
      }
      if (!await this.#pause(failures, signal)) return;
    }
  }

  #fail(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    const status = error instanceof CloudError ? error.status : undefined;
    const condition = status === 403 || status === 401
      ? "forbidden"
      : status === 404
      ? "absent"
      : this.#state.condition === "waiting"
      ? "waiting"
      : "failing";
    this.#become({ condition, problem });
  }

  #become(state: CollectionState): void {
    const { condition, problem } = this.#state;
    if (state.condition === condition && state.problem === problem) return;
    this.#state = state;
    if (state.condition !== "waiting") this.#settled.resolve();
    this.#options.report(state);
  }

  #pause(failures: number, signal: AbortSignal): Promise<boolean> {
    const { wait, random = Math.random } = this.#options;
    const { condition } = this.#state;
    const slow = condition === "forbidden" || condition === "absent";
    const time = failures === 0
      ? 0
      : slow
      ? SLOW_RETRY
      : Math.min(RETRY * 2 ** (failures - 1), MAX_RETRY);
    return wait(time * (0.8 + 0.4 * random()), signal);
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof CloudError && error.transient && error.status !== 410;
}

function keyOf({ metadata }: KubernetesObject): string {
  const { namespace = "", name = "" } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  return `${namespace}/${name}`;
}

function versionOf({ metadata }: KubernetesObject): string | undefined {
  const { resourceVersion } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  return typeof resourceVersion === "string" ? resourceVersion : undefined;
}
