import type { KubernetesClient } from "../../cloud/mod.ts";
import { asAssayError } from "../../errors.ts";
import { type Configuration, withFetchedMaterial } from "../configuration.ts";
import type {
  ConfigurationEvents,
  ConfigurationFilesOptions,
  ConfigurationSource,
  Refusal,
} from "../configuration_files.ts";
import { FileWatch } from "../file_watch.ts";
import { KINDS } from "../kinds.ts";
import type { SourceFile } from "../source.ts";
import { type ClusterObject, collectionPath, readClusterObject } from "./cluster_object.ts";
import { type LoadedObjects, loadObjects } from "./load_objects.ts";
import { type CollectionState, Reflector } from "./reflector.ts";

/** What a {@link ClusterConfiguration} works with. */
export interface ClusterConfigurationOptions extends ConfigurationFilesOptions {
  readonly client: KubernetesClient;
  /** The settings of the process: a `config.json` without resources. */
  readonly settings: readonly SourceFile[];
  /** Waits; false when the signal fired. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
}

/** What is told beside what files tell. */
export interface ClusterEvents extends ConfigurationEvents {
  /** How it stands with the resources of a kind. */
  collection(kind: string, state: CollectionState): void;
  /** What became of the resources; also told where nothing came of it. */
  applied(objects: readonly ClusterObject[], loaded: LoadedObjects): void;
}

/** How long changes are waited for that come together, in milliseconds. */
const SETTLE = 200;

/**
 * The configuration in the resources of a cluster, kept up to date. Each kind is watched for itself: one
 * that may not be listed is reported and left out. What was seen last stays in force while the API
 * server cannot be asked.
 */
export class ClusterConfiguration implements ConfigurationSource {
  readonly #options: ClusterConfigurationOptions;
  readonly #events: ClusterEvents;
  readonly #stop = new AbortController();
  readonly #reflectors: ReadonlyMap<string, Reflector>;
  #current: Configuration | undefined;
  #refusal: Refusal | undefined;
  #inForce: ReadonlyMap<string, string> = new Map();
  #loading: Promise<void> = Promise.resolve();
  #due: Promise<void> | undefined;
  #isLoading = false;
  #referenced: readonly string[] = [];
  #watch: FileWatch | undefined;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(options: ClusterConfigurationOptions, events: ClusterEvents) {
    this.#options = options;
    this.#events = events;
    const { client, wait } = options;
    this.#reflectors = new Map(
      [...KINDS.keys()].map((kind) => [
        kind,
        new Reflector({
          client,
          path: collectionPath(kind),
          wait,
          changed: () => this.#schedule(),
          report: (state) => events.collection(kind, state),
        }),
      ]),
    );
  }

  /**
   * Waits until every kind has been listed, or is known not to be, and makes a configuration of it.
   *
   * @throws {AssayError} CONFIG_INVALID when the settings of the process have errors.
   */
  static async open(
    options: ClusterConfigurationOptions,
    events: ClusterEvents,
  ): Promise<ClusterConfiguration> {
    const cluster = new ClusterConfiguration(options, events);
    const { signal } = cluster.#stop;
    const all = [...cluster.#reflectors.values()];
    cluster.#running = Promise.all(all.map((reflector) => reflector.run(signal)));
    try {
      await Promise.all(all.map(({ settled }) => settled));
      const first = cluster.#load();
      // What changes meanwhile is loaded after it.
      cluster.#loading = first.catch(() => {});
      cluster.#isLoading = true;
      await first;
      // The first look at what resources name counts as a change: it may have changed since it was read.
      cluster.#watch = new FileWatch(() => cluster.#referenced, "", () => cluster.reload());
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The configuration in force. */
  get current(): Configuration {
    if (this.#current === undefined) throw new Error("the cluster has not been read yet");
    return this.#current;
  }

  /** Why some resources are not in force as they are now; undefined when all are. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** How it stands with the view of each kind. */
  get collections(): ReadonlyMap<string, CollectionState> {
    return new Map([...this.#reflectors].map(([kind, { state }]) => [kind, state]));
  }

  /** Makes the configuration again, for what it depends on beside the resources. Never two at once. */
  reload(): Promise<void> {
    return this.#enqueue(() => this.#load());
  }

  /** Takes over what the providers of the configuration in force have fetched by now. */
  refreshMaterial(): Promise<void> {
    return this.#enqueue(async () => {
      const { keys } = this.#options;
      if (keys === undefined) return;
      const configuration = await withFetchedMaterial(this.current, keys);
      if (configuration === this.#current) return;
      this.#current = configuration;
      this.#events.materialChanged?.(configuration);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#running;
    await this.#due;
    await this.#loading;
  }

  /** Loads in a moment, so that a whole `kubectl apply` is one change. */
  #schedule(): void {
    if (!this.#isLoading) return; // the first load is still to come
    this.#due ??= (async () => {
      const elapsed = await this.#options.wait(SETTLE, this.#stop.signal);
      this.#due = undefined;
      if (elapsed) await this.reload();
    })();
  }

  /** What goes wrong in a load that nobody waits for is told as a refusal. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    return this.#loading = this.#loading.then(work).catch((error) => {
      this.#refuse({ problems: [], error: asAssayError(error, "config") });
    });
  }

  async #load(): Promise<void> {
    const { client: _, settings, wait: __, now, ...options } = this.#options;
    const objects = [...this.#reflectors].flatMap(([kind, { objects }]) =>
      objects.flatMap((object) => readClusterObject(kind, object) ?? [])
    );
    const loaded = await loadObjects(objects, settings, this.#inForce, { ...options, now: now() });
    this.#inForce = loaded.inForce;
    this.#referenced = loaded.referencedFiles;
    const { configuration } = loaded;
    const problems = [...loaded.problems.values()].flat();
    const errors = problems.filter(({ severity }) => severity === "error");
    const isSame = configuration.generation === this.#current?.generation &&
      configuration.trust.generation === this.#current.trust.generation;
    const isFirst = this.#current === undefined;
    if (!isSame) this.#current = configuration;
    if (errors.length === 0) this.#refusal = undefined;
    else this.#refuse({ problems: errors, error: undefined });
    if (!isSame && !isFirst) this.#events.loaded(configuration, problems);
    this.#events.applied(objects, loaded);
  }

  /** Told once for what stays wrong in the same way. */
  #refuse(refusal: Omit<Refusal, "at">): void {
    const text = (one: Omit<Refusal, "at"> | undefined): string =>
      JSON.stringify([one?.problems, one?.error?.message]);
    const isKnown = text(refusal) === text(this.#refusal);
    if (isKnown) return;
    this.#refusal = { at: this.#options.now(), ...refusal };
    this.#events.refused(this.#refusal);
  }
}
