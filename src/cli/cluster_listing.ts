import { CloudError, type KubernetesClient, type KubernetesObject } from "../cloud/mod.ts";

/** What a listing of the cluster gave. */
export type Listing =
  | { readonly items: readonly KubernetesObject[]; readonly problem?: undefined }
  | {
    readonly items?: undefined;
    /** `absent`: the cluster does not know the kind. */
    readonly problem: "forbidden" | "absent" | "failing";
    readonly text: string;
  };

/**
 * Lists a collection; what cannot be listed is told, not thrown.
 *
 * @param path of the collection, over all namespaces.
 */
export async function listCollection(
  client: KubernetesClient,
  path: string,
  signal: AbortSignal,
): Promise<Listing> {
  try {
    return { items: (await client.list(path, signal)).items };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const problem = error.status === 401 || error.status === 403
      ? "forbidden"
      : error.status === 404
      ? "absent"
      : "failing";
    return { problem, text: error.message };
  }
}
