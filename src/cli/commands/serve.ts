import { AssayError } from "../../errors.ts";
import { KeyRefresher, readTrustedRoot } from "../../keys/mod.ts";
import { ConfigurationFiles, formatProblem } from "../../resources/mod.ts";
import type { Configuration, Problem } from "../../resources/mod.ts";
import type { Service, ServiceOptions } from "../../server/mod.ts";
import { createMetrics, type Logger, type Metrics, NO_METRICS } from "../../telemetry/mod.ts";
import type { RevocationService } from "../../revocation/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { keySurroundings, requireConfigurationPaths } from "../configuration.ts";
import { parseDuration } from "../duration.ts";
import { wait } from "../../stores/mod.ts";
import { TufRefresher } from "../../tuf/mod.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG } from "../options.ts";
import { createLazyPlugins, PLUGIN_OPTIONS } from "../plugins.ts";
import { createProcessLogger } from "../process_logger.ts";
import { USER_AGENT, VERSION } from "../version.ts";

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
      name: "insecure-http",
      description:
        "Serve plain HTTP, when there is no `--cert-dir`; on the loopback address unless `--http` names another.",
    },
    {
      name: "enable-crd-manager",
      description: "Read resources from the cluster. Not in this build: mount them as ConfigMaps.",
    },
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
  const settings = readSettings(invocation, server.parseAddress);
  if (settings.tls?.clientCa !== undefined) server.requireSuitableRuntime(Deno.version.deno);
  const paths = await requireConfigurationPaths(invocation.texts("config"), io);
  const metrics = settings.metricsAddress === undefined ? NO_METRICS : await createMetrics();
  const log = createProcessLogger(io, invocation.flag("debug"));
  const running: { service?: Service } = {};
  const stateDir = invocation.text("state-dir");
  const reloading: { reload?: () => Promise<void> } = {};
  await using roots = createRootRefresher(stateDir, io, log.logger, () => reloading.reload?.());
  const refreshing: { refresh?: () => Promise<void> } = {};
  await using keys = createKeyRefresher(io, log.logger, () => refreshing.refresh?.());
  const surroundings = keySurroundings(io);
  await using configuration = await ConfigurationFiles.open(
    paths,
    { home: io.env("HOME"), env: io.env, now: io.now, tuf: roots, keys, surroundings },
    {
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
    },
    (problems) => problems.forEach((problem) => io.err(formatProblem(problem))),
  );
  if (configuration === undefined) {
    throw new AssayError({
      code: "CONFIG_INVALID",
      component: "config",
      message: "The configuration has errors; the service was not started",
      remedy: "Correct the fields named above; `assay check` lists them.",
    });
  }
  log.use(configuration.current);
  reloading.reload = () => configuration.reload();
  roots.use(configuration.current.tufRepositories);
  refreshing.refresh = () => configuration.refreshMaterial();
  keys.use(configuration.current.fetchedProviders);
  await using revocation = await startRevocation(() =>
    stateDir !== undefined && configuration.current.crlCacheEnabled ? `${stateDir}/crl` : undefined
  );
  const service = await server.startService(configuration, {
    ...settings,
    stateDir,
    revocation,
    revocationTotals: () => ({ ...revocation.counters }),
    keyProviders: () => keys.status(),
    plugins: createLazyPlugins(invocation, io),
    userAgent: USER_AGENT,
    env: io.env,
    logger: log.logger,
    metrics,
    now: io.now,
  });
  running.service = service;
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

type AddressReader = (text: string) => ServiceOptions["address"] | undefined;
type Settings = Omit<ServiceOptions, "userAgent" | "env" | "logger" | "metrics" | "now">;

function readSettings(invocation: Invocation, parse: AddressReader): Settings {
  refuseOtherBuilds(invocation);
  const address = (name: string, text: string): ServiceOptions["address"] => {
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    const found = JSON.stringify(invocation.text(name));
    throw usage(
      serveCommand,
      `--${name} must be an address such as 127.0.0.1:6001 or :6001; found ${found}`,
    );
  };
  const certDir = invocation.text("cert-dir");
  const insecure = invocation.flag("insecure-http");
  const clientCa = invocation.text("ca-cert-file");
  if (certDir === undefined && !insecure) {
    throw usage(
      serveCommand,
      "name the server's certificate with --cert-dir, or say --insecure-http",
    );
  }
  if (certDir === undefined && clientCa !== undefined) {
    throw usage(serveCommand, "--ca-cert-file needs --cert-dir: plain HTTP knows no clients");
  }
  const remembers = invocation.flag("cache-enabled");
  const ttl = remembers ? duration(invocation, "cache-ttl", true) ?? 0 : 0;
  const given = invocation.text("http") ?? "";
  const http = insecure && certDir === undefined && given.startsWith(":")
    ? `127.0.0.1${given}`
    : given;
  const verify = duration(invocation, "verify-timeout", false);
  const mutate = duration(invocation, "mutate-timeout", false);
  return {
    address: address("http", http),
    tls: certDir === undefined
      ? undefined
      : { certificate: `${certDir}/tls.crt`, key: `${certDir}/tls.key`, clientCa },
    health: address("health-port", invocation.text("health-port") ?? ""),
    metricsAddress: invocation.flag("metrics-enabled")
      ? address("metrics-port", `:${invocation.text("metrics-port") ?? ""}`)
      : undefined,
    timeouts: {
      ...(verify === undefined ? {} : { verify }),
      ...(mutate === undefined ? {} : { mutate }),
    },
    cache: { verdictTtl: ttl, tagTtl: ttl, maxBytes: cacheBytes(invocation) },
  };
}

function refuseOtherBuilds(invocation: Invocation): void {
  if (invocation.flag("enable-crd-manager")) {
    throw new AssayError({
      code: "NOT_AVAILABLE",
      component: "commandLine",
      message: "Resources are not read from the cluster in this build",
      remedy: "Mount them as ConfigMaps and name the directories with --config.",
    });
  }
  const cache = invocation.text("cache-type");
  if (cache === "dapr" || cache === "redis") {
    throw usage(
      serveCommand,
      `--cache-type ${cache} is not in this build; leave it out: each replica remembers for itself`,
    );
  }
  if (cache !== "ristretto") throw usage(serveCommand, "--cache-type must be ristretto");
  if (invocation.text("metrics-type")?.toLowerCase() !== "prometheus") {
    throw usage(serveCommand, "--metrics-type must be prometheus");
  }
}

function duration(invocation: Invocation, name: string, mayBeZero: boolean): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  if (mayBeZero && /^0(?:ns|us|µs|ms|s|m|h)?$/.test(text)) return 0;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds <= MAX_DURATION) return milliseconds;
  throw usage(
    serveCommand,
    `--${name} must be a duration such as 2.9s or 950ms; found ${JSON.stringify(text)}`,
  );
}

/** Longer than this no timer can wait. */
const MAX_DURATION = 2 ** 31 - 1;

function cacheBytes(invocation: Invocation): number {
  const text = invocation.text("cache-size") ?? "";
  const mebibytes = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (mebibytes > 0) return mebibytes * 1024 * 1024;
  throw usage(serveCommand, `--cache-size must be a number of MiB; found ${JSON.stringify(text)}`);
}
