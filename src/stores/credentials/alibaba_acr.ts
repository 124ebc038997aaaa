import {
  type AlibabaKeys,
  CloudError,
  type CloudSurroundings,
  getAlibabaKeys,
  getAlibabaLogin,
  parseAlibabaHost,
} from "../../cloud/mod.ts";
import type { CredentialProvider } from "./credential.ts";
import { ExpiringCache } from "./expiring_cache.ts";
import { IssuedCredentials, passwordOf } from "./issued_credentials.ts";

/** Which instance a registry is. */
export interface AlibabaOptions {
  readonly defaultInstanceId?: string | undefined;
  readonly acrInstancesConfig?:
    | readonly { readonly instanceName: string; readonly instanceId: string }[]
    | undefined;
}

/** Logins at Alibaba Cloud Container Registry, with a RAM role (`alibabacloudAcrBasic`). */
export function alibabaCredentials(
  { defaultInstanceId, acrInstancesConfig = [] }: AlibabaOptions,
  surroundings: CloudSurroundings,
): CredentialProvider {
  const keys = new ExpiringCache<AlibabaKeys>(surroundings.now);
  const idOf = (name: string | undefined): string | undefined =>
    acrInstancesConfig.find(({ instanceName }) => instanceName === name)?.instanceId ??
      (defaultInstanceId || surroundings.env("ALIBABA_CLOUD_ACR_INSTANCE_ID"));
  return new IssuedCredentials({
    name: "alibabacloudAcrBasic",
    registries: "registries of Alibaba Cloud (<instance>-registry.<region>.cr.aliyuncs.com)",
    remedy:
      "Check that the pod may assume a RAM role with cr:GetAuthorizationToken; docs/alibaba-cloud.md leads through it.",
    requestFor: (host) => {
      const registry = parseAlibabaHost(host);
      if (registry === undefined) return undefined;
      const { instance, region } = registry;
      const instanceId = idOf(instance);
      return {
        key: JSON.stringify([region, instanceId]),
        issue: async (signal) => {
          if (!instanceId) {
            throw new CloudError(
              "neither acrInstancesConfig nor defaultInstanceId has the id of its instance",
              false,
            );
          }
          const found = await keys.get(
            "",
            signal,
            (shared) => getAlibabaKeys(surroundings, shared),
          );
          return passwordOf(await login(region, instanceId, found, signal));
        },
      };
    },
  }, surroundings.now);

  async function login(
    region: string,
    instanceId: string,
    found: AlibabaKeys,
    signal: AbortSignal,
  ): ReturnType<typeof getAlibabaLogin> {
    try {
      return await getAlibabaLogin(region, instanceId, found, surroundings, signal);
    } catch (error) {
      const refused = error instanceof CloudError && (error.status === 401 || error.status === 403);
      if (refused) keys.forget("", found);
      throw error;
    }
  }
}
