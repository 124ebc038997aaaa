import { resolve } from "node:path";
import { AssayError } from "../../errors.ts";
import { KeyRefresher, readTrustedRoot } from "../../keys/mod.ts";
import { ConfigurationFiles, formatProblem } from "../../resources/mod.ts";
import type {
  Configuration,
  ConfigurationEvents,
  ConfigurationFilesOptions,
  ConfigurationSource,
  Problem,
} from "../../resources/mod.ts";
import type { Service } from "../../server/mod.ts";
import { createMetrics, type Logger, type Metrics, NO_METRICS } from "../../telemetry/mod.ts";
import type { RecordFolder } from "../../records/mod.ts";
import type { RevocationService } from "../../revocation/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { keySurroundings, requireConfigurationPaths } from "../configuration.ts";
import { wait } from "../../stores/mod.ts";
import { TufRefresher } from "../../tuf/mod.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG, readTenancy, TENANCY } from "../options.ts";
import { createLazyPlugins, PLUGIN_OPTIONS } from "../plugins.ts";
import { createProcessLogger } from "../process_logger.ts";
import { USER_AGENT, VERSION } from "../version.ts";
import {
  openRotation,
  readKeyType,
  rotatesCertificates,
  type ServedRotation,
} from "./serve_certificates.ts";
import { openCluster } from "./serve_cluster.ts";
import { readSettings } from "./serve_settings.ts";

/** `assay serve`: answers Gatekeeper. */
export const serveCommand: Command = {
  name: "serve",
  summary: "Answer Gatekeeper's questions over HTTPS",
  description: `Serves Gatekeeper's external data protocol: POST /ratify/gatekeeper/v1/verify and
/ratify/gatekeeper/v1/mutate. Configuration and certificates are read again when their files change.
The process ends with SIGTERM or SIGINT, after requests under way have got their answers.`,
  options: [
    {
      name: "http",
      value: "ADDRESS",
      default: ":6001",
      description: "Where requests are answered, as `host:port` or `:port`.",
    },
    CONFIG,
    {
      name: "cert-dir",
      value: "DIR",
      description: "Directory with `tls.crt` and `tls.key`, read again when they change.",
    },
    {
      name: "ca-cert-file",
      value: "FILE",
      description:
        "CA certificates of clients, read again when they change. With it, clients without a certificate of one of them are refused.",
    },
    {
      name: "tls-key-type",
      value: "TYPE",
      default: "ecdsa",
      description:
        "What keys are made where certificates are rotated (`RATIFY_CERT_ROTATION=1`): `ecdsa` (P-256), or `rsa` (2048 bits).",
    },
    {
      name: "insecure-http",
      description:
        "Serve plain HTTP, when there is no `--cert-dir`; on the loopback address unless `--http` names another.",
    },
    {
      name: "enable-crd-manager",
      description:
        "Read resources from the cluster, and write what became of them into their status. `--config` then names a `config.json` with settings of the process, if anything.",
    },
    TENANCY,
    {
      name: "verify-timeout",
      value: "DURATION",
      description: "The time for an answer to /verify, in place of the configured one (2.9s).",
    },
    {
      name: "mutate-timeout",
      value: "DURATION",
      description: "The time for an answer to /mutate, in place of the configured one (950ms).",
    },
    {
      name: "cache-enabled",
      default: "true",
      description: "Whether verdicts, and the digests of tags, are remembered.",
    },
    {
      name: "cache-ttl",
      value: "DURATION",
      default: "10s",
      description: "How long they are; 0 is not at all.",
    },
    {
      name: "cache-size",
      value: "MIB",
      default: "256",
      description: "The most memory for everything that is remembered.",
    },
    {
      name: "cache-type",
      value: "TYPE",
      default: "ristretto",
      description: "Where it is kept: `ristretto` is the memory of the process.",
    },
    {
      name: "cache-name",
      value: "NAME",
      description: "Accepted for old command lines; no effect.",
    },
    { name: "metrics-enabled", description: "Whether there are metrics." },
    {
      name: "metrics-type",
      value: "TYPE",
      default: "prometheus",
      description: "Their form; `prometheus` is the only one.",
    },
    {
      name: "metrics-port",
      value: "PORT",
      default: "8888",
      description: "Where they are, under /metrics; 0 for a free port.",
    },
    {
      name: "health-port",
      value: "ADDRESS",
      default: ":9099",
      description: "Where /healthz and /readyz are; port 0 for a free one.",
    },
    {
      name: "state-dir",
      value: "DIR",
      description:
        "The one folder that it writes to, at or below `/var/lib/assay`: manifests and blobs for the next process, CRLs where `crl.cache.enabled` is set, and trusted roots of providers of the type `tuf`.",
    },
    {
      name: "record-dir",
      value: "DIR",
      description:
        "Keep what each verdict rests on, for `assay replay`: at most 1 GiB of records and 1 GiB of content, the oldest go. A folder at or below `--state-dir`.",
    },
    ...PLUGIN_OPTIONS,
  ],
  examples: [
    "assay serve --config policies/ --cert-dir tls/ --ca-cert-file tls/client-ca.crt",
    "assay serve --config policies/ --insecure-http --http 127.0.0.1:6001",
  ],
  exits: {
    0: "The service was told to end.",
    2: "It could not start: arguments, configuration, certificates, runtime, or an address in use.",
  },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  // Not before it is needed: no other command pays for it.
  const server = await import("../../server/mod.ts");
  const keyType = readKeyType(serveCommand, invocation);
  const issued: { rotation?: ServedRotation } = {};
  const settings = readSettings(
    serveCommand,
    invocation,
    server.parseAddress,
    rotatesCertificates(io) ? () => issued.rotation?.pair ?? { cert: "", key: "" } : undefined,
  );
  if (settings.tls?.clientCa !== undefined) server.requireSuitableRuntime(Deno.version.deno);
  const metrics = settings.metricsAddress === undefined ? NO_METRICS : await createMetrics();
  const log = createProcessLogger(io, invocation.flag("debug"));
  const running: { service?: Service; source?: ConfigurationSource } = {};
  const stateDir = invocation.text("state-dir");
  await using roots = createRootRefresher(stateDir, io, log.logger, () => running.source?.reload());
  await using keys = createKeyRefresher(
    io,
    log.logger,
    () => running.source?.refreshMaterial(),
  );
  const events: ConfigurationEvents = {
    loaded: (current, problems) => {
      log.use(current);
      roots.use(current.tufRepositories);
      keys.use(current.fetchedProviders);
      warnOf(problems, log.logger);
      announceConfiguration(current, log.logger, metrics, io);
      running.service?.configurationChanged();
    },
    materialChanged: ({ trust }) => {
      log.logger.info("key material changed", { generation: trust.generation.slice(0, 12) });
      running.service?.configurationChanged();
    },
    refused: ({ problems, error }) => {
      metrics.configurationRefused();
      log.logger.error("configuration refused; the last good one stays in force", {
        ...(error === undefined ? {} : { error }),
        problems: problems.map(formatProblem).slice(0, MAX_LOGGED),
      });
    },
  };
  const options = {
    home: io.env("HOME"),
    env: io.env,
    now: io.now,
    tenancy: readTenancy(serveCommand, invocation),
    tuf: roots,
    keys,
    surroundings: keySurroundings(io),
  };
  const paths = invocation.texts("config");
  await using configuration = invocation.flag("enable-crd-manager")
    ? await openCluster(paths, options, events, { io, logger: log.logger, keys })
    : await openFiles(paths, options, events, io);
  running.source = configuration;
  log.use(configuration.current);
  roots.use(configuration.current.tufRepositories);
  keys.use(configuration.current.fetchedProviders);
  await using rotation = rotatesCertificates(io)
    ? await openRotation(keyType, io, log.logger, metrics)
    : undefined;
  if (rotation !== undefined) issued.rotation = rotation;
  await using revocation = await startRevocation(() =>
    stateDir !== undefined && configuration.current.crlCacheEnabled ? `${stateDir}/crl` : undefined
  );
  await using records = await openRecords(invocation, io, log.logger);
  const service = await server.startService(configuration, {
    ...settings,
    stateDir,
    revocation,
    revocationTotals: () => ({ ...revocation.counters }),
    keyProviders: () => keys.status(),
    rotationProblem: () => rotation?.problem ?? "",
    plugins: createLazyPlugins(invocation, io),
    record: records?.start,
    userAgent: USER_AGENT,
    env: io.env,
    logger: log.logger,
    metrics,
    now: io.now,
  });
  running.service = service;
  rotation?.serve(service);
  announceConfiguration(configuration.current, log.logger, metrics, io);
  log.logger.info("ready", { version: VERSION });
  await io.untilStopped();
  log.logger.info("stopping");
  await roots[Symbol.asyncDispose]();
  await keys[Symbol.asyncDispose]();
  await service.stop();
  log.logger.info("stopped");
  log.flush();
  return 0;
}

/** The configuration in files. Throws {@link AssayError} CONFIG_INVALID. */
async function openFiles(
  paths: readonly string[],
  options: ConfigurationFilesOptions,
  events: ConfigurationEvents,
  io: Io,
): Promise<ConfigurationFiles> {
  const configuration = await ConfigurationFiles.open(
    await requireConfigurationPaths(paths, io),
    options,
    events,
    (problems) => problems.forEach((problem) => io.err(formatProblem(problem))),
  );
  if (configuration !== undefined) return configuration;
  throw new AssayError({
    code: "CONFIG_INVALID",
    component: "config",
    message: "The configuration has errors; the service was not started",
    remedy: "Correct the fields named above; `assay check` lists them.",
  });
}

/** Loaded when it is asked for: no other service pays for it. */
async function openRecords(
  invocation: Invocation,
  io: Io,
  logger: Logger,
): Promise<RecordFolder | undefined> {
  const folder = invocation.text("record-dir");
  if (folder === undefined) return undefined;
  const stateDir = invocation.text("state-dir");
  if (stateDir === undefined || !isWithin(folder, stateDir)) {
    throw usage(serveCommand, "--record-dir must be a folder at or below that of --state-dir");
  }
  const { RecordFolder } = await import("../../records/mod.ts");
  return new RecordFolder({
    folder,
    now: io.now,
    report: ({ lost, why }) => {
      if (why === undefined) logger.warn("records are kept again", { lost });
      else logger.error("records are lost; verdicts go on", { why });
    },
  });
}

function isWithin(folder: string, parent: string): boolean {
  const [inner, outer] = [folder, parent].map((path) => `${resolve(path)}/`);
  return inner !== undefined && outer !== undefined && inner.startsWith(outer);
}

/** Trusted roots that are kept up to date over TUF: a new one makes the configuration load again. */
function createRootRefresher(
  stateDir: string | undefined,
  io: Io,
  logger: Logger,
  reload: () => Promise<void> | undefined,
): TufRefresher {
  return new TufRefresher({
    userAgent: USER_AGENT,
    now: io.now,
    wait,
    directory: stateDir === undefined ? undefined : `${stateDir}/tuf`,
    check: readTrustedRoot,
    changed: async ({ target, mirrors }) => {
      logger.info("trusted root refreshed", { target, mirror: mirrors.join(", ") });
      await reload();
    },
    failed: (error) => logger.warn("trusted root not refreshed; the last one stays", { error }),
  });
}

/** Waited for at most this long, by all providers together, when a configuration is loaded; in milliseconds. */
const FIRST_WAIT = 5000;

/** Key material that is kept up to date: what changed comes into force without a file that changed. */
function createKeyRefresher(
  io: Io,
  logger: Logger,
  changed: () => Promise<void> | undefined,
): KeyRefresher {
  return new KeyRefresher({
    now: io.now,
    wait,
    firstWaitMs: FIRST_WAIT,
    changed: async () => await changed(),
    report: ({ provider, entry, before, condition, error }) => {
      const about = { provider, entry, ...(error === undefined ? {} : { error }) };
      if (condition !== "fresh") logger.warn(CONDITIONS[condition], about);
      else if (before !== "pending") logger.info("key material refreshed again", about);
    },
  });
}

const CONDITIONS = {
  pending: "key material not fetched",
  stale: "key material not refreshed; the last one stays in use",
  missing: "key material missing: verdicts that need it are undecided",
  gone: "key material gone: the vault no longer has it, or has disabled it",
} as const;

/** What is asked again before it goes out of date, for as long as the service runs. */
async function startRevocation(
  directory: () => string | undefined,
): Promise<RevocationService> {
  const { RevocationService } = await import("../../revocation/mod.ts");
  const service = new RevocationService({ directory });
  service.startRefreshing();
  return service;
}

const MAX_LOGGED = 20;

function announceConfiguration(
  { generation, executor }: Configuration,
  logger: Logger,
  metrics: Metrics,
  io: Io,
): void {
  metrics.configurationLoaded(generation, io.now());
  logger.info("configuration in force", {
    generation: generation.slice(0, 12),
    verify_timeout_ms: executor.verifyTimeoutMs,
    mutate_timeout_ms: executor.mutateTimeoutMs,
  });
}

function warnOf(problems: readonly Problem[], logger: Logger): void {
  for (const problem of problems.slice(0, MAX_LOGGED)) logger.warn(formatProblem(problem));
}
