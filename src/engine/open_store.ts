import type { ConfiguredStore, StoreParameters } from "../resources/mod.ts";
import {
  alibabaCredentials,
  awsEcrCredentials,
  azureManagedCredentials,
  azureWorkloadCredentials,
  type CredentialProvider,
  type CredentialVariable,
  DockerConfigCredentials,
  gcpCredentials,
  k8sSecretsCredentials,
  LayoutsStore,
  openRegistryStore,
  readSmallFile,
  type RequestObserver,
  StaticCredentials,
} from "../stores/mod.ts";
import type { OpenStore } from "./store_pool.ts";

/** What opening a store depends on beside its configuration. */
export interface StoreSurroundings {
  /** What we call ourselves to registries, such as `assay/1.0.0`. */
  readonly userAgent: string;
  /** A method, so that one who declares fewer names may be passed on: it is asked for all of them. */
  env(name: CredentialVariable): string | undefined;
  /** Is told of every request to a registry. */
  readonly observe?: RequestObserver;
  /** How long one exchange with a registry may take, in milliseconds; see {@link openRegistryStore}. */
  readonly exchangeTimeout?: number;
}

/**
 * Opens a store; without a configuration, registries as they are.
 *
 * @throws {AssayError} CERT_INVALID for a CA bundle or client certificate.
 */
export function openStore(
  configured: ConfiguredStore | undefined,
  surroundings: StoreSurroundings,
): OpenStore {
  if (configured?.type === "oci-layout") {
    const { name, parameters } = configured;
    return { store: new LayoutsStore({ name, ...parameters }) };
  }
  const { userAgent, env, observe, exchangeTimeout } = surroundings;
  const parameters = configured?.parameters;
  const store = openRegistryStore({
    userAgent,
    credentials: credentials(parameters?.authProvider, env),
    ...(observe === undefined ? {} : { observe }),
    ...(exchangeTimeout === undefined ? {} : { timeout: exchangeTimeout }),
    ...(configured === undefined ? {} : { name: configured.name }),
    ...(parameters === undefined ? {} : registryOptions(parameters)),
  });
  return { store, close: () => store[Symbol.dispose]() };
}

type RegistryParameters = Pick<
  StoreParameters,
  | "cosignEnabled"
  | "cosignAttestations"
  | "useHttp"
  | "plainHttp"
  | "caBundles"
  | "clientCertificates"
  | "mirrors"
  | "anonymousFallback"
>;

function registryOptions(parameters: StoreParameters): RegistryParameters {
  const { cosignEnabled, cosignAttestations, useHttp, plainHttp } = parameters;
  const { caBundles, clientCertificates, mirrors, anonymousFallback } = parameters;
  return {
    cosignEnabled,
    cosignAttestations,
    useHttp,
    plainHttp,
    caBundles,
    clientCertificates,
    mirrors,
    anonymousFallback,
  };
}

function credentials(
  provider: StoreParameters["authProvider"],
  env: StoreSurroundings["env"],
): CredentialProvider {
  const surroundings = { env, readText: readSmallFile, now: () => new Date() };
  switch (provider?.name) {
    case undefined:
    case "dockerConfig":
      return dockerConfig(provider?.configPath, env);
    case "static":
      return new StaticCredentials(provider, surroundings);
    case "k8Secrets":
      return k8sSecretsCredentials(provider, surroundings);
    case "awsEcrBasic":
      return awsEcrCredentials(surroundings);
    case "azureWorkloadIdentity":
      return azureWorkloadCredentials(provider, surroundings);
    case "azureManagedIdentity":
      return azureManagedCredentials(provider, surroundings);
    case "gcpArtifactRegistry":
      return gcpCredentials(surroundings);
    case "alibabacloudAcrBasic":
      return alibabaCredentials(provider, surroundings);
  }
}

function dockerConfig(
  configPath: string | undefined,
  env: StoreSurroundings["env"],
): CredentialProvider {
  if (configPath !== undefined) {
    return new DockerConfigCredentials({ path: configPath, required: true });
  }
  const folder = env("DOCKER_CONFIG") ?? `${env("HOME") ?? ""}/.docker`;
  return new DockerConfigCredentials({ path: `${folder}/config.json`, required: false });
}
