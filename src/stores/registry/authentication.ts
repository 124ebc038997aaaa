/** Answers registries' challenges, and remembers what they were answered with. */

import { encodeUtf8, hash, LruMap, toHex } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import type { Credential, CredentialProvider } from "../credentials/credential.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ClientChoice } from "./tls_clients.ts";
import { RegistryFailure } from "./failure.ts";
import { tokenServiceOf } from "./realm.ts";
import { SingleFlight } from "./single_flight.ts";
import { basicAuthorization, fetchToken, type Sender, type Token } from "./token_service.ts";

/** How many repositories' challenges, and how many tokens, are remembered. */
const MAX_REMEMBERED = 1000;
const MAX_SCOPES = 20;

/** What goes into the `Authorization` header, and under which name a token is kept. */
export interface Authorization {
  readonly header: string;
  readonly tokenKey?: string;
  /** What it was made with; absent when it is anonymous. */
  readonly credential?: Credential;
}

/** What an {@link Authenticator} works with. */
export interface AuthenticatorOptions {
  /** All is anonymous when absent. */
  readonly credentials: CredentialProvider | undefined;
  /** Whether a registry is asked anonymously when the provider fails. */
  readonly anonymousFallback: boolean;
  /** The clients with the certificates for a registry and its token service. */
  readonly clientFor: (endpoint: Endpoint) => ClientChoice;
  readonly send: Sender;
}

/**
 * Makes `Authorization` headers. Challenges are kept by repository, tokens by registry, service, scope and
 * identity (a hash of the credential), so that one token serves all requests until it expires, and
 * nobody else's. Nothing of it leaves the process.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #challenges = new LruMap<string, Challenge>(MAX_REMEMBERED);
  readonly #tokens = new LruMap<string, Token>(MAX_REMEMBERED);
  readonly #flights = new SingleFlight<Token>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * The header for a request; undefined as long as the registry has not asked for one. Throws
   * {@link RegistryFailure}, and {@link AssayError} `AUTH_DENIED` or `DEADLINE_EXCEEDED`.
   */
  async current(
    endpoint: Endpoint,
    repository: string,
    signal: AbortSignal,
  ): Promise<Authorization | undefined> {
    const known = this.#challenges.get(placeOf(endpoint, repository));
    return known === undefined
      ? undefined
      : await this.#answer(known, endpoint, repository, signal);
  }

  /** The header that answers a 401. Throws as {@link current}. */
  async respond(
    endpoint: Endpoint,
    repository: string,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<Authorization> {
    const challenge = choose(endpoint, headers.get("www-authenticate"));
    const authorization = await this.#answer(challenge, endpoint, repository, signal);
    this.#challenges.set(placeOf(endpoint, repository), challenge);
    return authorization;
  }

  /** Forgets what did not open the door. */
  forget(
    endpoint: Endpoint,
    repository: string,
    authorization: Authorization | undefined,
  ): void {
    this.#challenges.delete(placeOf(endpoint, repository));
    if (authorization?.tokenKey !== undefined) this.#tokens.delete(authorization.tokenKey);
    this.#forgetCredential(endpoint, authorization?.credential);
  }

  async #answer(
    challenge: Challenge,
    endpoint: Endpoint,
    repository: string,
    signal: AbortSignal,
  ): Promise<Authorization> {
    const credential = await this.#credential(endpoint, signal);
    try {
      return await this.#answerWith(credential, challenge, endpoint, repository, signal);
    } catch (error) {
      const refused = error instanceof RegistryFailure && error.kind === "denied";
      if (!refused || !this.#forgetCredential(endpoint, credential)) throw error;
      const other = await this.#credential(endpoint, signal);
      if (identityOf(other) === identityOf(credential)) throw error;
      return await this.#answerWith(other, challenge, endpoint, repository, signal);
    }
  }

  /** Tells the provider that a credential was refused; returns whether another one may be had. */
  #forgetCredential(endpoint: Endpoint, credential: Credential | undefined): boolean {
    if (credential === undefined) return false;
    return this.#options.credentials?.forget?.(endpoint.registry, credential) ?? false;
  }

  async #answerWith(
    credential: Credential | undefined,
    challenge: Challenge,
    endpoint: Endpoint,
    repository: string,
    signal: AbortSignal,
  ): Promise<Authorization> {
    if (challenge.scheme === "basic") {
      if (credential?.kind !== "password") {
        const found = credential === undefined
          ? "there are none"
          : "there is an identity token only";
        throw new RegistryFailure(
          "denied",
          `${endpoint.registry} asks for a user name and a password; ${found}`,
        );
      }
      return { header: basicAuthorization(credential.username, credential.password), credential };
    }
    const { token, key } = await this.#token(challenge, endpoint, repository, credential, signal);
    return {
      header: `Bearer ${token.value}`,
      tokenKey: key,
      ...(credential === undefined ? {} : { credential }),
    };
  }

  async #token(
    challenge: Challenge,
    endpoint: Endpoint,
    repository: string,
    credential: Credential | undefined,
    signal: AbortSignal,
  ): Promise<{ token: Token; key: string }> {
    const realm = tokenServiceOf(challenge.parameters.get("realm"), endpoint);
    const service = challenge.parameters.get("service");
    const scopes = scopesOf(repository, challenge.parameters.get("scope"));
    const key = JSON.stringify([
      endpoint.origin,
      realm.href,
      service ?? null,
      scopes,
      identityOf(credential),
    ]);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.expires > Date.now()) return { token: kept, key };
    const token = await this.#flights.run(key, signal, async (shared) => {
      const client = this.#options.clientFor(endpoint);
      const request = { realm, service, scopes, credential };
      const fetched = await fetchToken(request, client, this.#options.send, shared);
      this.#tokens.set(key, fetched);
      return fetched;
    });
    return { token, key };
  }

  async #credential(endpoint: Endpoint, signal: AbortSignal): Promise<Credential | undefined> {
    try {
      return await this.#options.credentials?.credentials(endpoint.registry, signal);
    } catch (error) {
      const expired = error instanceof AssayError && error.code === "DEADLINE_EXCEEDED";
      if (!this.#options.anonymousFallback || expired) throw error;
      return undefined;
    }
  }
}

/** The challenge to answer: Bearer before Basic, which would send the password itself each time. */
function choose(endpoint: Endpoint, header: string | null): Challenge {
  const challenges = parseChallenges(header ?? "");
  const find = (scheme: string): Challenge | undefined =>
    challenges?.find((each) => each.scheme === scheme);
  const chosen = find("bearer") ?? find("basic");
  if (chosen !== undefined) return chosen;
  const reason = header === null
    ? "does not say how"
    : challenges === undefined
    ? "says how in a way that cannot be read"
    : "wants neither Bearer nor Basic";
  throw new RegistryFailure(
    "denied",
    `${endpoint.registry} asks for authentication (401), but ${reason}`,
  );
}

/** Our own need first, then what the registry asked for. */
function scopesOf(repository: string, challenged: string | undefined): string[] {
  const asked = (challenged ?? "").split(" ").filter((scope) => scope !== "");
  return [...new Set([`repository:${repository}:pull`, ...asked.slice(0, MAX_SCOPES)])];
}

function identityOf(credential: Credential | undefined): string {
  if (credential === undefined) return "";
  const parts = credential.kind === "password"
    ? [credential.kind, credential.username, credential.password]
    : [credential.kind, credential.token];
  return toHex(hash("SHA-256", encodeUtf8(JSON.stringify(parts))));
}

function placeOf(endpoint: Endpoint, repository: string): string {
  return `${endpoint.origin} ${repository}`;
}
