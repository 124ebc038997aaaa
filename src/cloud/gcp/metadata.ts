import { memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchAnswer } from "../http.ts";
import type { CloudSurroundings, Issued } from "../surroundings.ts";

const DEFAULT_HOST = "metadata.google.internal";
const FLAVOR = { "metadata-flavor": "Google" };
const SERVICE = "the Google metadata server";

/**
 * Gets an access token of the workload's service account from the metadata server.
 *
 * @param scope what it is for; all that the service account has when absent.
 * @throws {CloudError}; or the signal's reason.
 */
export async function getGoogleToken(
  { env, now }: CloudSurroundings,
  signal: AbortSignal,
  scope?: string,
): Promise<Issued<string>> {
  const host = env("GCE_METADATA_HOST") || DEFAULT_HOST;
  if (!/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/.test(host)) {
    throw new CloudError("GCE_METADATA_HOST is not a host", false);
  }
  const url = new URL(
    `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
  );
  if (scope !== undefined) url.searchParams.set("scopes", scope);
  const { text, headers } = await fetchAnswer({
    service: SERVICE,
    url,
    headers: FLAVOR,
    attempts: 3,
  }, signal);
  // Whoever else answers under that name does not say so.
  if (headers.get("metadata-flavor") !== "Google") {
    throw new CloudError(`${SERVICE} does not answer as such (Metadata-Flavor is missing)`, false);
  }
  const answer = readObject(text, SERVICE);
  const value = textOf(answer, "access_token");
  const seconds = memberOf(answer, "expires_in");
  if (value === undefined || typeof seconds !== "number" || !(seconds > 0)) {
    throw new CloudError(`${SERVICE} answers without access token`, false);
  }
  return { value, expiresAt: now().getTime() + seconds * 1000 };
}
