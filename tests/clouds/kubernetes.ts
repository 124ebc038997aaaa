import { forgeCa, forgeLeaf } from "../tls.ts";
import { CloudDouble } from "./double.ts";

/** A cluster's API, and the files that it gives to a pod. */
export interface ClusterDouble extends AsyncDisposable {
  readonly api: CloudDouble;
  /** Objects by `namespace/collection/name`. */
  readonly objects: Map<string, unknown>;
  /** By path: token, CA and namespace as the cluster mounts them. */
  readonly files: Map<string, string>;
  /** The token that is good now. */
  token: string;
  /** Namespaces that the service account may read in. */
  readonly allowed: Set<string>;
}

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Starts the API of a cluster over TLS, with a CA of its own. */
export async function startCluster(authority = "cluster CA"): Promise<ClusterDouble> {
  const ca = await forgeCa(authority);
  const tls = await forgeLeaf({ issuer: ca, usage: "serverAuth" });
  const objects = new Map<string, unknown>();
  const status = (code: number, reason: string): Response =>
    Response.json({ kind: "Status", status: "Failure", reason, code }, { status: code });
  const api = new CloudDouble(({ method, url, headers }) => {
    if (headers.get("authorization") !== `Bearer ${cluster.token}`) {
      return status(401, "Unauthorized");
    }
    const path = /^\/api\/v1\/namespaces\/([^/]+)\/(secrets|serviceaccounts)\/([^/]+)$/
      .exec(url.pathname);
    if (method !== "GET" || path === null) return status(405, "MethodNotAllowed");
    if (!cluster.allowed.has(path[1] ?? "")) return status(403, "Forbidden");
    const object = objects.get(path.slice(1).join("/"));
    return object === undefined ? status(404, "NotFound") : Response.json(object);
  }, tls);
  const token = "PLANTED-cluster-token-1";
  const cluster: ClusterDouble = {
    api,
    objects,
    token,
    allowed: new Set(["assay"]),
    files: new Map([
      [`${FOLDER}/token`, token],
      [`${FOLDER}/ca.crt`, ca.pem],
      [`${FOLDER}/namespace`, "assay"],
    ]),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
  return cluster;
}

/** A secret with the credential of one registry, of either type. */
export function pullSecret(
  registry: string,
  password: string,
  type: "dockerconfigjson" | "dockercfg" = "dockerconfigjson",
): unknown {
  const encode = (text: string): string => new TextEncoder().encode(text).toBase64();
  const auths = { [registry]: { auth: encode(`robot:${password}`) } };
  const content = type === "dockercfg" ? auths : { auths };
  return {
    kind: "Secret",
    type: `kubernetes.io/${type}`,
    data: { [`.${type}`]: encode(JSON.stringify(content)) },
  };
}
