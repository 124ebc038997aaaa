/** One HTTP exchange: redirects followed by us, sizes bounded, credentials kept to one origin. */

import type { Bytes } from "../../crypto/mod.ts";
import { quote } from "../../oci/mod.ts";
import { discard, readAtMost, readBody } from "./body.ts";
import { deadline, RegistryFailure } from "./failure.ts";
import { TimeoutError, withTimeout } from "./timer.ts";
import type { ClientChoice } from "./tls_clients.ts";

/** The most redirects of one request. */
export const MAX_REDIRECTS = 5;
/** What is read of an error's body: enough for its code. */
const MAX_ERROR_BYTES = 16 * 1024;
const MAX_LOCATION = 16 * 1024;

/** A request. */
export interface Exchange {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The `Authorization` header, which goes to the origin of `url` only. */
  readonly authorization?: string | undefined;
  /** The most bytes of the body of a successful answer. */
  readonly maxBytes: number;
  /** Whether a redirect may lead to another origin. */
  readonly redirects: "any" | "sameOrigin";
  /** Chooses the client for its certificates, also after redirects; the default one when absent. */
  readonly client?: ClientChoice | undefined;
}

/** An answer with any status but a redirect. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** All of it for a successful answer, the first bytes for another. */
  readonly body: Bytes;
}

/** Sends requests. */
export interface TransportOptions {
  /** What we call ourselves, such as `assay/1.0.0`. */
  readonly userAgent: string;
  /** How long one exchange may take, in milliseconds. */
  readonly timeout: number;
}

/**
 * Sends a request and reads its answer. Throws {@link RegistryFailure} `passing` for network trouble and
 * time-outs, `lasting` for redirects that are not followed and hosts that may not be reached, `tooLarge`;
 * and {@link AssayError} `DEADLINE_EXCEEDED`.
 */
export function send(
  exchange: Exchange,
  options: TransportOptions,
  signal: AbortSignal,
): Promise<Answer> {
  return withTimeout(options.timeout, signal, async (bounded) => {
    try {
      return await follow(exchange, options.userAgent, bounded);
    } catch (error) {
      if (signal.aborted) throw deadline(signal);
      if (bounded.reason instanceof TimeoutError) {
        throw new RegistryFailure(
          "passing",
          `${exchange.url.host} did not answer within ${options.timeout} ms`,
          { cause: error },
        );
      }
      throw error;
    }
  });
}

async function follow(
  exchange: Exchange,
  userAgent: string,
  signal: AbortSignal,
): Promise<Answer> {
  let url = exchange.url;
  let authorization = exchange.authorization;
  for (let count = 0; count <= MAX_REDIRECTS; count++) {
    const response = await request(exchange, url, authorization, userAgent, signal);
    const location = REDIRECTS.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return await answerOf(exchange, response, url);
    await discard(response);
    const next = destination(exchange, url, location);
    // Once away, they are not sent again: who redirects decides where the way leads.
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
  throw new RegistryFailure(
    "lasting",
    `${exchange.url.host} redirects more than ${MAX_REDIRECTS} times`,
  );
}

/** 300 and 304 have no one place to go to; the others do (RFC 9110 §15.4). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function request(
  exchange: Exchange,
  url: URL,
  authorization: string | undefined,
  userAgent: string,
  signal: AbortSignal,
): Promise<Response> {
  const client = exchange.client?.(url);
  try {
    return await fetch(url, {
      method: exchange.method,
      headers: {
        ...exchange.headers,
        // Sizes are checked against what is declared, so the bytes come as they are.
        "accept-encoding": "identity",
        "user-agent": userAgent,
        ...(authorization === undefined ? {} : { authorization }),
      },
      redirect: "manual",
      signal,
      ...(exchange.body === undefined ? {} : { body: exchange.body }),
      ...(client === undefined ? {} : { client }),
    });
  } catch (error) {
    throw networkFailure(url, error);
  }
}

async function answerOf(exchange: Exchange, response: Response, url: URL): Promise<Answer> {
  const { status, headers } = response;
  try {
    const body = exchange.method === "HEAD"
      ? new Uint8Array(0)
      : response.ok
      ? await readBody(response, exchange.maxBytes)
      : (await readAtMost(response, MAX_ERROR_BYTES)).bytes;
    if (exchange.method === "HEAD") await discard(response);
    return { status, headers, url, body };
  } catch (error) {
    throw error instanceof RegistryFailure ? error : networkFailure(url, error);
  }
}

function destination(exchange: Exchange, from: URL, location: string): URL {
  const refuse = (reason: string): never => {
    throw new RegistryFailure("lasting", `${from.host} redirects ${reason}`);
  };
  const to = location.length > MAX_LOCATION ? null : URL.parse(location, from.href);
  if (to === null) return refuse("to something that is not a URL");
  if (exchange.method === "POST") return refuse("a request with a secret in it");
  if (to.protocol !== "https:" && to.protocol !== from.protocol) {
    return refuse(`to ${quote(to.protocol, 20)}, which is not followed`);
  }
  if (to.username !== "" || to.password !== "") return refuse("to a URL with a user name");
  if (exchange.redirects === "sameOrigin" && to.origin !== from.origin) {
    return refuse(`to ${quote(to.host, 80)}, which is not followed here`);
  }
  return to;
}

/** What `fetch` throws, in words. Its own words are kept as cause only: they may quote the URL. */
function networkFailure(url: URL, error: unknown): RegistryFailure {
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return new RegistryFailure("lasting", `this process may not connect to ${url.host}`, {
      cause: error,
      remedy: `Let Assay connect to ${url.host}.`,
    });
  }
  const words = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : "";
  // A repository may be called "refused".
  const text = words.replaceAll(url.href, "").toLowerCase();
  if (text.includes("invalid peer certificate")) {
    return new RegistryFailure(
      "lasting",
      `the TLS certificate of ${url.host} is not trusted${detailOf(text)}`,
      {
        cause: error,
        remedy:
          `Put the CA certificate of ${url.host} into the Store's caBundles, or give it a certificate of a public CA.`,
      },
    );
  }
  return new RegistryFailure("passing", `${url.host} cannot be reached${detailOf(text)}`, {
    cause: error,
  });
}

const DETAILS: readonly (readonly [part: string, words: string])[] = [
  ["unknownissuer", "its issuer is not known"],
  ["not valid for name", "it is for another name"],
  ["expired", "it has expired"],
  ["refused", "the connection was refused"],
  ["reset", "the connection was reset"],
  ["lookup", "its name was not found"],
  ["closed", "the connection was closed too early"],
  ["end of file", "the answer ended too early"],
];

function detailOf(text: string): string {
  const words = DETAILS.find(([part]) => text.includes(part))?.[1];
  return words === undefined ? "" : ` (${words})`;
}
