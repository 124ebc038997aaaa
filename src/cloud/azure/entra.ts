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

/** What tokens for container registries are for. */
const REGISTRY_RESOURCE = "https://containerregistry.azure.net";
const IMDS = "http://169.254.169.254";
const SERVICE = "Microsoft Entra ID";
const METADATA = "the Azure instance metadata service";

/** An identity of Azure. */
export interface AzureIdentity {
  readonly tenant: string;
  readonly client: string;
}

/**
 * Gets an Entra token for container registries with the pod's own token.
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function getWorkloadToken(
  identity: AzureIdentity,
  surroundings: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<string>> {
  const authority = configuredAuthority(surroundings);
  const host = required("AZURE_AUTHORITY_HOST", authority);
  return await getFederatedToken(identity, REGISTRY_RESOURCE, host, surroundings, signal);
}

/** The authority that the environment names; undefined when it names none. Throws {@link CloudError}. */
export function configuredAuthority({ env }: CloudSurroundings): string | undefined {
  const set = env("AZURE_AUTHORITY_HOST");
  return set ? serviceAddress("AZURE_AUTHORITY_HOST", set) : undefined;
}

/**
 * Gets an Entra token with the pod's own token (workload identity: client credentials with a federated
 * assertion). The file of the pod's token is read each time.
 *
 * @param resource what the token is for, without slash at its end.
 * @param authority an address that may have the pod's token, without slash at its end.
 * @throws {CloudError}; or the signal's reason.
 */
export async function getFederatedToken(
  { tenant, client }: AzureIdentity,
  resource: string,
  authority: string,
  { env, readText, now }: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<string>> {
  const file = required("AZURE_FEDERATED_TOKEN_FILE", env("AZURE_FEDERATED_TOKEN_FILE"));
  const text = await fetchText({
    service: SERVICE,
    url: `${authority}/${tenant}/oauth2/v2.0/token`,
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await readToken(file, readText),
      client_id: client,
      scope: `${resource}/.default`,
    }).toString(),
    attempts: 3,
    errorCode: entraCode,
  }, signal);
  return readAccessToken(text, SERVICE, now());
}

/**
 * Gets an Entra token for container registries from the metadata service of the node (managed identity).
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function getManagedToken(
  client: string,
  { env, now }: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<string>> {
  const set = env("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  const host = set ? serviceAddress("AZURE_POD_IDENTITY_AUTHORITY_HOST", set) : IMDS;
  const url = new URL(`${host}/metadata/identity/oauth2/token`);
  url.searchParams.set("api-version", "2018-02-01");
  url.searchParams.set("client_id", client);
  url.searchParams.set("resource", REGISTRY_RESOURCE);
  const text = await fetchText({
    service: METADATA,
    url,
    headers: { metadata: "true" },
    attempts: 3,
    errorCode: jsonErrorCode("error"),
    passing: [404, 410],
  }, signal);
  return readAccessToken(text, METADATA, now());
}

/** The name of a tenant or client, as it may stand in an address. Throws {@link CloudError}. */
export function azureName(setting: string, value: string | undefined): string {
  const name = required(setting, value);
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/.test(name)) {
    throw new CloudError(`${setting} is not the id of a tenant or client`, false);
  }
  return name;
}

/** `AADSTS700213` says more than `invalid_client`. */
function entraCode(text: string): string | undefined {
  const [first] = [memberOf(tryObject(text), "error_codes")].flat();
  return typeof first === "number" ? `AADSTS${first}` : jsonErrorCode("error")(text);
}

function tryObject(text: string): unknown {
  try {
    return readObject(text, SERVICE);
  } catch {
    return undefined;
  }
}

/** `expires_in` is a number from Entra, and a text of digits from the metadata service. */
function readAccessToken(text: string, service: string, now: Date): Issued<string> {
  const answer = readObject(text, service);
  const value = textOf(answer, "access_token");
  const seconds = Number(memberOf(answer, "expires_in"));
  if (value === undefined || !/^[\x21-\x7e]+$/.test(value) || !(seconds > 0)) {
    throw new CloudError(`${service} answers without access token`, false);
  }
  return { value, expiresAt: now.getTime() + seconds * 1000 };
}
