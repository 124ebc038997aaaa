/** Asks registries: authentication, retries, limits and error statuses, for whatever is asked. */

import { LruMap } from "../../crypto/mod.ts";
import type { CredentialProvider } from "../credentials/credential.ts";
import type { RequestObserver } from "../store.ts";
import { Authenticator, type Authorization } from "./authentication.ts";
import type { Endpoint } from "./endpoint.ts";
import { registryCodeOf, RegistryFailure, statusText } from "./failure.ts";
import { Limiter } from "./limiter.ts";
import { OriginHealth } from "./origin_health.ts";
import { isPassing, retrying, type RetryPolicy, type WaitBudget } from "./retry.ts";
import { type ClientCertificate, TlsClients } from "./tls_clients.ts";
import { type Answer, type Exchange, send } from "./transport.ts";

/** What a {@link RegistryClient} works with. */
export interface ClientOptions {
  readonly userAgent: string;
  readonly credentials: CredentialProvider | undefined;
  readonly anonymousFallback: boolean;
  /** PEM certificates that are trusted for a registry beside the public ones, by registry. */
  readonly caBundles: Readonly<Partial<Record<string, string>>>;
  /** What is shown to a registry, by registry. */
  readonly clientCertificates: Readonly<Partial<Record<string, ClientCertificate>>>;
  readonly retry: RetryPolicy;
  /** How long one exchange may take, in milliseconds. */
  readonly timeout: number;
  /** Requests under way to one origin at once. */
  readonly concurrency: number;
  /** Is told of every request, those for tokens included. */
  readonly observe?: RequestObserver | undefined;
}

/** A request for something of a repository. */
export interface RepositoryRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly accept?: string;
  readonly maxBytes: number;
}

const MAX_ORIGINS = 1000;

/** What all requests to an origin share. */
interface Origin {
  readonly limiter: Limiter;
  readonly health: OriginHealth;
}

/** Asks registries, and remembers per registry what helps the next request. */
export class RegistryClient {
  readonly #options: ClientOptions;
  readonly #authenticator: Authenticator;
  readonly #origins = new LruMap<string, Origin>(MAX_ORIGINS);
  readonly #clients: TlsClients;

  /** Throws {@link AssayError} `CERT_INVALID` for a CA bundle or client certificate that cannot be used. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#clients = new TlsClients(options.caBundles, options.clientCertificates);
    this.#authenticator = new Authenticator({
      credentials: options.credentials,
      anonymousFallback: options.anonymousFallback,
      clientFor: (endpoint) => this.#clients.for(endpoint),
      send: (exchange, signal) => this.#send(exchange, signal),
    });
  }

  /** Closes connections that were opened with certificates of their own. */
  close(): void {
    this.#clients.close();
  }

  /**
   * Sends a request. The answer has status 200, or 404 for the caller to understand. Throws
   * {@link RegistryFailure} for everything else, and {@link AssayError} `AUTH_DENIED` (of the credential
   * provider) or `DEADLINE_EXCEEDED`.
   */
  async ask(
    endpoint: Endpoint,
    repository: string,
    request: RepositoryRequest,
    signal: AbortSignal,
    observe?: RequestObserver,
  ): Promise<Answer> {
    const { method, url, maxBytes } = request;
    const exchange = (authorization: Authorization | undefined): Exchange => ({
      method,
      url,
      maxBytes,
      headers: request.accept === undefined ? {} : { accept: request.accept },
      redirects: "any",
      authorization: authorization?.header,
      client: this.#clients.for(endpoint),
    });
    let authorization = await this.#authenticator.current(endpoint, repository, signal);
    let answer = await this.#send(exchange(authorization), signal, observe);
    if (answer.status === 401 && answer.url.origin === endpoint.origin) {
      this.#authenticator.forget(endpoint, repository, authorization);
      const before = authorization?.header;
      authorization = await this.#authenticator
        .respond(endpoint, repository, answer.headers, signal);
      // The same answer to the same question would be refused in the same way.
      if (authorization.header !== before) {
        answer = await this.#send(exchange(authorization), signal, observe);
      }
    }
    if (answer.status === 200 || answer.status === 404) return answer;
    if (answer.status === 401 || answer.status === 403) {
      this.#authenticator.forget(endpoint, repository, authorization);
    }
    throw statusFailure(endpoint, answer, authorization !== undefined);
  }

  #send(exchange: Exchange, signal: AbortSignal, observe?: RequestObserver): Promise<Answer> {
    const { limiter, health } = this.#originOf(exchange.url);
    const { retry } = this.#options;
    const attempt = async (): Promise<Answer> => {
      let status: number | undefined;
      try {
        const answer = await send(exchange, this.#options, signal);
        status = answer.status;
        return answer;
      } finally {
        observe?.(exchange.url.host, status);
        this.#options.observe?.(exchange.url.host, status);
      }
    };
    const turn = (budget: WaitBudget): Promise<Answer> =>
      limiter.run(signal, () => health.send(budget, signal, attempt));
    return health.run(() => retrying(retry, signal, turn));
  }

  #originOf({ origin, host }: URL): Origin {
    const known = this.#origins.get(origin) ?? {
      limiter: new Limiter(this.#options.concurrency),
      health: new OriginHealth(host),
    };
    this.#origins.set(origin, known);
    return known;
  }
}

/** The failure that a status means; also for a 404, when it is one. */
export function statusFailure(
  endpoint: Endpoint,
  answer: Answer,
  authorized: boolean,
): RegistryFailure {
  const { status, url } = answer;
  const registryCode = registryCodeOf(answer.body);
  const text = statusText(status, registryCode);
  const where = url.origin === endpoint.origin
    ? endpoint.registry
    : `${url.host}, where ${endpoint.registry} sent us,`;
  const options = registryCode === undefined ? {} : { registryCode };
  if (status === 404) return new RegistryFailure("missing", `${where} answered ${text}`, options);
  if (status === 401 || status === 403) {
    const who = authorized ? "the credentials that there are" : "a request without credentials";
    return new RegistryFailure("denied", `${where} refuses ${who}: ${text}`, options);
  }
  const retryAfter = answer.headers.get("retry-after") ?? "";
  const pause = /^[0-9]{1,9}$/.test(retryAfter) ? `, and to be left alone for ${retryAfter} s` : "";
  return isPassing(status)
    ? new RegistryFailure("passing", `${where} answered ${text}${pause}`, options)
    : new RegistryFailure("lasting", `${where} answered ${text}`, options);
}
