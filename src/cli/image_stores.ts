import { type FoundImage, type OpenStore, openStore, resolveSubject } from "../engine/mod.ts";
import type { Configuration, ConfiguredStore } from "../resources/mod.ts";
import { type ArtifactStore, openLayout } from "../stores/mod.ts";
import type { ImageArgument } from "./image.ts";
import type { Io } from "./io.ts";
import { USER_AGENT } from "./version.ts";

/**
 * The stores of one run of a command. Registries are opened once, so that tokens and what was learnt
 * about a registry serve all images.
 */
export class ImageStores implements Disposable {
  readonly #configured: readonly ConfiguredStore[] | undefined;
  readonly #io: Io;
  #opened: readonly OpenStore[] | undefined;

  /** @param scope the namespace whose stores count. */
  constructor(configuration: Configuration | undefined, scope: string, io: Io) {
    this.#configured = configuration?.forScope(scope).stores;
    this.#io = io;
  }

  /**
   * Opens the stores that may have an image: its layout, or those that are configured; without a
   * configuration, registries as they are.
   *
   * @throws {AssayError} REPOSITORY_OPERATION_FAILURE for a layout that is not there.
   */
  async open(image: ImageArgument, signal: AbortSignal): Promise<readonly ArtifactStore[]> {
    if (image.layout === undefined) {
      this.#opened ??= (this.#configured ?? [undefined]).map((configured) =>
        openStore(configured, { userAgent: USER_AGENT, env: this.#io.env })
      );
      return this.#opened.map(({ store }) => store);
    }
    const all = (this.#configured ?? []).map(({ parameters }) => parameters);
    const cosignEnabled = all.some((one) => one.cosignEnabled);
    const cosignAttestations = all.some((one) => one.cosignAttestations);
    const options = { cosignEnabled, cosignAttestations, signal };
    return [await openLayout(image.layout.directory, options)];
  }

  /**
   * Finds the image: in the first store that has it.
   *
   * @throws {AssayError} why none has it.
   */
  async find(
    image: ImageArgument,
    signal: AbortSignal,
  ): Promise<FoundImage> {
    return await resolveSubject(
      image.name,
      image.reference,
      await this.open(image, signal),
      { signal },
    );
  }

  [Symbol.dispose](): void {
    for (const { close } of this.#opened ?? []) close?.();
  }
}
