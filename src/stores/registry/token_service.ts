/** Gets access tokens from a registry's token service (distribution token authentication; OAuth 2.0). */

import { decodeUtf8, encodeBase64, encodeUtf8, parseJson } from "../../crypto/mod.ts";
import type { Credential } from "../credentials/credential.ts";
import { memberOf, registryCodeOf, RegistryFailure, statusText } from "./failure.ts";
import { isPassing } from "./retry.ts";
import type { Answer, Exchange } from "./transport.ts";
import type { ClientChoice } from "./tls_clients.ts";

/** The most bytes of a token service's answer. */
const MAX_TOKEN_ANSWER = 128 * 1024;
const MAX_TOKEN = 64 * 1024;
/** Seconds that a token is valid when the service does not say so. */
const DEFAULT_LIFETIME = 60;
const MAX_LIFETIME = 24 * 60 * 60;

/** Which token is wanted. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** Anonymous when absent. */
  readonly credential: Credential | undefined;
}

/** A token, and until when it may be used, in milliseconds since 1970. */
export interface Token {
  readonly value: string;
  readonly expires: number;
}

/** Sends a request, with retries. */
export type Sender = (exchange: Exchange, signal: AbortSignal) => Promise<Answer>;

/**
 * Fetches a token: `GET` with Basic authentication or anonymously, and `POST` to exchange an identity token.
 * Throws {@link RegistryFailure} `denied` when the service refuses, `passing`, or `lasting` when its answer has
 * no token; and {@link AssayError} `DEADLINE_EXCEEDED`.
 */
export async function fetchToken(
  request: TokenRequest,
  client: ClientChoice,
  send: Sender,
  signal: AbortSignal,
): Promise<Token> {
  const answer = await send({ ...exchangeOf(request), client }, signal);
  const service = `the token service ${request.realm.host}`;
  if (answer.status !== 200) {
    const kind = isPassing(answer.status) ? "passing" : "denied";
    const status = statusText(answer.status, registryCodeOf(answer.body));
    const who = request.credential === undefined ? "without credentials" : "with the credentials";
    throw new RegistryFailure(kind, `${service}, asked ${who}, answered ${status}`);
  }
  const token = parseToken(answer.body, Date.now());
  if (token === undefined) {
    throw new RegistryFailure("lasting", `${service} answered without token`);
  }
  return token;
}

/** `Authorization` for a user name and password (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${encodeBase64(encodeUtf8(`${username}:${password}`))}`;
}

/**
 * Reads a token service's answer: `token` or `access_token`, and `expires_in` seconds. Undefined when it
 * has no token that can stand in a header. A margin before the expiry is taken off.
 */
export function parseToken(body: Uint8Array<ArrayBuffer>, now: number): Token | undefined {
  let object: unknown;
  try {
    object = parseJson(decodeUtf8(body), { maxDepth: 8, maxValues: 1000 }).value;
  } catch {
    return undefined; // What is wrong with it may quote the token.
  }
  const value = [memberOf(object, "access_token"), memberOf(object, "token")]
    .find((each) => typeof each === "string" && each !== "");
  // The characters of a bearer token (RFC 6750 §2.1).
  if (typeof value !== "string" || value.length > MAX_TOKEN) return undefined;
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(value)) return undefined;
  const stated = memberOf(object, "expires_in");
  const lifetime = typeof stated === "number" && stated > 0 ? stated : DEFAULT_LIFETIME;
  const seconds = Math.min(lifetime, MAX_LIFETIME);
  // So that a token does not expire on its way: 10 s, for short-lived ones a fifth.
  return { value, expires: now + (seconds - Math.min(10, seconds / 5)) * 1000 };
}

function exchangeOf(request: TokenRequest): Exchange {
  const { realm, service, scopes, credential } = request;
  const common = { maxBytes: MAX_TOKEN_ANSWER, redirects: "sameOrigin" } as const;
  if (credential?.kind === "identityToken") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.token,
      client_id: "assay",
      ...(service === undefined ? {} : { service }),
      scope: scopes.join(" "),
    });
    return {
      ...common,
      method: "POST",
      url: realm,
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: form.toString(),
    };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const authorization = credential === undefined
    ? undefined
    : basicAuthorization(credential.username, credential.password);
  return { ...common, method: "GET", url, headers: { accept: "application/json" }, authorization };
}
