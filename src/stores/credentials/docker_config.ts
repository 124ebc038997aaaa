/** Credentials from a docker `config.json`, where `docker login` puts them. */

import { decodeBase64, decodeUtf8, parseJson } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import { quote } from "../../oci/mod.ts";
import type { Credential, CredentialProvider } from "./credential.ts";

/** Which file. */
export interface DockerConfigOptions {
  readonly path: string;
  /** Whether the file must be there; a file at the default place need not. */
  readonly required: boolean;
}

const MAX_CONFIG_BYTES = 1024 * 1024;
/** The names under which tools keep the credentials of Docker Hub. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_ALIASES = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/**
 * The credentials of a docker `config.json`. The file is read again for each look-up, and understood again
 * when it changed. Credential helpers (`credsStore`, `credHelpers`) are programs, and are not run.
 */
export class DockerConfigCredentials implements CredentialProvider {
  readonly name = "dockerConfig";
  readonly #options: DockerConfigOptions;
  #text: string | undefined;
  #known: ReadonlyMap<string, Credential> = new Map();

  constructor(options: DockerConfigOptions) {
    this.#options = options;
  }

  /**
   * The entry for exactly the registry, else one whose key is an address of it (`https://host/v1/`), for
   * `docker.io` also under its other names. Throws {@link AssayError} `AUTH_DENIED` when the file cannot be
   * read, or is none that `docker login` could have written.
   */
  async credentials(registry: string, signal: AbortSignal): Promise<Credential | undefined> {
    const text = await this.#read(signal);
    if (text === undefined) return undefined;
    if (text !== this.#text) {
      this.#known = this.#parse(text);
      this.#text = text;
    }
    return this.#known.get(registry.toLowerCase());
  }

  async #read(signal: AbortSignal): Promise<string | undefined> {
    const { path, required } = this.#options;
    try {
      const { size } = await Deno.stat(path);
      if (size > MAX_CONFIG_BYTES) {
        throw this.#unusable(`it has more than ${MAX_CONFIG_BYTES} bytes`);
      }
      return await Deno.readTextFile(path, { signal });
    } catch (error) {
      if (error instanceof AssayError) throw error;
      if (signal.aborted) {
        throw new AssayError({
          code: "DEADLINE_EXCEEDED",
          component: "referrerStore",
          message: `The time for the answer was over while ${quote(path)} was read.`,
          cause: error,
        });
      }
      const missing = error instanceof Deno.errors.NotFound;
      if (missing && !required) return undefined;
      throw this.#unusable(missing ? "it is missing" : "it may not be read", error);
    }
  }

  #parse(text: string): ReadonlyMap<string, Credential> {
    try {
      return parseDockerConfig(text);
    } catch (error) {
      // Nothing of the file is quoted, and nothing of it becomes a cause: it is all secret.
      const reason = error instanceof DockerConfigError ? error.message : "it is not strict JSON";
      throw this.#unusable(reason);
    }
  }

  #unusable(reason: string, cause?: unknown): AssayError {
    return new AssayError({
      code: "AUTH_DENIED",
      component: "referrerStore",
      message: `The registry credentials in ${
        quote(this.#options.path)
      } cannot be used: ${reason}.`,
      remedy: "Let `docker login` write the file, or correct the configPath of the Store.",
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What is wrong with a docker configuration; the message has nothing of it but names of registries. */
export class DockerConfigError extends Error {
  override readonly name = "DockerConfigError";
}

/**
 * Reads the `auths` of a docker configuration: credentials by registry, in lower case. A key may be a
 * host, or an address or path on it; what is for exactly the host wins, else what stands first. Throws
 * {@link DockerConfigError}, and {@link FormatError} for what is not JSON.
 */
export function parseDockerConfig(text: string): ReadonlyMap<string, Credential> {
  return credentialsIn(member(objectOf(parseJson(text).value, "it"), "auths") ?? {});
}

/**
 * Reads the older form of a docker configuration, `.dockercfg`: what `auths` is in the newer one. Throws as
 * {@link parseDockerConfig}.
 */
export function parseDockercfg(text: string): ReadonlyMap<string, Credential> {
  return credentialsIn(parseJson(text).value);
}

function credentialsIn(auths: unknown): ReadonlyMap<string, Credential> {
  const exact = new Map<string, Credential>();
  const found = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(objectOf(auths, "auths"))) {
    const credential = credentialOf(objectOf(entry, entryName(key)), key);
    if (credential === undefined) continue;
    const host = hostOf(key);
    if (host === key.toLowerCase()) exact.set(host, credential);
    for (const name of namesOf(host)) if (!found.has(name)) found.set(name, credential);
  }
  return new Map([...found, ...exact]);
}

/** `https://index.docker.io/v1/` is about `index.docker.io`. */
function hostOf(key: string): string {
  const scheme = key.indexOf("://");
  const rest = scheme < 0 ? key : key.slice(scheme + 3);
  const slash = rest.indexOf("/");
  return (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
}

function namesOf(host: string): readonly string[] {
  return DOCKER_HUB_ALIASES.includes(host) ? [host, DOCKER_HUB] : [host];
}

function credentialOf(
  entry: Readonly<Record<string, unknown>>,
  key: string,
): Credential | undefined {
  const token = textOf(entry, "identitytoken", key);
  if (token !== "") return { kind: "identityToken", token };
  const auth = textOf(entry, "auth", key);
  const [username, password] = auth === ""
    ? [textOf(entry, "username", key), textOf(entry, "password", key)]
    : decodeAuth(auth, key);
  return username === "" && password === "" ? undefined : { kind: "password", username, password };
}

function decodeAuth(auth: string, key: string): readonly [username: string, password: string] {
  let text: string;
  try {
    text = decodeUtf8(decodeBase64(auth));
  } catch {
    throw new DockerConfigError(`the auth of ${entryName(key)} is not base64 of text`);
  }
  const colon = text.indexOf(":");
  if (colon < 0) throw new DockerConfigError(`the auth of ${entryName(key)} has no colon in it`);
  let end = text.length;
  while (text[end - 1] === "\0") end--; // some tools pad the password
  return [text.slice(0, colon), text.slice(colon + 1, end)];
}

function textOf(entry: Readonly<Record<string, unknown>>, name: string, key: string): string {
  const value = member(entry, name) ?? "";
  if (typeof value === "string") return value;
  throw new DockerConfigError(`the ${name} of ${entryName(key)} is not text`);
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new DockerConfigError(`${what} is not an object`);
}

function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function entryName(key: string): string {
  return `auths[${quote(key, 80)}]`;
}
