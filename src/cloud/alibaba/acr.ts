import { jsonErrorCode, memberOf, readObject, serviceAddress, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { CloudSurroundings, Issued, RegistryLogin } from "../surroundings.ts";
import { type AlibabaKeys, signCall } from "./signing.ts";

const SERVICE = "Alibaba Cloud Container Registry";
const HOST =
  /^(?:([a-z0-9][a-z0-9-]*?)-)?registry(?:-intl)?(?:-vpc)?(?:-internal)?(?:\.distributed)?\.([a-z]{2,4}-[a-z0-9-]{2,30})\.(?:cr\.)?aliyuncs\.com$/;

/** A registry of ACR, read from its host. */
export interface AlibabaRegistry {
  /** The name of the instance; undefined where the host has none. */
  readonly instance: string | undefined;
  readonly region: string;
}

/** What a host says about the registry; undefined for every other host. */
export function parseAlibabaHost(host: string): AlibabaRegistry | undefined {
  const match = HOST.exec(host);
  return match === null ? undefined : { instance: match[1], region: match[2] ?? "" };
}

/**
 * Asks for a login at an instance (GetAuthorizationToken).
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function getAlibabaLogin(
  region: string,
  instanceId: string,
  keys: AlibabaKeys,
  { env, now }: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<RegistryLogin>> {
  const set = env("ALIBABA_CLOUD_ACR_ENDPOINT");
  const endpoint = set
    ? serviceAddress("ALIBABA_CLOUD_ACR_ENDPOINT", set)
    : `https://cr.${region}.aliyuncs.com`;
  const { target, headers } = await signCall({
    host: new URL(endpoint).host,
    action: "GetAuthorizationToken",
    version: "2018-12-01",
    query: { InstanceId: instanceId },
    nonce: crypto.randomUUID(),
    date: now(),
  }, keys);
  // Not sent again by itself: each request must have a nonce of its own.
  const text = await fetchText({
    service: SERVICE,
    url: `${endpoint}${target}`,
    method: "POST",
    headers,
    errorCode: jsonErrorCode("Code"),
    passing: ["Throttling", "Throttling.User", "Throttling.Api", "ServiceUnavailable"],
  }, signal);
  return readLogin(text);
}

function readLogin(text: string): Issued<RegistryLogin> {
  const answer = readObject(text, SERVICE);
  if (memberOf(answer, "IsSuccess") !== true) {
    const code = textOf(answer, "Code") ?? "";
    const said = /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? ` (${code})` : "";
    throw new CloudError(`${SERVICE} refuses the request${said}`, false);
  }
  const username = textOf(answer, "TempUsername");
  const password = textOf(answer, "AuthorizationToken");
  const expiresAt = memberOf(answer, "ExpireTime");
  if (
    username === undefined || password === undefined || typeof expiresAt !== "number" ||
    !(expiresAt > 0)
  ) {
    throw new CloudError(`${SERVICE} answers without authorization token`, false);
  }
  return { value: { username, password }, expiresAt };
}
