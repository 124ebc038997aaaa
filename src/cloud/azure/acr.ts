import { jsonErrorCode, memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { CloudSurroundings, Issued, RegistryLogin } from "../surroundings.ts";

/** Who a refresh token of a registry logs in as. */
const NOBODY = "00000000-0000-0000-0000-000000000000";
/** How long refresh tokens are good for, less a margin. */
const LIFETIME_MS = (3 * 60 - 5) * 60_000;

/** What is exchanged, and where. */
export interface AcrExchange {
  /** The host of the registry. */
  readonly registry: string;
  /** Where it is asked, such as `https://name.azurecr.io`. */
  readonly origin: string;
  readonly tenant: string;
  readonly token: Issued<string>;
}

/**
 * Exchanges an Entra token for a login at one registry of Azure.
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function exchangeForAcr(
  { registry, origin, tenant, token }: AcrExchange,
  { now }: CloudSurroundings,
  signal: AbortSignal,
): Promise<Issued<RegistryLogin>> {
  const service = `the token exchange of ${registry}`;
  const text = await fetchText({
    service,
    url: `${origin}/oauth2/exchange?api-version=2021-07-01`,
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      grant_type: "access_token",
      service: registry,
      tenant,
      access_token: token.value,
    }).toString(),
    attempts: 3,
    errorCode: acrCode,
  }, signal);
  const password = textOf(readObject(text, service), "refresh_token");
  if (password === undefined) throw new CloudError(`${service} answers without token`, false);
  return {
    value: { username: NOBODY, password },
    expiresAt: Math.min(now().getTime() + LIFETIME_MS, token.expiresAt),
  };
}

/** `errors[0].code` of the distribution specification, or the `error` of OAuth. */
function acrCode(text: string): string | undefined {
  try {
    const errors = memberOf(readObject(text, ""), "errors");
    return textOf(Array.isArray(errors) ? errors[0] : undefined, "code") ??
      jsonErrorCode("error")(text);
  } catch {
    return undefined;
  }
}
