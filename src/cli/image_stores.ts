import { type FoundImage, resolveSubject } from "../engine/mod.ts";
import { AssayError } from "../errors.ts";
import type { Configuration, ConfiguredStore } from "../resources/mod.ts";
import {
  type ArtifactStore,
  type CredentialProvider,
  DockerConfigCredentials,
  openLayout,
  openRegistryStore,
  type RegistryStore,
} from "../stores/mod.ts";
import type { ImageArgument } from "./image.ts";
import type { Io } from "./io.ts";
import { VERSION } from "./version.ts";

/**
 * The stores of one run of a command. Registries are opened once, so that tokens and what was learnt
 * about a registry serve all images.
 */
export class ImageStores implements Disposable {
  readonly #configured: readonly ConfiguredStore[] | undefined;
  readonly #io: Io;
  #registries: readonly RegistryStore[] | undefined;

  /** @param scope the namespace whose stores count. */
  constructor(configuration: Configuration | undefined, scope: string, io: Io) {
    this.#configured = configuration?.forScope(scope).stores;
    this.#io = io;
  }

  /**
   * Opens the stores that may have an image: its layout, or registries as configured; without a
   * configuration, registries as they are.
   *
   * @throws {AssayError} REPOSITORY_OPERATION_FAILURE, or NOT_AVAILABLE for a credential provider.
   */
  async open(image: ImageArgument, signal: AbortSignal): Promise<readonly ArtifactStore[]> {
    if (image.layout === undefined) return this.#registries ??= this.#openRegistries();
    const cosignEnabled = this.#configured?.some((store) => store.parameters.cosignEnabled) ??
      false;
    return [await openLayout(image.layout.directory, { cosignEnabled, signal })];
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
    for (const store of this.#registries ?? []) store[Symbol.dispose]();
  }

  #openRegistries(): readonly RegistryStore[] {
    const userAgent = `assay/${VERSION}`;
    if (this.#configured === undefined) {
      return [openRegistryStore({ userAgent, credentials: this.#credentials(undefined) })];
    }
    return this.#configured.map(({ name, parameters }) => {
      const { cosignEnabled, useHttp, plainHttp, caBundles, anonymousFallback } = parameters;
      return openRegistryStore({
        name,
        userAgent,
        cosignEnabled,
        useHttp,
        plainHttp,
        caBundles,
        anonymousFallback,
        credentials: this.#credentials(parameters.authProvider),
      });
    });
  }

  #credentials(provider: ConfiguredStore["parameters"]["authProvider"]): CredentialProvider {
    if (provider !== undefined && provider.name !== "dockerConfig") {
      throw new AssayError({
        code: "NOT_AVAILABLE",
        component: "referrerStore",
        message: `The credential provider ${provider.name} is not available in this build`,
        effect: "undecided",
      });
    }
    const configPath = provider?.["configPath"];
    if (typeof configPath === "string") {
      return new DockerConfigCredentials({ path: configPath, required: true });
    }
    const folder = this.#io.env("DOCKER_CONFIG") ?? `${this.#io.env("HOME") ?? ""}/.docker`;
    return new DockerConfigCredentials({ path: `${folder}/config.json`, required: false });
  }
}
