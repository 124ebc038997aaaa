import { parseJson } from "../../crypto/mod.ts";
import { memberOf, readObject, readToken, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { type CloudRequest, fetchText } from "../http.ts";
import { KeptToken } from "../kept_token.ts";
import type { CloudSurroundings, Issued } from "../surroundings.ts";

const SERVICE = "Vault";
/** How long a token is used that does not say when it ends, in milliseconds. */
const UNKNOWN_LIFETIME = 5 * 60_000;
const MAX_BYTES = 1024 * 1024;

/** How Vault knows who asks. Files are read again whenever a token is needed. */
export type VaultAuth =
  | { readonly method: "token"; readonly tokenFile: string }
  | {
    readonly method: "kubernetes";
    readonly role: string;
    /** Where the method is mounted, below `auth/`. */
    readonly mount: string;
    /** The token of a service account. */
    readonly tokenFile: string;
  };

/** A Vault server. */
export interface VaultServer {
  /** Its address, without slash at its end. */
  readonly address: string;
  /** The namespace of Vault Enterprise; empty for none. */
  readonly namespace: string;
  /** CA certificates as PEM text, or the path of a file with them; the public ones when undefined. */
  readonly caBundle: string | undefined;
  readonly auth: VaultAuth;
}

/** The error codes that {@link VaultClient.read} finds, in a form of Vault's own: nobody else answers like that. */
export const VAULT_NOT_FOUND = "not_found";
export const VAULT_DELETED = "deleted";

/** Reads from a Vault server. Nothing that it says is quoted. */
export class VaultClient {
  readonly #server: VaultServer;
  readonly #surroundings: CloudSurroundings;
  readonly #tokens: KeptToken<string>;

  constructor(server: VaultServer, surroundings: CloudSurroundings) {
    this.#server = server;
    this.#surroundings = surroundings;
    const issue = server.auth.method === "token"
      ? this.#renew.bind(this, server.auth.tokenFile)
      : this.#login.bind(this, server.auth);
    this.#tokens = new KeptToken(issue, surroundings.now);
  }

  /**
   * Reads what is at a path.
   *
   * @param path below `v1/`, not encoded, as in `transit/keys/release`.
   * @returns the member `data` of the answer.
   * @throws {CloudError} with the code {@link VAULT_NOT_FOUND} or {@link VAULT_DELETED} where Vault is certain;
   * or the signal's reason.
   */
  async read(
    path: string,
    signal: AbortSignal,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const isRefused = ({ status }: CloudError): boolean => status === 403;
    const text = await this.#tokens.use(
      signal,
      isRefused,
      (token) => this.#send(path, { headers: { "x-vault-token": token } }, signal, query),
    );
    const data = memberOf(readObject(text, SERVICE), "data");
    if (typeof data === "object" && data !== null) return data as Record<string, unknown>;
    throw new CloudError(`${SERVICE} answers without data`, false);
  }

  /** A token of a file, whose lease is renewed where it has one. */
  async #renew(file: string, signal: AbortSignal): Promise<Issued<string>> {
    const token = await readToken(file, this.#surroundings.readText);
    const headers = { "x-vault-token": token, "content-type": "application/json" };
    try {
      const request = { method: "POST", headers, body: "{}" };
      const answer = await this.#send("auth/token/renew-self", request, signal);
      return {
        value: token,
        expiresAt: this.#endOf(memberOf(readObject(answer, SERVICE), "auth")),
      };
    } catch (error) {
      // One that cannot be renewed, or may not renew itself, may be good all the same.
      const status = error instanceof CloudError ? error.status : undefined;
      if (status !== 400 && status !== 403) throw error;
      return { value: token, expiresAt: this.#now() + UNKNOWN_LIFETIME };
    }
  }

  async #login(
    { role, mount, tokenFile }: Extract<VaultAuth, { method: "kubernetes" }>,
    signal: AbortSignal,
  ): Promise<Issued<string>> {
    const jwt = await readToken(tokenFile, this.#surroundings.readText);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ role, jwt });
    const request = { service: "the login to Vault", method: "POST", headers, body };
    const answer = readObject(await this.#send(`auth/${mount}/login`, request, signal), SERVICE);
    const auth = memberOf(answer, "auth");
    const token = textOf(auth, "client_token");
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      throw new CloudError(`${SERVICE} answers without token`, false);
    }
    return { value: token, expiresAt: this.#endOf(auth) };
  }

  #endOf(auth: unknown): number {
    const seconds = memberOf(auth, "lease_duration");
    return typeof seconds === "number" && seconds > 0
      ? this.#now() + seconds * 1000
      : this.#now() + UNKNOWN_LIFETIME;
  }

  #now(): number {
    return this.#surroundings.now().getTime();
  }

  async #send(
    path: string,
    request: Partial<Pick<CloudRequest, "service" | "method" | "body">> & {
      readonly headers: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { address, namespace } = this.#server;
    const url = new URL(`${address}/v1/${path.split("/").map(encodeURIComponent).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    using client = await this.#client();
    return await fetchText({
      service: SERVICE,
      url,
      ...request,
      headers: {
        accept: "application/json",
        "x-vault-request": "true",
        ...(namespace === "" ? {} : { "x-vault-namespace": namespace }),
        ...request.headers,
      },
      ...(client === undefined ? {} : { client }),
      maxBytes: MAX_BYTES,
      attempts: 3,
      errorCode,
      passing: [412, 472, 473],
    }, signal);
  }

  async #client(): Promise<Deno.HttpClient | undefined> {
    const { caBundle } = this.#server;
    if (caBundle === undefined) return undefined;
    try {
      const pem = caBundle.includes("-----BEGIN")
        ? caBundle
        : await this.#surroundings.readText(caBundle);
      return Deno.createHttpClient({ caCerts: [pem], poolMaxIdlePerHost: 0 });
    } catch {
      throw new CloudError("The CA certificates for Vault (caBundle) cannot be read", false);
    }
  }
}

/** What a refusal says for certain: that there is nothing, or that it was deleted. */
function errorCode(text: string): string | undefined {
  let answer: unknown;
  try {
    answer = parseJson(text).value;
  } catch {
    return undefined; // what is wrong with it may quote it
  }
  const errors = memberOf(answer, "errors");
  if (Array.isArray(errors)) return saysNothing(errors) ? VAULT_NOT_FOUND : undefined;
  const metadata = memberOf(memberOf(answer, "data"), "metadata");
  return memberOf(metadata, "version") === undefined ? undefined : VAULT_DELETED;
}

/** What Vault says of an issuer that is not there, for which the status is 500. */
const NO_ISSUER = /unable to find PKI issuer for reference|no default issuer currently configured/;

/** A path without anything at it has no errors to tell. */
function saysNothing(errors: readonly unknown[]): boolean {
  return errors.every((error) => typeof error === "string" && NO_ISSUER.test(error));
}
