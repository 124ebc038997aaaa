import { decodeBase64, decodeUtf8 } from "../../crypto/mod.ts";
import { memberOf, readToken, serviceAddress, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import type { CloudSurroundings } from "../surroundings.ts";
import type { KubernetesAccess } from "./access.ts";

const MAX_TEXT = 1024 * 1024;

/**
 * The access that a kubeconfig file gives, by its current context: a token, a file with one, or a client
 * certificate. Programs that issue credentials are not run.
 *
 * @throws {CloudError} from `current` and `namespace`, when the file does not give any.
 */
export class KubeconfigAccess implements KubernetesAccess {
  readonly #path: string;
  readonly #surroundings: CloudSurroundings;
  #opened: { readonly material: string; readonly client: Deno.HttpClient } | undefined;

  constructor(path: string, surroundings: CloudSurroundings) {
    this.#path = path;
    this.#surroundings = surroundings;
  }

  async current(): ReturnType<KubernetesAccess["current"]> {
    const { cluster, user } = await this.#context();
    if (memberOf(cluster, "insecure-skip-tls-verify") === true) {
      throw new CloudError(
        `${this.#path} says insecure-skip-tls-verify: name the CA instead`,
        false,
      );
    }
    const ca = await this.#text(cluster, "certificate-authority");
    const cert = await this.#text(user, "client-certificate");
    const key = await this.#text(user, "client-key");
    const tokenFile = textOf(user, "tokenFile");
    const token = tokenFile === undefined
      ? textOf(user, "token")
      : await readToken(this.#resolve(tokenFile), this.#surroundings.readText);
    if (token === undefined && (cert === undefined || key === undefined)) {
      throw new CloudError(
        `${this.#path} has neither a token nor a client certificate for its current context`,
        false,
      );
    }
    return {
      origin: serviceAddress(`server in ${this.#path}`, textOf(cluster, "server") ?? ""),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      client: this.#open(ca, cert, key),
    };
  }

  async namespace(): Promise<string> {
    const { context } = await this.#context();
    return this.#surroundings.env("RATIFY_NAMESPACE") || textOf(context, "namespace") || "default";
  }

  [Symbol.dispose](): void {
    this.#opened?.client.close();
    this.#opened = undefined;
  }

  async #context(): Promise<{ context: unknown; cluster: unknown; user: unknown }> {
    const { parse } = await import("yaml");
    let file: unknown;
    try {
      const text = await this.#surroundings.readText(this.#path);
      if (text.length > MAX_TEXT) throw new Error();
      file = parse(text, { maxAliasCount: 0 });
    } catch {
      throw new CloudError(`The kubeconfig ${this.#path} cannot be read`, false);
    }
    const named = (list: string, name: string | undefined, member: string): unknown => {
      const entries = memberOf(file, list);
      const found = Array.isArray(entries)
        ? entries.find((entry) => name !== undefined && textOf(entry, "name") === name)
        : undefined;
      if (found === undefined) {
        throw new CloudError(`${this.#path} has no ${member} for its current context`, false);
      }
      return memberOf(found, member);
    };
    const context = named("contexts", textOf(file, "current-context"), "context");
    return {
      context,
      cluster: named("clusters", textOf(context, "cluster"), "cluster"),
      user: named("users", textOf(context, "user"), "user"),
    };
  }

  /** A text that is written into the file in base64, or that a file has. */
  async #text(from: unknown, name: string): Promise<string | undefined> {
    const inline = textOf(from, `${name}-data`);
    const path = textOf(from, name);
    try {
      if (inline !== undefined) return decodeUtf8(decodeBase64(inline));
      return path === undefined
        ? undefined
        : await this.#surroundings.readText(this.#resolve(path));
    } catch {
      throw new CloudError(`${name} in ${this.#path} cannot be read`, false);
    }
  }

  /** Paths are relative to the file. */
  #resolve(path: string): string {
    if (path.startsWith("/")) return path;
    const slash = this.#path.lastIndexOf("/");
    return slash < 0 ? path : `${this.#path.slice(0, slash)}/${path}`;
  }

  #open(
    ca: string | undefined,
    cert: string | undefined,
    key: string | undefined,
  ): Deno.HttpClient {
    const material = JSON.stringify([ca, cert, key]);
    if (this.#opened?.material === material) return this.#opened.client;
    this.#opened?.client.close();
    try {
      const client = Deno.createHttpClient({
        ...(ca === undefined ? {} : { caCerts: [ca] }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      });
      this.#opened = { material, client };
      return client;
    } catch {
      throw new CloudError(`The certificates in ${this.#path} cannot be used`, false);
    }
  }
}
