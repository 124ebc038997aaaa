import { asAssayError, type AssayError } from "../errors.ts";
import { type Configuration, withFetchedMaterial } from "./configuration.ts";
import { FileWatch, signatureOf } from "./file_watch.ts";
import { loadConfiguration, type LoadOptions, type LoadResult } from "./load.ts";
import type { Problem } from "./problem.ts";
import { readSources } from "./source.ts";

/** Why the files as they are now are not in force. */
export interface Refusal {
  readonly at: Date;
  /** What is wrong; empty when the files could not be read at all. */
  readonly problems: readonly Problem[];
  /** Why the files could not be read at all. */
  readonly error: AssayError | undefined;
}

/** What is told when files changed. */
export interface ConfigurationEvents {
  /** Another configuration is in force. */
  loaded(configuration: Configuration, problems: readonly Problem[]): void;
  /** The same configuration is in force with other key material. */
  materialChanged?(configuration: Configuration): void;
  /** The files have errors; the configuration before stays in force. */
  refused(refusal: Refusal): void;
}

/** What loading may depend on, but for the time, which is asked for each time. */
export interface ConfigurationFilesOptions extends Omit<LoadOptions, "now" | "signal"> {
  readonly now: () => Date;
}

/**
 * The configuration in files, kept up to date: whatever is written there is in force within two
 * seconds, or refused as a whole. The last good configuration stays in force until then.
 */
export class ConfigurationFiles implements AsyncDisposable {
  readonly #paths: readonly string[];
  readonly #options: ConfigurationFilesOptions;
  readonly #events: ConfigurationEvents;
  #current: Configuration;
  #referenced: readonly string[];
  #refusal: Refusal | undefined;
  #loading: Promise<void> = Promise.resolve();
  #watch: FileWatch | undefined;

  private constructor(
    paths: readonly string[],
    options: ConfigurationFilesOptions,
    events: ConfigurationEvents,
    { configuration, referencedFiles }: LoadResult & { readonly configuration: Configuration },
  ) {
    this.#paths = paths;
    this.#options = options;
    this.#events = events;
    this.#current = configuration;
    this.#referenced = referencedFiles;
  }

  /**
   * Loads the files, and then watches them.
   *
   * @returns undefined when they have errors; `problems` are handed to `report` in either case.
   * @throws {AssayError} CONFIG_INVALID when they cannot be read.
   */
  static async open(
    paths: readonly string[],
    options: ConfigurationFilesOptions,
    events: ConfigurationEvents,
    report: (problems: readonly Problem[]) => void,
  ): Promise<ConfigurationFiles | undefined> {
    // What resources name is not known yet. Its first look at it counts as a change, so that what is
    // written there between reading and looking is not missed.
    const before = await signatureOf(paths);
    const loaded = await load(paths, options);
    report(loaded.problems);
    const { configuration } = loaded;
    if (configuration === undefined) return undefined;
    const files = new ConfigurationFiles(paths, options, events, { ...loaded, configuration });
    files.#watch = new FileWatch(() => files.#watched, before, () => files.reload());
    return files;
  }

  /** The configuration in force. */
  get current(): Configuration {
    return this.#current;
  }

  /** Why the files as they are now are not in force; undefined when they are. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /**
   * Loads the files again, as when they change: for what a configuration depends on beside them. Never
   * two at once.
   */
  reload(): Promise<void> {
    return this.#loading = this.#loading.then(() => this.#reload());
  }

  /**
   * Takes over what the providers of the configuration in force have fetched by now. The files are not
   * read: what is wrong in them does not keep a key in use that its vault has given up.
   */
  refreshMaterial(): Promise<void> {
    return this.#loading = this.#loading.then(() => this.#refreshMaterial());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#loading;
  }

  get #watched(): readonly string[] {
    return [...this.#paths, ...this.#referenced];
  }

  async #reload(): Promise<void> {
    try {
      const { configuration, problems, referencedFiles } = await load(this.#paths, this.#options);
      this.#referenced = referencedFiles;
      if (configuration === undefined) return this.#refuse(problems, undefined);
      this.#refusal = undefined;
      const same = configuration.generation === this.#current.generation &&
        configuration.trust.generation === this.#current.trust.generation;
      if (same) return;
      this.#current = configuration;
      this.#events.loaded(configuration, problems);
    } catch (error) {
      this.#refuse([], asAssayError(error, "config"));
    }
  }

  async #refreshMaterial(): Promise<void> {
    const { keys } = this.#options;
    if (keys === undefined) return;
    const configuration = await withFetchedMaterial(this.#current, keys);
    if (configuration === this.#current) return;
    this.#current = configuration;
    this.#events.materialChanged?.(configuration);
  }

  #refuse(problems: readonly Problem[], error: AssayError | undefined): void {
    this.#refusal = { at: this.#options.now(), problems, error };
    this.#events.refused(this.#refusal);
  }
}

async function load(
  paths: readonly string[],
  { now, ...options }: ConfigurationFilesOptions,
): Promise<LoadResult> {
  return await loadConfiguration(await readSources(paths), { ...options, now: now() });
}
