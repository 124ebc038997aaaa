import { KubernetesClient, type KubernetesObject } from "../../cloud/mod.ts";
import { AssayError } from "../../errors.ts";
import {
  type ClusterObject,
  collectionPath,
  KINDS,
  loadObjects,
  readClusterObject,
} from "../../resources/mod.ts";
import { openAccess } from "../cluster.ts";
import { type CheckLine, materialLines, resourceLines, scopeLines } from "../cluster_check.ts";
import { listCollection } from "../cluster_listing.ts";
import {
  gatekeeperFindings,
  type GatekeeperObjects,
  kindsThatAsk,
  providersOfOurs,
} from "../gatekeeper_findings.ts";
import type { Io } from "../io.ts";
import { printable } from "../text.ts";
import { USER_AGENT } from "../version.ts";

/** How long the service takes for an answer unless it is told otherwise, in milliseconds. */
const MUTATE_MS = 950;

/**
 * Tells what is in force in a cluster and what is not, and why; reads only.
 *
 * @returns the exit status.
 * @throws {AssayError} CLUSTER_FAILURE when the API server cannot be asked at all.
 */
export async function checkCluster(io: Io, signal: AbortSignal): Promise<number> {
  using access = openAccess(io);
  const client = new KubernetesClient(access, USER_AGENT);
  const { objects, lines } = await readObjects(client, signal);
  const loaded = await loadObjects(objects, [], new Map(), {
    home: io.env("HOME"),
    env: io.env,
    now: io.now(),
    signal,
  });
  const { gatekeeper, unlisted } = await readGatekeeper(client, signal);
  const limits = {
    verifyMs: loaded.configuration.executor.verifyTimeoutMs,
    mutateMs: MUTATE_MS,
    now: io.now(),
  };
  const sections: (readonly [string, readonly CheckLine[]])[] = [
    ["Resources", [...lines, ...resourceLines(objects, loaded)]],
    ["What applies", scopeLines(objects, loaded)],
    ["Key material", materialLines(objects, loaded)],
    ["Gatekeeper", [
      ...unlisted,
      ...gatekeeperFindings(gatekeeper, limits).map(warning),
    ]],
  ];
  for (const [title, found] of sections) {
    if (found.length === 0) continue;
    io.out(title);
    for (const { severity, text } of found) {
      io.out(`  ${severity === "info" ? "" : `${severity}: `}${printable(text)}`);
    }
  }
  const all = sections.flatMap(([, found]) => found);
  const count = (severity: string): number => all.filter((one) => one.severity === severity).length;
  io.err(`resources: ${objects.length}; errors: ${count("error")}, warnings: ${count("warning")}`);
  return count("error") > 0 ? 2 : 0;
}

function warning(text: string): CheckLine {
  return { severity: "warning", text };
}

async function readObjects(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly ClusterObject[]; readonly lines: CheckLine[] }> {
  const objects: ClusterObject[] = [];
  const lines: CheckLine[] = [];
  for (const kind of KINDS.keys()) {
    const listing = await listCollection(client, collectionPath(kind), signal);
    if (listing.items === undefined) {
      if (listing.problem === "failing") throw unreachable(listing.text);
      const why = listing.problem === "absent"
        ? "the cluster does not know the kind; `assay crds --apply` installs its definition"
        : `may not be listed, so that none is shown here: ${listing.text}`;
      lines.push(warning(`${kind}: ${why}`));
      continue;
    }
    objects.push(...listing.items.flatMap((item) => readClusterObject(kind, item) ?? []));
  }
  return { objects, lines };
}

function unreachable(text: string): AssayError {
  return new AssayError({
    code: "CLUSTER_FAILURE",
    component: "commandLine",
    message: `The cluster was not checked: ${text}`,
  });
}

const COLLECTIONS = {
  providers: "/apis/externaldata.gatekeeper.sh/v1beta1/providers",
  templates: "/apis/templates.gatekeeper.sh/v1/constrainttemplates",
  assigns: "/apis/mutations.gatekeeper.sh/v1/assign",
  validating: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
  mutating: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
} as const;

async function readGatekeeper(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<{ readonly gatekeeper: GatekeeperObjects; readonly unlisted: CheckLine[] }> {
  const unlisted: CheckLine[] = [];
  const read = async (path: string): Promise<readonly KubernetesObject[] | undefined> => {
    const listing = await listCollection(client, path, signal);
    if (listing.items !== undefined) return listing.items;
    const name = path.split("/").at(-1);
    unlisted.push(warning(
      listing.problem === "absent"
        ? `${name}: the cluster does not know them; is Gatekeeper installed?`
        : `${name} may not be listed, and are not checked: ${listing.text}`,
    ));
    return undefined;
  };
  const providers = await read(COLLECTIONS.providers);
  const templates = await read(COLLECTIONS.templates);
  const assigns = await read(COLLECTIONS.assigns);
  const validating = await read(COLLECTIONS.validating);
  const mutating = await read(COLLECTIONS.mutating);
  const constraints = new Map<string, readonly KubernetesObject[]>();
  for (const kind of kindsThatAsk(templates, providersOfOurs(providers))) {
    if (!/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(kind)) continue; // it becomes part of a path
    const path = `/apis/constraints.gatekeeper.sh/v1beta1/${kind.toLowerCase()}`;
    const found = await read(path);
    if (found !== undefined) constraints.set(kind, found);
  }
  const webhooks = [...validating ?? [], ...mutating ?? []];
  return { gatekeeper: { providers, templates, constraints, assigns, webhooks }, unlisted };
}
