export {
  type Configuration,
  type ConfiguredStore,
  type ScopeConfiguration,
  type StoreParameters,
} from "./configuration.ts";
export {
  type ConfigurationEvents,
  ConfigurationFiles,
  type ConfigurationFilesOptions,
  type ConfigurationSource,
  type Refusal,
} from "./configuration_files.ts";
export * from "./cluster/mod.ts";
export * from "./migrate/mod.ts";
export { canonicalJson } from "./generation.ts";
export { pluralOf, type ResourceDefinition, resourceDefinitions } from "./definitions.ts";
export { FileWatch, signatureOf } from "./file_watch.ts";
export { KINDS } from "./kinds.ts";
export { loadConfiguration, type LoadOptions, type LoadResult } from "./load.ts";
export type { TufRepository, TufSource } from "../tuf/mod.ts";
export { publicGoodTrustedRoot, stagingTrustedRoot } from "./default_trusted_root.ts";
export { type SigstoreVariable } from "./sigstore_variables.ts";
export { formatProblem, type Problem } from "./problem.ts";
export { defaultConfigurationPaths, readSources, type SourceFile } from "./source.ts";
export type { AuthProviderParameters } from "./schema/store.ts";
export type { Tenancy } from "./process_settings.ts";
