import { readToken, required } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import type { CloudSurroundings } from "../surroundings.ts";

/** Where the cluster puts the token, the CA and the namespace of a pod's service account. */
export const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** How the API of a cluster is reached at this moment. */
export interface KubernetesAccess extends Disposable {
  /**
   * The address without a path, who asks, and the client to ask with. To be called for each request, as
   * tokens and authorities change. Throws {@link CloudError}.
   */
  current(): Promise<{
    readonly origin: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly client: Deno.HttpClient;
  }>;
  /** The namespace that the process runs in, or works in. Throws {@link CloudError}. */
  namespace(): Promise<string>;
}

/** The access of a pod, as its service account. */
export class PodAccess implements KubernetesAccess {
  readonly #surroundings: CloudSurroundings;
  readonly #folder: string;
  #authority = "";
  #client: Deno.HttpClient | undefined;

  /** @param folder where token, CA and namespace are; the place in a pod when absent. */
  constructor(surroundings: CloudSurroundings, folder = ACCOUNT_FOLDER) {
    this.#surroundings = surroundings;
    this.#folder = folder;
  }

  async current(): ReturnType<KubernetesAccess["current"]> {
    const { env, readText } = this.#surroundings;
    const host = required("KUBERNETES_SERVICE_HOST", env("KUBERNETES_SERVICE_HOST"));
    const port = env("KUBERNETES_SERVICE_PORT") || "443";
    const origin = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
    if (URL.parse(origin)?.pathname !== "/") {
      throw new CloudError("KUBERNETES_SERVICE_HOST is not a host", false);
    }
    const token = await readToken(`${this.#folder}/token`, readText);
    return { origin, headers: { authorization: `Bearer ${token}` }, client: await this.#open() };
  }

  async namespace(): Promise<string> {
    const { env, readText } = this.#surroundings;
    return env("RATIFY_NAMESPACE") || await readToken(`${this.#folder}/namespace`, readText);
  }

  [Symbol.dispose](): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** The client stays for as long as the authority does. */
  async #open(): Promise<Deno.HttpClient> {
    const path = `${this.#folder}/ca.crt`;
    try {
      const authority = await this.#surroundings.readText(path);
      if (this.#client !== undefined && authority === this.#authority) return this.#client;
      const client = Deno.createHttpClient({ caCerts: [authority] });
      this.#client?.close();
      this.#authority = authority;
      return this.#client = client;
    } catch {
      throw new CloudError(`The CA of the cluster in ${path} cannot be read`, false);
    }
  }
}
