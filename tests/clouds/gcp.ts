import { CloudDouble } from "./double.ts";

/** The metadata server; it refuses what the real one refuses. */
export function gcpDouble(): CloudDouble {
  let issued = 0;
  const headers = { "metadata-flavor": "Google" };
  return new CloudDouble(({ method, url, headers: given }) => {
    const path = "/computeMetadata/v1/instance/service-accounts/default/token";
    if (method !== "GET" || url.pathname !== path || url.search !== "") {
      return new Response("not found", { status: 404, headers });
    }
    if (given.get("metadata-flavor") !== "Google" || given.has("x-forwarded-for")) {
      return new Response("Missing Metadata-Flavor:Google header.", { status: 403, headers });
    }
    const token = { access_token: `PLANTED-gcp-${++issued}`, expires_in: 3599 };
    return Response.json({ ...token, token_type: "Bearer" }, { headers });
  });
}
