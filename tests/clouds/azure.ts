import { type Asked, type Clock, CloudDouble, formOf, tokenProblem } from "./double.ts";

/** The identity that pods have. */
export const TENANT = "11111111-2222-3333-4444-555555555555";
export const CLIENT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

const ENTRA = "PLANTED-entra-token";

/**
 * Entra ID, the metadata service and the exchange of a registry, in one place; each refuses what the real one
 * refuses. The exchange is for the registry `name.azurecr.io`.
 */
export function azureDouble(clock: Clock): CloudDouble {
  let issued = 0;
  return new CloudDouble((asked) => {
    const { pathname } = asked.url;
    if (pathname === `/${TENANT}/oauth2/v2.0/token`) {
      return entra(asked, clock, "https://containerregistry.azure.net", ENTRA);
    }
    if (pathname === "/metadata/identity/oauth2/token") return metadata(asked);
    if (pathname === "/oauth2/exchange") return exchange(asked, ++issued);
    return new Response(null, { status: 404 });
  });
}

/** The token endpoint of Entra ID, for one resource. */
export function entra(asked: Asked, clock: Clock, resource: string, token: string): Response {
  const refuse = (error: string, code: number, status = 400): Response =>
    Response.json({ error, error_description: `AADSTS${code}: no`, error_codes: [code] }, {
      status,
    });
  const form = formOf(asked);
  if (form?.get("grant_type") !== "client_credentials") {
    return refuse("unsupported_grant_type", 70003);
  }
  if (form.get("client_id") !== CLIENT) return refuse("unauthorized_client", 700016);
  if (form.get("scope") !== `${resource}/.default`) {
    return refuse("invalid_scope", 70011);
  }
  if (
    form.get("client_assertion_type") !== "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
  ) return refuse("invalid_request", 900144);
  const assertion = form.get("client_assertion") ?? null;
  switch (tokenProblem(assertion, clock, "api://AzureADTokenExchange")) {
    case "malformed":
      return refuse("invalid_client", 50027, 401);
    case "audience":
      return refuse("invalid_client", 700212, 401);
    case "expired":
      return refuse("invalid_client", 700024, 401);
    case undefined:
      return Response.json({ token_type: "Bearer", expires_in: 86_399, access_token: token });
  }
}

function metadata({ method, url, headers }: Asked): Response {
  const refuse = (error: string): Response => Response.json({ error }, { status: 400 });
  const { searchParams } = url;
  if (method !== "GET" || headers.get("metadata") !== "true" || headers.has("x-forwarded-for")) {
    return refuse("bad_request_102");
  }
  if (searchParams.get("api-version") !== "2018-02-01") return refuse("bad_request");
  if (searchParams.get("resource") !== "https://containerregistry.azure.net") {
    return refuse("invalid_resource");
  }
  if (searchParams.get("client_id") !== CLIENT) return refuse("invalid_request");
  return Response.json({ access_token: ENTRA, expires_in: "86399", token_type: "Bearer" });
}

function exchange(asked: Asked, issued: number): Response {
  const refuse = (status: number, code: string): Response =>
    Response.json({ errors: [{ code, message: "no" }] }, { status });
  const form = formOf(asked);
  if (asked.url.searchParams.get("api-version") !== "2021-07-01") return refuse(404, "NOT_FOUND");
  if (form?.get("grant_type") !== "access_token") return refuse(400, "UNSUPPORTED");
  if (form.get("service") !== "name.azurecr.io") return refuse(400, "NAME_INVALID");
  if (form.get("access_token") !== ENTRA || form.get("tenant") !== TENANT) {
    return refuse(401, "UNAUTHORIZED");
  }
  return Response.json({ refresh_token: `PLANTED-acr-${issued}` });
}
