import { ContentDisk, Engine, type EngineOptions, openStore } from "../engine/mod.ts";
import type { ConfigurationSource } from "../resources/mod.ts";
import { signatureOf } from "../resources/mod.ts";
import type { Logger, Metrics } from "../telemetry/mod.ts";
import { type Address, formatAddress } from "./address.ts";
import { createApp } from "./app.ts";
import { probeWithoutCertificate, requireSuitableRuntime } from "./client_certificates.ts";
import { listenForRequests, type ProviderListener } from "./provider_listener.ts";
import { describeKeyProviders, type KeyProviderStatus, stateOfKeys } from "./key_providers.ts";
import { readinessOf } from "./readiness.ts";
import { listenForStatus, type StatusListener } from "./status_listener.ts";
import { readTlsFiles, type TlsSource } from "./tls_files.ts";
import { pathsOf, reportExpiry, TlsReload } from "./tls_reload.ts";

/** How the service runs. Times are milliseconds. */
export interface ServiceOptions {
  readonly address: Address;
  /** Undefined for plain HTTP. */
  readonly tls: TlsSource | undefined;
  readonly health: Address | undefined;
  readonly metricsAddress: Address | undefined;
  readonly timeouts: { readonly verify?: number; readonly mutate?: number };
  readonly cache: {
    readonly verdictTtl: number;
    readonly tagTtl: number;
    readonly maxBytes: number;
  };
  readonly revocation?: EngineOptions["revocation"];
  readonly plugins?: EngineOptions["plugins"];
  /** What was done about revocation since the process began, by outcome. */
  readonly revocationTotals?: () => Readonly<Record<string, number>>;
  /** Notes each verification, so that it can be repeated; nothing is noted when absent. */
  readonly record?: EngineOptions["record"];
  /** What is wrong with the rotation of certificates; empty when nothing is. */
  readonly rotationProblem?: () => string;
  /** How it stands with the providers whose material is fetched. */
  readonly keyProviders?: () => readonly KeyProviderStatus[];
  /** The one folder that the service may write to; nothing is kept on disk when absent. */
  readonly stateDir?: string | undefined;
  readonly userAgent: string;
  readonly env: (name: "HOME" | "DOCKER_CONFIG") => string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => Date;
}

/** A running service. */
export interface Service {
  readonly address: Address;
  /** Another configuration is in force: what only the one before needed is let go. */
  configurationChanged(): void;
  /** Another certificate was issued: it serves new connections from when this resolves. */
  certificateIssued(): Promise<void>;
  /** Ends: nothing new is accepted, requests under way get their answers. */
  stop(): Promise<void>;
}

/** The most bytes of manifests and blobs on disk. */
const MAX_DISK = 512 * 1024 * 1024;
/** How long requests under way have for their answers when the service ends. */
const GRACE = 10_000;

/**
 * Starts the service: engine, listeners, reload of certificates. It is ready when this resolves.
 *
 * @throws {AssayError} RUNTIME_UNSUITABLE, LISTEN_FAILURE, CERT_INVALID or KEY_INVALID.
 */
export async function startService(
  configuration: Pick<ConfigurationSource, "current" | "refusal">,
  options: ServiceOptions,
): Promise<Service> {
  await using started = new AsyncDisposableStack();
  const { logger, metrics } = options;
  if (options.tls?.clientCa !== undefined) requireSuitableRuntime(Deno.version.deno);
  const disk = options.stateDir === undefined
    ? undefined
    : started.use(new ContentDisk({ folder: `${options.stateDir}/content`, maxBytes: MAX_DISK }));
  const engine = started.use(createEngine(options, disk));
  const before = options.tls === undefined ? "" : await signatureOf(pathsOf(options.tls));
  const tls = options.tls === undefined ? undefined : await readTlsFiles(options.tls);
  if (tls !== undefined) reportExpiry(tls, metrics);
  const app = createApp({
    engine,
    configuration: () => configuration.current,
    timeouts: options.timeouts,
    logger,
    metrics,
    now: options.now,
  });
  // Probes are answered until the last request has its answer: closed after the provider's listener.
  const status: StatusListener[] = [];
  started.defer(async () => {
    await Promise.all(status.map((listener) => listener.close()));
  });
  const provider = await listenForRequests(app, options.address, tls);
  started.defer(() => provider.close(GRACE));
  if (tls?.ca !== undefined) await probeWithoutCertificate(provider.address, tls.cert);
  const state = { stopping: false, certificateNotAfter: tls?.notAfter };
  const reload = options.tls === undefined ? undefined : started.use(
    new TlsReload(
      options.tls,
      before,
      (material) => {
        provider.reload(material);
        state.certificateNotAfter = material.notAfter;
      },
      logger,
      metrics,
    ),
  );
  openStatus(status, configuration, state, engine, options);
  announce(provider, status, options);
  const running = started.move();
  return {
    address: provider.address,
    configurationChanged: () => engine.retain(configuration.current),
    certificateIssued: async () => await reload?.reload(),
    stop: async () => {
      state.stopping = true;
      await running.disposeAsync();
    },
  };
}

function createEngine(
  { cache, now, metrics, userAgent, env, revocation, plugins, record }: ServiceOptions,
  disk: ContentDisk | undefined,
): Engine {
  const observe = (host: string, status: number | undefined): void =>
    metrics.registryRequest(host, status ?? "error", "");
  return new Engine({
    openStore: (configured) => openStore(configured, { userAgent, env, observe }),
    now,
    revocation,
    plugins,
    record,
    verdictTtl: cache.verdictTtl,
    tagTtl: cache.tagTtl,
    maxCacheBytes: cache.maxBytes,
    disk,
    observeCache: (name, event) => {
      if (event === "hit") metrics.cacheHit(name);
      else if (event === "miss") metrics.cacheMiss(name);
      else metrics.cacheEviction(name);
      if (event !== "eviction" && (name === "manifest" || name === "blob")) {
        metrics.blobCache(event === "hit", "");
      }
    },
  });
}

/** Adds each listener as soon as it listens, so that it is closed whatever becomes of the next. */
function openStatus(
  listeners: StatusListener[],
  configuration: Pick<ConfigurationSource, "current" | "refusal">,
  state: { readonly stopping: boolean; readonly certificateNotAfter: Date | undefined },
  engine: Engine,
  { health, metricsAddress, metrics, now, revocationTotals, keyProviders, rotationProblem }:
    ServiceOptions,
): void {
  if (health !== undefined) {
    listeners.push(listenForStatus("health", health, {
      "/healthz": () => new Response("ok\n"),
      "/readyz": () =>
        readinessOf({
          ...state,
          configuration,
          rotationProblem: rotationProblem?.() ?? "",
          keyProviders: describeKeyProviders(keyProviders?.() ?? []),
          now: now(),
        }),
    }));
  }
  if (metricsAddress !== undefined) {
    listeners.push(listenForStatus("metrics", metricsAddress, {
      "/metrics": async () => {
        for (const { name, size, bytes } of engine.caches) metrics.cacheSize(name, size, bytes);
        if (revocationTotals !== undefined) metrics.revocationTotals(revocationTotals());
        if (keyProviders !== undefined) metrics.keyProviders(keyProviders().map(stateOfKeys));
        const { contentType, body } = await metrics.render();
        return new Response(body, { headers: { "content-type": contentType } });
      },
    }));
  }
}

function announce(
  provider: ProviderListener,
  status: readonly StatusListener[],
  { logger, tls }: ServiceOptions,
): void {
  const clients = tls === undefined
    ? "plain HTTP"
    : tls.clientCa === undefined
    ? "TLS, any client"
    : "TLS, clients with certificates";
  logger.info("listening", {
    for: "provider",
    address: formatAddress(provider.address),
    accepts: clients,
  });
  for (const { purpose, address } of status) {
    logger.info("listening", { for: purpose, address: formatAddress(address) });
  }
}
