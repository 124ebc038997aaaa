import { jsonErrorCode, readObject, readToken, required } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { CloudSurroundings } from "../surroundings.ts";

/** Where the cluster puts the token, the CA and the namespace of a pod's service account. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const SERVICE = "the Kubernetes API";
/** A Secret has 1 MiB, which base64 makes longer. */
const MAX_BYTES = 2 * 1024 * 1024;

/** Reads objects of the cluster that the process runs in, as its service account. */
export class KubernetesApi {
  readonly #surroundings: CloudSurroundings;
  readonly #folder: string;

  /** @param folder where token, CA and namespace are; the place in a pod when absent. */
  constructor(surroundings: CloudSurroundings, folder = ACCOUNT) {
    this.#surroundings = surroundings;
    this.#folder = folder;
  }

  /** The namespace that the process runs in. Throws {@link CloudError}. */
  async namespace(): Promise<string> {
    const { env, readText } = this.#surroundings;
    return env("RATIFY_NAMESPACE") || await readToken(`${this.#folder}/namespace`, readText);
  }

  /**
   * Gets an object; undefined when there is none. Token and CA are read each time: the cluster changes them.
   *
   * @param path names of a collection and its object below a namespace, as in `["secrets", "name"]`.
   * @throws {CloudError}; or the signal's reason.
   */
  async get(
    namespace: string,
    path: readonly [collection: string, name: string],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { env, readText } = this.#surroundings;
    const host = required("KUBERNETES_SERVICE_HOST", env("KUBERNETES_SERVICE_HOST"));
    const port = env("KUBERNETES_SERVICE_PORT") || "443";
    const names = [namespace, ...path].map((name) => encodeURIComponent(objectName(name)));
    const [inside, collection, name] = names;
    const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const url = URL.parse(`https://${authority}/api/v1/namespaces/${inside}/${collection}/${name}`);
    if (url === null) throw new CloudError("KUBERNETES_SERVICE_HOST is not a host", false);
    const token = await readToken(`${this.#folder}/token`, readText);
    using client = await this.#client();
    const service = `${SERVICE}, asked for ${collection}/${name} in ${inside},`;
    const headers = { accept: "application/json", authorization: `Bearer ${token}` };
    const request = {
      service,
      url,
      headers,
      client,
      maxBytes: MAX_BYTES,
      attempts: 3,
      errorCode: jsonErrorCode("reason"),
    } as const;
    try {
      return readObject(await fetchText(request, signal), service);
    } catch (error) {
      if (error instanceof CloudError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #client(): Promise<Deno.HttpClient> {
    let ca: string;
    try {
      ca = await this.#surroundings.readText(`${this.#folder}/ca.crt`);
      return Deno.createHttpClient({ caCerts: [ca], poolMaxIdlePerHost: 0 });
    } catch {
      throw new CloudError(`The CA of the cluster in ${this.#folder}/ca.crt cannot be read`, false);
    }
  }
}

/** A name as objects of Kubernetes have them (RFC 1123 subdomain). Throws {@link CloudError}. */
function objectName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new CloudError(`${JSON.stringify(name.slice(0, 80))} is not a name in Kubernetes`, false);
}
