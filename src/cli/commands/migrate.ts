import { CloudError, KubernetesClient, memberOf } from "../../cloud/mod.ts";
import {
  collectionPath,
  EXECUTOR_GROUPS,
  formatFinding,
  KINDS,
  migrate,
  type MigrationOptions,
  readSources,
  type SourceFile,
} from "../../resources/mod.ts";
import { openAccess } from "../cluster.ts";
import { listCollection } from "../cluster_listing.ts";
import type { Command, Invocation } from "../command.ts";
import { withTimeout } from "../deadline.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { TIMEOUT } from "../options.ts";
import { printable } from "../text.ts";
import { USER_AGENT } from "../version.ts";

/** `assay migrate`: resources of the product that Assay replaces, for Assay. */
export const migrateCommand: Command = {
  name: "migrate",
  summary: "Print resources of Ratify as resources for Assay",
  argument: "[PATH...]",
  description:
    `Reads resources of Ratify v1 in any version, its \`config.json\`, or an \`Executor\` of v2, from files and
directories or from a cluster, and prints resources that Assay loads, as YAML. Nothing is changed anywhere.

Standard error has the loss report, one finding a line: \`FILE:LINE:COLUMN: KIND Kind/name field: text\`. A \`note\`
lost nothing; \`changed\` means something else here; \`dropped\` had no effect or has none here; a \`decision\` is
needed. What cannot be carried over leaves a policy behind that denies every image until somebody has decided.`,
  options: [
    {
      name: "cluster",
      description:
        "Read the cluster that `$KUBECONFIG` names, or that the process runs in, in place of files.",
    },
    { name: "values", description: "Print values for the chart in place of resources." },
    {
      name: "report",
      value: "FORMAT",
      default: "text",
      description: "The form of the loss report: `text`, or `json` for one object.",
    },
    TIMEOUT,
  ],
  examples: [
    "assay migrate ratify/ > assay.yaml",
    "assay migrate ratify/ --values > values.yaml",
    "assay migrate --cluster --report json > assay.yaml",
  ],
  exits: {
    0: "Everything is carried over; there may be notes.",
    1: "Something was dropped, means something else, or needs a decision.",
    2: "The arguments are wrong, or what was to be read cannot be.",
  },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const format = invocation.text("report");
  if (format !== "text" && format !== "json") {
    throw usage(migrateCommand, `--report must be text or json; found ${JSON.stringify(format)}`);
  }
  const fromCluster = invocation.flag("cluster");
  if (fromCluster === invocation.positionals.length > 0) {
    throw usage(migrateCommand, "name files or directories, or --cluster, and not both");
  }
  const read = fromCluster
    ? await withTimeout(migrateCommand, invocation, (signal) => readCluster(io, signal))
    : { files: await readSources(invocation.positionals), unread: [] };
  const { resources, values, findings } = await migrate(read.files, {
    home: io.env("HOME"),
    env: io.env,
    now: io.now(),
    exists,
    unread: read.unread,
  });
  const { stringify } = await import("yaml");
  const yaml = (value: unknown): string =>
    stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
  const text = invocation.flag("values") ? yaml(values) : resources.map(yaml).join("---\n");
  if (text !== "") io.out(text.trimEnd());
  if (format === "json") io.err(JSON.stringify({ findings }));
  else for (const finding of findings) io.err(printable(formatFinding(finding)));
  const lossless = findings.every(({ kind }) => kind === "note");
  if (format === "text") io.err(summary(resources.length, findings));
  return lossless ? 0 : 1;
}

function summary(resources: number, findings: readonly { readonly kind: string }[]): string {
  const counts = ["decision", "dropped", "changed", "note"].map((kind) =>
    `${findings.filter((one) => one.kind === kind).length} ${kind}`
  );
  return `resources: ${resources}; ${counts.join(", ")}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a cluster has an API group, which everybody may ask; when in doubt it has. */
async function isKnown(
  client: KubernetesClient,
  group: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await client.get(`/apis/${group}`, signal) !== undefined;
  } catch (error) {
    if (error instanceof CloudError) return true;
    throw error;
  }
}

/** Objects as files of their own, without what the server adds. */
async function readCluster(
  io: Io,
  signal: AbortSignal,
): Promise<
  { readonly files: SourceFile[]; readonly unread: NonNullable<MigrationOptions["unread"]> }
> {
  using access = openAccess(io);
  const client = new KubernetesClient(access, USER_AGENT);
  const files: SourceFile[] = [];
  const unread: { kind: string; problem: string }[] = [];
  const collections = [...KINDS.keys()].map((kind) => [kind, collectionPath(kind)] as const);
  for (const group of EXECUTOR_GROUPS) {
    // Whoever may not list a kind is told so also where there is no such kind.
    if (!await isKnown(client, group, signal)) continue;
    collections.push(
      ["Executor", `/apis/${group}/v2alpha1/executors`],
      ["NamespacedExecutor", `/apis/${group}/v2alpha1/namespacedexecutors`],
    );
  }
  for (const [kind, path] of collections) {
    const listing = await listCollection(client, path, signal);
    if (listing.items === undefined) {
      if (listing.problem !== "absent") unread.push({ kind, problem: listing.text });
      continue;
    }
    for (const item of listing.items) {
      const { name, namespace, labels, annotations } = Object(memberOf(item, "metadata"));
      const apiVersion = path.replace(/^\/apis\//, "").replace(/\/[a-z]+$/, "");
      const resource = {
        apiVersion,
        kind,
        metadata: { name, namespace, labels, annotations },
        spec: memberOf(item, "spec"),
      };
      const label = [kind, ...(namespace === undefined ? [] : [namespace]), name].join("/");
      files.push({ path: `${label}.json`, text: JSON.stringify(resource, null, 2) });
    }
  }
  return { files, unread };
}
