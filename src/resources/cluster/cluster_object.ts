import { type KubernetesObject, memberOf, textOf } from "../../cloud/mod.ts";
import type { ResourceClass } from "../candidate.ts";
import { pluralOf } from "../definitions.ts";
import { canonicalJson } from "../generation.ts";
import { GROUP, KINDS } from "../kinds.ts";
import type { SourceFile } from "../source.ts";

/** A resource of the cluster, as the pipeline of files takes it. */
export interface ClusterObject {
  readonly kind: string;
  readonly class: ResourceClass;
  /** Empty for resources of the cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The generation of its spec. */
  readonly generation: number;
  readonly status: unknown;
  /** `Kind/name` or `Kind/namespace/name`: the name of its file, and what people call it. */
  readonly label: string;
  /** The path of its status in the API. */
  readonly statusPath: string;
  readonly file: SourceFile;
}

/** The path of the collection of a kind, over all namespaces. */
export function collectionPath(kind: string): string {
  return `/apis/${GROUP}/v1beta1/${pluralOf(kind)}`;
}

/** Reads an object of the API; undefined for what has no name, which an API server does not send. */
export function readClusterObject(
  kind: string,
  object: KubernetesObject,
): ClusterObject | undefined {
  const known = KINDS.get(kind);
  const metadata = memberOf(object, "metadata");
  const name = textOf(metadata, "name");
  const namespace = textOf(metadata, "namespace") ?? "";
  if (known === undefined || name === undefined) return undefined;
  const label = [kind, ...(known.namespaced ? [namespace] : []), name].join("/");
  const within = known.namespaced ? `/namespaces/${namespace}` : "";
  const generation = memberOf(metadata, "generation");
  const spec = memberOf(object, "spec");
  const resource = {
    apiVersion: `${GROUP}/v1beta1`,
    kind,
    metadata: known.namespaced ? { name, namespace } : { name },
    ...(spec === undefined ? {} : { spec }),
  };
  return {
    kind,
    class: known.class,
    namespace: known.namespaced ? namespace : "",
    name,
    uid: textOf(metadata, "uid") ?? "",
    generation: typeof generation === "number" ? generation : 0,
    status: memberOf(object, "status"),
    label,
    statusPath: `/apis/${GROUP}/v1beta1${within}/${pluralOf(kind)}/${name}/status`,
    file: { path: `${label}.json`, text: canonicalJson(resource) },
  };
}
