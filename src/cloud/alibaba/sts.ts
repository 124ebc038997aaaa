import {
  jsonErrorCode,
  memberOf,
  readObject,
  readToken,
  required,
  serviceAddress,
  textOf,
} from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { CloudSurroundings, Issued } from "../surroundings.ts";
import type { AlibabaKeys } from "./signing.ts";

const SERVICE = "Alibaba Cloud STS";
/** Keys that do not end are read again after this. */
const STATIC_MS = 60 * 60_000;

/**
 * Finds keys for Alibaba Cloud: those of the environment, else those of a role that the pod's own token may
 * assume (RRSA, AssumeRoleWithOIDC).
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function getAlibabaKeys(
  surroundings: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<AlibabaKeys>> {
  const { env, now } = surroundings;
  const [accessKeyId, accessKeySecret] = [
    env("ALIBABA_CLOUD_ACCESS_KEY_ID"),
    env("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
  ];
  if (!accessKeyId || !accessKeySecret) return await assumeRole(surroundings, signal);
  const securityToken = env("ALIBABA_CLOUD_SECURITY_TOKEN");
  return {
    value: { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) },
    expiresAt: now().getTime() + STATIC_MS,
  };
}

async function assumeRole(
  { env, readText, now }: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<AlibabaKeys>> {
  const role = required("ALIBABA_CLOUD_ROLE_ARN", env("ALIBABA_CLOUD_ROLE_ARN"));
  const provider = required(
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    env("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
  );
  const file = required("ALIBABA_CLOUD_OIDC_TOKEN_FILE", env("ALIBABA_CLOUD_OIDC_TOKEN_FILE"));
  const url = new URL(`${endpoint(env)}/`);
  url.search = new URLSearchParams({
    Action: "AssumeRoleWithOIDC",
    Format: "JSON",
    Version: "2015-04-01",
    Timestamp: now().toISOString().replace(/\.\d{3}Z$/, "Z"),
  }).toString();
  const text = await fetchText({
    service: SERVICE,
    url,
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      RoleArn: role,
      OIDCProviderArn: provider,
      OIDCToken: await readToken(file, readText),
      RoleSessionName: "assay",
      DurationSeconds: "3600",
    }).toString(),
    attempts: 3,
    errorCode: jsonErrorCode("Code"),
    passing: ["Throttling", "Throttling.User", "Throttling.Api", "ServiceUnavailable"],
  }, signal);
  return readKeys(text);
}

function endpoint(env: CloudSurroundings["env"]): string {
  const set = env("ALIBABA_CLOUD_STS_ENDPOINT");
  if (set) return serviceAddress("ALIBABA_CLOUD_STS_ENDPOINT", set);
  const region = env("ALIBABA_CLOUD_STS_REGION");
  if (!region) return "https://sts.aliyuncs.com";
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new CloudError("ALIBABA_CLOUD_STS_REGION is not a region", false);
  }
  return `https://sts.${region}.aliyuncs.com`;
}

function readKeys(text: string): Issued<AlibabaKeys> {
  const found = memberOf(readObject(text, SERVICE), "Credentials");
  const [accessKeyId, accessKeySecret, securityToken, expiration] = [
    "AccessKeyId",
    "AccessKeySecret",
    "SecurityToken",
    "Expiration",
  ].map((name) => textOf(found, name));
  const expiresAt = Date.parse(expiration ?? "");
  if (!accessKeyId || !accessKeySecret || !securityToken || Number.isNaN(expiresAt)) {
    throw new CloudError(`${SERVICE} answers without credentials`, false);
  }
  return { value: { accessKeyId, accessKeySecret, securityToken }, expiresAt };
}
