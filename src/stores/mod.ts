/** Where images and what is attached to them are read from. */

export { COSIGN_TAGS, type CosignTag, cosignTags } from "./store.ts";
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
export { type Copied, copyImage, type CopyOptions } from "./layout/copy_image.ts";
export { LayoutWriter } from "./layout/layout_writer.ts";
export { type LayoutsOptions, LayoutsStore } from "./layout/layouts_store.ts";
export { SingleFlight } from "./registry/single_flight.ts";
export { wait } from "./registry/timer.ts";
export type {
  Credential,
  CredentialProvider,
  CredentialVariable,
} from "./credentials/credential.ts";
export { alibabaCredentials, type AlibabaOptions } from "./credentials/alibaba_acr.ts";
export { awsEcrCredentials } from "./credentials/aws_ecr.ts";
export {
  azureManagedCredentials,
  type AzureOptions,
  azureWorkloadCredentials,
} from "./credentials/azure_registry.ts";
export { gcpCredentials } from "./credentials/gcp_artifact_registry.ts";
export { k8sSecretsCredentials, type K8sSecretsOptions } from "./credentials/k8s_secrets.ts";
export { readSmallFile } from "./credentials/small_file.ts";
export { StaticCredentials, type StaticOptions } from "./credentials/static_credentials.ts";
export { DockerConfigCredentials, type DockerConfigOptions } from "./credentials/docker_config.ts";
export {
  openRegistryStore,
  type RegistryOptions,
  RegistryStore,
} from "./registry/registry_store.ts";
export type { ClientCertificate } from "./registry/tls_clients.ts";
export { DEFAULT_RETRY, type RetryPolicy } from "./registry/retry.ts";
