import { KubeconfigAccess, type KubernetesAccess, PodAccess } from "../cloud/mod.ts";
import { readSmallFile } from "../stores/mod.ts";
import type { Io } from "./io.ts";

/** How the cluster is reached: as `$KUBECONFIG` says, else as the service account of the pod. */
export function openAccess(io: Io): KubernetesAccess {
  const surroundings = { env: io.env, readText: readSmallFile, now: io.now };
  const path = io.env("KUBECONFIG");
  return path ? new KubeconfigAccess(path, surroundings) : new PodAccess(surroundings);
}
