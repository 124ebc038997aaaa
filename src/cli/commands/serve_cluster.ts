import { KubernetesClient } from "../../cloud/mod.ts";
import { AssayError } from "../../errors.ts";
import type { KeyRefresher } from "../../keys/mod.ts";
import {
  ClusterConfiguration,
  type ClusterObject,
  type CollectionState,
  type ConfigurationEvents,
  type ConfigurationFilesOptions,
  type ConfigurationSource,
  Leader,
  type LoadedObjects,
  readSources,
  type SourceFile,
  statusOf,
  StatusWriter,
} from "../../resources/mod.ts";
import { wait } from "../../stores/mod.ts";
import type { Logger } from "../../telemetry/mod.ts";
import type { Io } from "../io.ts";
import { openAccess } from "../cluster.ts";
import { defaultPath } from "../configuration.ts";
import { USER_AGENT } from "../version.ts";

/** What a service in a cluster has beside its configuration. */
export interface ClusterSurroundings {
  readonly io: Io;
  readonly logger: Logger;
  readonly keys: KeyRefresher;
}

/**
 * The configuration in the resources of the cluster that the process runs in. What becomes of them is
 * written into their status, by one replica.
 *
 * @param paths at most a `config.json`, of which the settings of the process count.
 * @throws {AssayError} CONFIG_INVALID when that has errors.
 */
export async function openCluster(
  paths: readonly string[],
  options: ConfigurationFilesOptions,
  events: ConfigurationEvents,
  { io, logger, keys }: ClusterSurroundings,
): Promise<ConfigurationSource> {
  await using opened = new AsyncDisposableStack();
  const access = opened.use(openAccess(io));
  const client = new KubernetesClient(access, USER_AGENT);
  const state: { objects: readonly ClusterObject[]; loaded: LoadedObjects | undefined } = {
    objects: [],
    loaded: undefined,
  };
  const cluster = opened.use(
    await ClusterConfiguration.open(
      { ...options, client, wait, settings: await readSettingsFile(paths, io) },
      {
        ...events,
        collection: (kind, state) => tellCollection(kind, state, logger),
        applied: (objects, loaded) => {
          state.objects = objects;
          state.loaded = loaded;
        },
      },
    ),
  );
  const stop = new AbortController();
  const leader = new Leader({
    client,
    name: `${io.env("RATIFY_NAME") || "assay"}-leader`,
    identity: `${io.env("HOSTNAME") || "assay"}_${crypto.randomUUID()}`,
    now: io.now,
    wait,
    changed: (leads, why) =>
      logger.info(leads ? "writes the status of resources" : "does not write statuses", { why }),
  });
  const writer = new StatusWriter({
    client,
    now: io.now,
    wait,
    leads: () => leader.leads,
    report: (problem) => {
      if (problem === undefined) logger.info("statuses are written again");
      else logger.warn("statuses could not be written", { problem });
    },
  });
  writer.use(() => statusesOf(state.objects, state.loaded, keys, io));
  const working = Promise.all([leader.run(stop.signal), writer.run(stop.signal)]);
  opened.defer(async () => {
    stop.abort();
    await working;
  });
  const running = opened.move();
  return {
    get current() {
      return cluster.current;
    },
    get refusal() {
      return cluster.refusal;
    },
    reload: () => cluster.reload(),
    refreshMaterial: () => cluster.refreshMaterial(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function statusesOf(
  objects: readonly ClusterObject[],
  loaded: LoadedObjects | undefined,
  keys: KeyRefresher,
  io: Io,
): { readonly object: ClusterObject; readonly status: ReturnType<typeof statusOf> }[] {
  if (loaded === undefined) return [];
  const providers = new Map(keys.status().map((one) => [one.provider, one]));
  return objects.map((object) => ({
    object,
    status: statusOf({
      object,
      problems: loaded.problems.get(object.label) ?? [],
      isInForce: loaded.inForce.has(object.label),
      provider: object.kind === "KeyManagementProvider" ? providers.get(object.name) : undefined,
      now: io.now(),
    }),
  }));
}

function tellCollection(
  kind: string,
  { condition, problem }: CollectionState,
  logger: Logger,
): void {
  const about = { kind, ...(problem === undefined ? {} : { problem }) };
  switch (condition) {
    case "current":
      return logger.info("watches resources", about);
    case "forbidden":
      return logger.warn("may not list resources; those seen last, if any, stay in force", about);
    case "absent":
      return logger.warn("the cluster does not know the kind; install its definition", about);
    default:
      return logger.warn("cannot list resources; those seen last stay in force", about);
  }
}

/** The sections of `config.json` that are about the process. */
const SETTINGS = ["executor", "crl", "logger"];

/** Resources come from the cluster: what else is in the file does not count. */
async function readSettingsFile(paths: readonly string[], io: Io): Promise<readonly SourceFile[]> {
  const found = paths.length > 0 ? paths : await defaultPath(io) ?? [];
  const files = await readSources(found);
  return files.map(({ path, text }) => ({ path: "config.json", text: settingsIn(path, text) }));
}

function settingsIn(path: string, text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || "kind" in value) {
    throw new AssayError({
      code: "CONFIG_INVALID",
      component: "config",
      message: `${path} is not a config.json`,
      remedy:
        "With --enable-crd-manager resources come from the cluster; --config names a config.json with settings of the process, or nothing.",
    });
  }
  const kept = Object.entries(value).filter(([name]) => SETTINGS.includes(name));
  return JSON.stringify(Object.fromEntries(kept), null, 2);
}
