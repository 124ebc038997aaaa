import { type Asked, CloudDouble } from "./double.ts";

/** Where the metadata server has tokens. */
export const TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token";

/** The metadata server; it refuses what the real one refuses. */
export function gcpDouble(): CloudDouble {
  let issued = 0;
  return new CloudDouble((asked) => metadata(asked, "", () => `PLANTED-gcp-${++issued}`));
}

/** The metadata server, where tokens are asked for with this query. */
export function metadata(
  { method, url, headers: given }: Asked,
  query: string,
  issue: () => string,
): Response {
  const headers = { "metadata-flavor": "Google" };
  if (method !== "GET" || url.pathname !== TOKEN_PATH || url.search !== query) {
    return new Response("not found", { status: 404, headers });
  }
  if (given.get("metadata-flavor") !== "Google" || given.has("x-forwarded-for")) {
    return new Response("Missing Metadata-Flavor:Google header.", { status: 403, headers });
  }
  const token = { access_token: issue(), expires_in: 3599 };
  return Response.json({ ...token, token_type: "Bearer" }, { headers });
}
