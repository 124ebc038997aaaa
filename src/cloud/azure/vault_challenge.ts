import { CloudError } from "../cloud_error.ts";

/** Authorities of Microsoft Entra ID, of all clouds. They alone get a pod's token, beside the configured one. */
const AUTHORITIES = [
  "login.microsoftonline.com",
  "login.windows.net",
  "sts.windows.net",
  "login.microsoftonline.us",
  "login.partner.microsoftonline.cn",
  "login.chinacloudapi.cn",
];

/** What a vault wants of who asks it. */
export interface VaultChallenge {
  /** What the token must be for, such as `https://vault.azure.net`. */
  readonly resource: string;
  /** Who issues it, such as `https://login.microsoftonline.com`. */
  readonly authority: string;
}

/**
 * Reads the challenge of a vault. It must be for the vault's own domain, and its authority one of Entra ID or
 * the configured one, so that no vault can have a token for something else, nor the pod's token.
 *
 * @param header `WWW-Authenticate` of the vault's answer.
 * @param host the host of the vault.
 * @param configured the authority of the environment: it is asked in place of the one in the challenge.
 * @throws {CloudError}
 */
export function readVaultChallenge(
  header: string,
  host: string,
  configured: string | undefined,
): VaultChallenge {
  const fields = readBearer(header);
  const resource = URL.parse(
    (fields?.get("resource") ?? fields?.get("scope") ?? "").replace(/\/\.default$/, ""),
  );
  const authority = URL.parse(
    fields?.get("authorization") ?? fields?.get("authorization_uri") ?? "",
  );
  if (resource?.protocol !== "https:" || authority === null) {
    throw new CloudError(`the vault ${host} does not say which token it wants`, false);
  }
  if (!host.endsWith(`.${resource.hostname}`) || resource.port !== "") {
    const wants = JSON.stringify(resource.host);
    throw new CloudError(
      `the vault ${host} wants a token for ${wants}, which is not its own`,
      false,
    );
  }
  const isEntra = authority.protocol === "https:" && authority.port === "" &&
    AUTHORITIES.includes(authority.hostname);
  const isConfigured = configured !== undefined && new URL(configured).origin === authority.origin;
  if (!isEntra && !isConfigured) {
    const at = JSON.stringify(authority.host);
    throw new CloudError(`the vault ${host} wants a token of ${at}, which is not Entra ID`, false);
  }
  return {
    resource: `https://${resource.hostname}`,
    authority: configured ?? authority.origin,
  };
}

/** The fields of a Bearer challenge; undefined when the header is none, or has a field twice. */
function readBearer(header: string): ReadonlyMap<string, string> | undefined {
  if (header.length > 4096) return undefined;
  const [, list = ""] = /^Bearer\s+(.*)$/i.exec(header) ?? [];
  const found = [...list.matchAll(/([a-z_]{1,32})="([^"]{0,1024})"/gi)]
    .map(([, name = "", value = ""]) => [name.toLowerCase(), value] as const);
  const fields = new Map(found);
  return fields.size === found.length ? fields : undefined;
}
