import type { ResourceClass } from "./candidate.ts";

/** The API group of all kinds. */
export const GROUP = "config.ratify.deislabs.io";

/** One kind of custom resource. */
export interface Kind {
  readonly class: ResourceClass;
  readonly namespaced: boolean;
  /** The versions that it exists in, the current one first. */
  readonly versions: readonly string[];
}

const BOTH = ["v1beta1", "v1alpha1"];
const CURRENT = ["v1beta1"];

/** The kinds by their names. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["Store", { class: "Store", namespaced: false, versions: BOTH }],
  ["NamespacedStore", { class: "Store", namespaced: true, versions: CURRENT }],
  ["Verifier", { class: "Verifier", namespaced: false, versions: BOTH }],
  ["NamespacedVerifier", { class: "Verifier", namespaced: true, versions: CURRENT }],
  ["Policy", { class: "Policy", namespaced: false, versions: BOTH }],
  ["NamespacedPolicy", { class: "Policy", namespaced: true, versions: CURRENT }],
  [
    "KeyManagementProvider",
    { class: "KeyManagementProvider", namespaced: false, versions: CURRENT },
  ],
  [
    "NamespacedKeyManagementProvider",
    { class: "KeyManagementProvider", namespaced: true, versions: CURRENT },
  ],
  ["CertificateStore", { class: "CertificateStore", namespaced: true, versions: BOTH }],
]);
