import { CloudError } from "../cloud_error.ts";
import type { CloudSurroundings } from "../surroundings.ts";
import { PodAccess } from "./access.ts";
import { KubernetesClient, type KubernetesObject } from "./client.ts";

/** Reads objects of the cluster that the process runs in, as its service account. */
export class KubernetesApi {
  readonly #open: () => PodAccess;

  /** @param folder where token, CA and namespace are; the place in a pod when absent. */
  constructor(surroundings: CloudSurroundings, folder?: string) {
    this.#open = () => new PodAccess(surroundings, folder);
  }

  /** The namespace that the process runs in. Throws {@link CloudError}. */
  async namespace(): Promise<string> {
    using access = this.#open();
    return await access.namespace();
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
  ): Promise<KubernetesObject | undefined> {
    const [inside, collection, name] = [namespace, ...path].map(objectName);
    using access = this.#open(); // not for longer: a store that nobody uses any more leaves nothing behind
    return await new KubernetesClient(access, "assay").get(
      `/api/v1/namespaces/${inside}/${collection}/${name}`,
      signal,
    );
  }
}

/** A name as objects of Kubernetes have them (RFC 1123 subdomain). Throws {@link CloudError}. */
function objectName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new CloudError(`${JSON.stringify(name.slice(0, 80))} is not a name in Kubernetes`, false);
}
