import { GROUP, KINDS } from "../kinds.ts";
import type { Members } from "../members.ts";
import type { Place } from "./finding.ts";

/** A resource for Assay, before it was tried out. */
export interface Draft {
  readonly kind: string;
  /** Empty for resources of the cluster. */
  readonly namespace: string;
  readonly name: string;
  /** `Kind/name` or `Kind/namespace/name`. */
  readonly label: string;
  /** Labels and annotations. */
  readonly metadata: Members;
  readonly spec: Members;
  readonly source: Place;
}

/** Makes a draft of a resource of this class, of the cluster or, with a namespace, of that. */
export function draftOf(
  resourceClass: string,
  namespace: string,
  name: string,
  spec: Members,
  source: Place,
  metadata: Members = {},
): Draft {
  const kind = resourceClass !== "CertificateStore" && namespace !== ""
    ? `Namespaced${resourceClass}`
    : resourceClass;
  const label = [kind, ...(namespace === "" ? [] : [namespace]), name].join("/");
  return { kind, namespace, name, label, metadata, spec, source };
}

/** The class of a draft: its kind, whether it is of the cluster or of a namespace. */
export function classOf({ kind }: Draft): string {
  return KINDS.get(kind)?.class ?? kind;
}

/** The resource as it is printed. */
export function toResource({ kind, namespace, name, metadata, spec }: Draft): Members {
  return {
    apiVersion: `${GROUP}/v1beta1`,
    kind,
    metadata: { name, ...(namespace === "" ? {} : { namespace }), ...metadata },
    spec,
  };
}
