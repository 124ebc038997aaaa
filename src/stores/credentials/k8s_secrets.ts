import {
  CloudError,
  type CloudSurroundings,
  type Issued,
  KubernetesApi,
  memberOf,
  textOf,
} from "../../cloud/mod.ts";
import { decodeBase64, decodeUtf8 } from "../../crypto/mod.ts";
import type { Credential, CredentialProvider } from "./credential.ts";
import { DockerConfigError, parseDockercfg, parseDockerConfig } from "./docker_config.ts";
import { IssuedCredentials } from "./issued_credentials.ts";

/** Which secrets are looked at. */
export interface K8sSecretsOptions {
  readonly serviceAccountName?: string | undefined;
  readonly secrets?:
    | readonly { readonly secretName: string; readonly namespace?: string | undefined }[]
    | undefined;
  /** The namespace in which the service account is, and secrets that name none; the process's own when absent. */
  readonly namespace?: string | undefined;
}

/** How long what a secret says is used: a changed one is noticed within this time. */
const KEEP_MS = 60_000;
const MAX_PULL_SECRETS = 100;

/** Each type of secret: the key of its data, and who reads it. */
const TYPES: Readonly<
  Record<string, readonly [string, (text: string) => ReadonlyMap<string, Credential>]>
> = {
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson", parseDockerConfig],
  "kubernetes.io/dockercfg": [".dockercfg", parseDockercfg],
};

/** Credentials from secrets of the cluster, where `kubectl create secret docker-registry` puts them (`k8Secrets`). */
export function k8sSecretsCredentials(
  options: K8sSecretsOptions,
  surroundings: CloudSurroundings,
  api = new KubernetesApi(surroundings),
): CredentialProvider {
  return new IssuedCredentials({
    name: "k8Secrets",
    registries: "every registry",
    remedy:
      "Check that a secret of the Store, or a pull secret of its service account, has an entry for the registry, and that Assay may get secrets and serviceaccounts in their namespaces.",
    requestFor: (registry) => ({
      key: registry,
      issue: async (signal): Promise<Issued<Credential>> => ({
        value: await find(registry, options, api, signal),
        expiresAt: surroundings.now().getTime() + KEEP_MS,
      }),
    }),
  }, surroundings.now);
}

async function find(
  registry: string,
  options: K8sSecretsOptions,
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<Credential> {
  const own = options.namespace ?? await api.namespace();
  for (const { secretName, namespace = own } of options.secrets ?? []) {
    const secret = await api.get(namespace, ["secrets", secretName], signal);
    if (secret === undefined) continue;
    const read = readSecret(secret, `${namespace}/${secretName}`);
    if (read === undefined) {
      throw new CloudError(
        `the secret ${namespace}/${secretName} has not the type ${Object.keys(TYPES).join(" or ")}`,
        false,
      );
    }
    const found = read.get(registry);
    if (found !== undefined) return found;
  }
  const account = options.serviceAccountName ?? "default";
  for (const name of await pullSecrets(own, account, api, signal)) {
    const secret = await api.get(own, ["secrets", name], signal);
    const found = secret === undefined
      ? undefined
      : readSecret(secret, `${own}/${name}`)?.get(registry);
    if (found !== undefined) return found;
  }
  throw new CloudError(
    `neither a secret that the Store names nor a pull secret of the service account ${own}/${account} has an entry for it`,
    false,
  );
}

async function pullSecrets(
  namespace: string,
  name: string,
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const account = await api.get(namespace, ["serviceaccounts", name], signal);
  if (account === undefined) {
    throw new CloudError(`there is no service account ${namespace}/${name}`, false);
  }
  const listed = memberOf(account, "imagePullSecrets") ?? [];
  const names = Array.isArray(listed) ? listed.map((each) => textOf(each, "name")) : [undefined];
  const known = names.filter((each) => each !== undefined);
  if (known.length !== names.length || known.length > MAX_PULL_SECRETS) {
    throw new CloudError(
      `the pull secrets of the service account ${namespace}/${name} cannot be read`,
      false,
    );
  }
  return known;
}

/** The credentials in a secret by registry; undefined for a secret of another type. */
function readSecret(
  secret: Readonly<Record<string, unknown>>,
  name: string,
): ReadonlyMap<string, Credential> | undefined {
  const type = textOf(secret, "type") ?? "";
  const [key, parse] = Object.hasOwn(TYPES, type) ? TYPES[type] ?? [] : [];
  if (key === undefined || parse === undefined) return undefined;
  const encoded = textOf(memberOf(secret, "data"), key);
  if (encoded === undefined) throw new CloudError(`the secret ${name} has no data ${key}`, false);
  try {
    return parse(decodeUtf8(decodeBase64(encoded)));
  } catch (error) {
    // Nothing of the secret is quoted.
    const reason = error instanceof DockerConfigError ? error.message : "it is not strict JSON";
    throw new CloudError(`the data ${key} of the secret ${name} cannot be used: ${reason}`, false);
  }
}
