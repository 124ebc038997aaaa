import { AssayError } from "../errors.ts";
import type { ConfiguredStore, StoreParameters } from "../resources/mod.ts";
import {
  type CredentialProvider,
  DockerConfigCredentials,
  LayoutsStore,
  openRegistryStore,
  type RequestObserver,
} from "../stores/mod.ts";
import type { OpenStore } from "./store_pool.ts";

/** What opening a store depends on beside its configuration. */
export interface StoreSurroundings {
  /** What we call ourselves to registries, such as `assay/1.0.0`. */
  readonly userAgent: string;
  readonly env: (name: "HOME" | "DOCKER_CONFIG") => string | undefined;
  /** Is told of every request to a registry. */
  readonly observe?: RequestObserver;
}

/**
 * Opens a store; without a configuration, registries as they are.
 *
 * @throws {AssayError} NOT_AVAILABLE for a credential provider, CERT_INVALID for a CA bundle.
 */
export function openStore(
  configured: ConfiguredStore | undefined,
  surroundings: StoreSurroundings,
): OpenStore {
  if (configured?.type === "oci-layout") {
    const { name, parameters } = configured;
    return { store: new LayoutsStore({ name, ...parameters }) };
  }
  const { userAgent, env, observe } = surroundings;
  const parameters = configured?.parameters;
  const store = openRegistryStore({
    userAgent,
    credentials: credentials(parameters?.authProvider, env),
    ...(observe === undefined ? {} : { observe }),
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
  | "anonymousFallback"
>;

function registryOptions(parameters: StoreParameters): RegistryParameters {
  const { cosignEnabled, cosignAttestations, useHttp, plainHttp } = parameters;
  const { caBundles, anonymousFallback } = parameters;
  return { cosignEnabled, cosignAttestations, useHttp, plainHttp, caBundles, anonymousFallback };
}

function credentials(
  provider: StoreParameters["authProvider"],
  env: StoreSurroundings["env"],
): CredentialProvider {
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
  const folder = env("DOCKER_CONFIG") ?? `${env("HOME") ?? ""}/.docker`;
  return new DockerConfigCredentials({ path: `${folder}/config.json`, required: false });
}
