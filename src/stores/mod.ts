/** Where images and what is attached to them are read from. */

export type {
  ArtifactStore,
  CosignTagOptions,
  FetchedManifest,
  Referrer,
  RequestObserver,
  StoreOptions,
  Subject,
} from "./store.ts";
export { type LayoutReference, parseLayoutReference } from "./layout/layout_reference.ts";
export { type LayoutOptions, LayoutStore, openLayout } from "./layout/layout_store.ts";
export { type LayoutsOptions, LayoutsStore } from "./layout/layouts_store.ts";
export { SingleFlight } from "./registry/single_flight.ts";
export type { Credential, CredentialProvider } from "./credentials/credential.ts";
export { DockerConfigCredentials, type DockerConfigOptions } from "./credentials/docker_config.ts";
export {
  openRegistryStore,
  type RegistryOptions,
  RegistryStore,
} from "./registry/registry_store.ts";
export { DEFAULT_RETRY, type RetryPolicy } from "./registry/retry.ts";
