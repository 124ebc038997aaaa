import {
  azureName,
  CloudError,
  type CloudSurroundings,
  exchangeForAcr,
  getManagedToken,
  getWorkloadToken,
  type Issued,
} from "../../cloud/mod.ts";
import type { CredentialProvider } from "./credential.ts";
import { ExpiringCache } from "./expiring_cache.ts";
import { IssuedCredentials, passwordOf } from "./issued_credentials.ts";

/** Whose identity it is, and for which registries. */
export interface AzureOptions {
  readonly clientID?: string | undefined;
  readonly tenantID?: string | undefined;
  /** Hosts; `*.` stands for one label. Those of Azure Container Registry when absent. */
  readonly endpoints?: readonly string[] | undefined;
  /** Where a registry's token exchange is asked; `https://<host>` when absent. */
  readonly originOf?: (registry: string) => string;
}

const DEFAULT_ENDPOINTS = ["*.azurecr.io", "*.azurecr.us", "*.azurecr.cn"];

/** Logins at Azure registries, with the pod's own token (`azureWorkloadIdentity`). */
export function azureWorkloadCredentials(
  options: AzureOptions,
  surroundings: CloudSurroundings,
): CredentialProvider {
  const { env } = surroundings;
  return azureCredentials("azureWorkloadIdentity", options, surroundings, {
    // A parameter wins over the environment here; the other way round for the managed identity.
    client: () => options.clientID || env("AZURE_CLIENT_ID"),
    tenant: () => options.tenantID || env("AZURE_TENANT_ID"),
    token: (client, tenant, signal) => getWorkloadToken({ client, tenant }, surroundings, signal),
  });
}

/** Logins at Azure registries, with an identity of the node (`azureManagedIdentity`). */
export function azureManagedCredentials(
  options: AzureOptions,
  surroundings: CloudSurroundings,
): CredentialProvider {
  const { env } = surroundings;
  return azureCredentials("azureManagedIdentity", options, surroundings, {
    client: () => env("AZURE_CLIENT_ID") || options.clientID,
    tenant: () => env("AZURE_TENANT_ID"),
    token: (client, _, signal) => getManagedToken(client, surroundings, signal),
  });
}

interface Identity {
  client(): string | undefined;
  tenant(): string | undefined;
  token(client: string, tenant: string, signal: AbortSignal): Promise<Issued<string>>;
}

function azureCredentials(
  name: string,
  { endpoints, originOf = (registry) => `https://${registry}` }: AzureOptions,
  surroundings: CloudSurroundings,
  identity: Identity,
): CredentialProvider {
  const patterns = endpoints === undefined || endpoints.length === 0
    ? DEFAULT_ENDPOINTS
    : endpoints;
  const tokens = new ExpiringCache<Issued<string>>(surroundings.now);
  return new IssuedCredentials({
    name,
    registries: patterns.join(", "),
    remedy:
      "Check that the pod has an Azure identity with the role AcrPull at the registry; docs/azure.md leads through it.",
    requestFor: (registry) => {
      if (!patterns.some((pattern) => matchesEndpoint(registry, pattern))) return undefined;
      return {
        key: registry,
        issue: async (signal) => {
          const tenant = azureName("AZURE_TENANT_ID", identity.tenant());
          const client = azureName("AZURE_CLIENT_ID", identity.client());
          const token = await tokens.get("", signal, async (shared) => {
            const issued = await identity.token(client, tenant, shared);
            return { value: issued, expiresAt: issued.expiresAt };
          });
          const exchange = { registry, origin: originOf(registry), tenant, token };
          try {
            return passwordOf(await exchangeForAcr(exchange, surroundings, signal));
          } catch (error) {
            const refused = error instanceof CloudError &&
              (error.status === 401 || error.status === 403);
            if (refused) tokens.forget("", token);
            throw error;
          }
        },
      };
    },
  }, surroundings.now);
}

/** Whether a host is the pattern, or has one label in place of its `*`. */
export function matchesEndpoint(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith("*.")) return host === wanted;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot + 1) === wanted.slice(2);
}
