/** Image layouts on disk as the repositories of registries: images of a site without any. */

import { AssayError } from "../../errors.ts";
import { type Bytes, type Descriptor, type Reference, repositoryName } from "../../oci/mod.ts";
import type {
  ArtifactStore,
  CosignTagOptions,
  FetchedManifest,
  Referrer,
  StoreOptions,
  Subject,
} from "../store.ts";
import { type LayoutStore, openLayout } from "./layout_store.ts";

/** Which layouts there are. */
export interface LayoutsOptions extends CosignTagOptions {
  readonly name: string;
  /** By `registry/repository`: the directory of its layout. */
  readonly repositories: Readonly<Record<string, string>>;
}

/**
 * Layouts as a store. Each call reads the layout's index anew, so that what is added is seen. A
 * repository that has no layout has no images here, and nothing is attached to those of others.
 */
export class LayoutsStore implements ArtifactStore {
  readonly name: string;
  readonly #directories: ReadonlyMap<string, string>;
  readonly #tagOptions: CosignTagOptions;

  constructor({ name, repositories, ...tagOptions }: LayoutsOptions) {
    this.name = name;
    this.#directories = new Map(Object.entries(repositories));
    this.#tagOptions = tagOptions;
  }

  /** As {@link LayoutStore.resolve}; a repository without layout is `REPOSITORY_OPERATION_FAILURE`. */
  async resolve(reference: Reference, options: StoreOptions): Promise<Subject> {
    return await (await this.#layoutOf(reference, options)).resolve(reference, options);
  }

  /** As {@link LayoutStore.referrers}. */
  async referrers(subject: Subject, options: StoreOptions): Promise<readonly Referrer[]> {
    if (!this.#directories.has(repositoryName(subject.reference))) return [];
    return await (await this.#layoutOf(subject.reference, options)).referrers(subject, options);
  }

  /** As {@link LayoutStore.manifest}. */
  async manifest(
    subject: Subject,
    descriptor: Descriptor,
    options: StoreOptions,
  ): Promise<FetchedManifest> {
    const layout = await this.#layoutOf(subject.reference, options);
    return await layout.manifest(subject, descriptor, options);
  }

  /** As {@link LayoutStore.blob}. */
  async blob(subject: Subject, descriptor: Descriptor, options: StoreOptions): Promise<Bytes> {
    const layout = await this.#layoutOf(subject.reference, options);
    return await layout.blob(subject, descriptor, options);
  }

  #layoutOf(reference: Reference, { signal }: StoreOptions): Promise<LayoutStore> {
    const repository = repositoryName(reference);
    const directory = this.#directories.get(repository);
    if (directory !== undefined) {
      return openLayout(directory, { ...this.#tagOptions, name: this.name, signal });
    }
    return Promise.reject(
      new AssayError({
        code: "REPOSITORY_OPERATION_FAILURE",
        component: "referrerStore",
        message: `Store ${this.name} has no layout for the repository ${repository}.`,
        remedy: "Add the repository to the Store's repositories, or a Store that has it.",
      }),
    );
  }
}
