import { memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import { KeptToken } from "../kept_token.ts";
import type { CloudSurroundings } from "../surroundings.ts";
import { type AzureIdentity, configuredAuthority, getFederatedToken } from "./entra.ts";
import { readVaultChallenge, type VaultChallenge } from "./vault_challenge.ts";

const API_VERSION = "7.4";
/** The most pages of a list of versions, and the most versions: 25 are on a page. */
const MAX_PAGES = 40;
const MAX_VERSIONS = 1000;

/** A kind of object in a vault, as it stands in addresses. */
export type VaultKind = "secrets" | "keys" | "certificates";

/** A vault, and who asks it. */
export interface VaultOptions {
  /** The host, such as `example.vault.azure.net`. */
  readonly host: string;
  readonly identity: AzureIdentity;
  /** Where a vault is asked; `https://<host>` when absent. */
  readonly originOf?: ((host: string) => string) | undefined;
}

/** What a vault answers about one version of an object. */
export interface VaultObject {
  /** The version that it is. */
  readonly version: string;
  readonly enabled: boolean;
  /** All that was answered. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** A version of an object in a list. */
export interface VaultVersion {
  readonly version: string;
  readonly enabled: boolean;
  /** When it was made, in seconds since 1970. */
  readonly created: number;
}

/** Asks an Azure Key Vault with the pod's own identity. Which token it wants, the vault says when it is asked first. */
export class KeyVault {
  readonly #options: VaultOptions;
  readonly #surroundings: CloudSurroundings;
  #known: { readonly challenge: VaultChallenge; readonly tokens: KeptToken<string> } | undefined;

  constructor(options: VaultOptions, surroundings: CloudSurroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
  }

  /** The name of the service, for messages. */
  get service(): string {
    return `the vault ${this.#options.host}`;
  }

  /**
   * Asks for one version of an object, or the newest when the version is empty.
   *
   * @throws {CloudError}, where the code of a refusal is as in `Forbidden.SecretDisabled`; or the signal's reason.
   */
  async get(
    kind: VaultKind,
    name: string,
    version: string,
    signal: AbortSignal,
  ): Promise<VaultObject> {
    const answer = await this.#ask(
      `/${kind}/${name}/${version}`,
      `api-version=${API_VERSION}`,
      signal,
    );
    const id = kind === "keys" ? textOf(memberOf(answer, "key"), "kid") : textOf(answer, "id");
    const found = this.#versionIn(id, kind, name);
    const enabled = memberOf(memberOf(answer, "attributes"), "enabled");
    if (
      found === undefined || (version !== "" && found !== version) || typeof enabled !== "boolean"
    ) {
      throw this.#malformed();
    }
    return { version: found, enabled, answer };
  }

  /** Lists all versions of an object, the newest first. Throws {@link CloudError}; or the signal's reason. */
  async versions(
    kind: "keys" | "certificates",
    name: string,
    signal: AbortSignal,
  ): Promise<VaultVersion[]> {
    const path = `/${kind}/${name}/versions`;
    const versions: VaultVersion[] = [];
    let query = `api-version=${API_VERSION}&maxresults=25`;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#ask(path, query, signal);
      const items = memberOf(answer, "value");
      if (!Array.isArray(items)) throw this.#malformed();
      versions.push(...items.map((item: unknown) => this.#listed(item, kind, name)));
      if (versions.length > MAX_VERSIONS) break;
      const next = textOf(answer, "nextLink");
      if (next === undefined) {
        return versions.toSorted((a, b) =>
          b.created - a.created || (a.version < b.version ? 1 : -1)
        );
      }
      query = this.#queryOf(next, path);
    }
    throw new CloudError(`${this.service} has more versions of ${name} than can be read`, false);
  }

  #listed(item: unknown, kind: VaultKind, name: string): VaultVersion {
    const version = this.#versionIn(textOf(item, kind === "keys" ? "kid" : "id"), kind, name);
    const attributes = memberOf(item, "attributes");
    const [enabled, created] = [memberOf(attributes, "enabled"), memberOf(attributes, "created")];
    if (version === undefined || typeof enabled !== "boolean" || typeof created !== "number") {
      throw this.#malformed();
    }
    return { version, enabled, created };
  }

  /** The next page must be of the same list: nothing else may be had with the token. */
  #queryOf(link: string, path: string): string {
    const url = URL.parse(link);
    const own = url?.protocol === "https:" && url.host === this.#options.host &&
      url.username === "" &&
      url.pathname.toLowerCase() === path.toLowerCase();
    if (url === null || !own) {
      throw new CloudError(`${this.service} continues a list at another address`, false);
    }
    return url.search.slice(1);
  }

  /** The version in an identifier such as `https://example.vault.azure.net/keys/name/0123`. */
  #versionIn(id: string | undefined, kind: VaultKind, name: string): string | undefined {
    const url = URL.parse(id ?? "");
    const [, at, called, version, ...more] = url?.pathname.split("/") ?? [];
    const own = url?.host === this.#options.host && at === kind && more.length === 0 &&
      called?.toLowerCase() === name.toLowerCase();
    return own && /^[0-9A-Za-z]{1,64}$/.test(version ?? "") ? version : undefined;
  }

  async #ask(
    path: string,
    query: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const token = await this.#known?.tokens.get(signal);
    try {
      return await this.#send(path, query, token, signal);
    } catch (error) {
      if (!(error instanceof CloudError) || error.status !== 401) throw error;
      if (token !== undefined) this.#known?.tokens.forget(token);
      const fresh = await this.#answerTo(error.challenge ?? "").get(signal);
      return await this.#send(path, query, fresh, signal);
    }
  }

  /** The tokens that a challenge asks for. */
  #answerTo(header: string): KeptToken<string> {
    const { host, identity } = this.#options;
    const challenge = readVaultChallenge(header, host, configuredAuthority(this.#surroundings));
    const { resource, authority } = challenge;
    const known = this.#known;
    if (known?.challenge.resource === resource && known.challenge.authority === authority) {
      return known.tokens;
    }
    const tokens = new KeptToken(
      (signal) => getFederatedToken(identity, resource, authority, this.#surroundings, signal),
      this.#surroundings.now,
    );
    this.#known = { challenge, tokens };
    return tokens;
  }

  async #send(
    path: string,
    query: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { host, originOf = (name) => `https://${name}` } = this.#options;
    const text = await fetchText({
      service: this.service,
      url: `${originOf(host)}${path}?${query}`,
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      attempts: 3,
      errorCode: vaultCode,
      passing: [408],
    }, signal);
    return readObject(text, this.service);
  }

  #malformed(): CloudError {
    return new CloudError(`${this.service} answers with what is not the object asked for`, false);
  }
}

/** `Forbidden.SecretDisabled`: the code of a refusal, with the more exact one where there is one. */
function vaultCode(text: string): string | undefined {
  try {
    const error = memberOf(readObject(text, ""), "error");
    const [code, inner] = [textOf(error, "code"), textOf(memberOf(error, "innererror"), "code")];
    return code === undefined || inner === undefined ? code : `${code}.${inner}`;
  } catch {
    return undefined;
  }
}
