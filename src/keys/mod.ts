export { type AlibabaKmsConfiguration, alibabaKmsEntries } from "./alibabacloudkms.ts";
export { type AwsKmsConfiguration, awsKmsEntries } from "./awskms.ts";
export { type AzureKeyVaultConfiguration, azureKeyVaultEntries } from "./azurekeyvault.ts";
export { readCertificateFiles } from "./certificate_files.ts";
export { EntryGoneError, type MaterialEntry } from "./entry.ts";
export { type GcpKmsConfiguration, gcpKmsEntries } from "./gcpkms.ts";
export type { FetchedMaterialSource, FetchedProvider } from "./fetched_provider.ts";
export { type HashicorpVaultConfiguration, hashicorpVaultEntries } from "./hashicorpvault.ts";
export { createInlineProvider, type InlineConfiguration } from "./inline.ts";
export {
  createFileProvider,
  type FileConfiguration,
  readMaterialFile,
  readPublicKeyFile,
  readTextFile,
  readTrustedRootFile,
} from "./file.ts";
export { type ContentType, readMaterial, readTrustedRoot } from "./material.ts";
export { readCertificates } from "./pem_material.ts";
export type { KeyManagementProvider, KeySurroundings } from "./provider.ts";
export {
  type EntryChange,
  type EntryStatus,
  KeyRefresher,
  type KeyRefresherOptions,
  type ProviderStatus,
} from "./refresher.ts";
export type { NamedEntry } from "./service_entry.ts";
export { whyUnreadable } from "./unreadable.ts";
