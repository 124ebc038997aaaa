import { BoundedLabel } from "./bounded_label.ts";
import type { Metrics } from "./metrics.ts";
import { collectProcess } from "./process_series.ts";
import { defineSeries } from "./series.ts";

/** Distinct values of a label that others choose, and of labels that multiply. */
const DISTINCT = 200;
const COMBINATIONS = 1000;

/**
 * Metrics for Prometheus. The package behind it is loaded by this call only, so that a process
 * without metrics does not pay for it.
 */
export async function createMetrics(): Promise<Metrics> {
  const prom = await import("prom-client");
  const registry = new prom.Registry();
  const series = defineSeries(prom, registry);
  collectProcess(prom, registry);

  const namespaces = new BoundedLabel(DISTINCT);
  const hosts = new BoundedLabel(DISTINCT);
  const names = new BoundedLabel(DISTINCT);
  const steps = new BoundedLabel(DISTINCT);
  const runs = new BoundedLabel(COMBINATIONS);
  const answers = new BoundedLabel(COMBINATIONS);

  return {
    verificationRequest: (durationMs) => series.verification.observe(durationMs),
    mutationRequest: (durationMs) => series.mutation.observe(durationMs),
    requestStarted: (endpoint) => {
      series.inFlight.inc({ endpoint });
      let open = true;
      return () => {
        if (open) series.inFlight.dec({ endpoint });
        open = false;
      };
    },
    verdict: ({ verdict, error = "", namespace }) =>
      series.verdicts.inc({ verdict, error, workload_namespace: namespaces.of(namespace) }),
    verifierRun: (run) => {
      const [verifier = "", type = "", namespace = ""] = runs.combination([
        names.of(run.verifier),
        run.type,
        namespaces.of(run.namespace),
      ]);
      series.verifierDuration.observe(
        {
          verifier,
          type,
          success: String(run.success),
          error: run.error ?? "",
          workload_namespace: namespace,
        },
        run.durationMs,
      );
    },
    systemError: (error) => series.systemErrors.inc({ error }),
    deadlineExceeded: (step) => series.deadlines.inc({ step: steps.of(step) }),

    registryRequest: (asked, status, asking) => {
      const [host = "", namespace = ""] = answers.combination([
        hosts.of(asked),
        namespaces.of(asking),
      ]);
      if (status === "error") return series.registryFailures.inc({ registry_host: host });
      series.registryRequests.inc({
        status_code: statusLabel(status),
        registry_host: host,
        workload_namespace: namespace,
      });
    },
    upstreamRequests: (count) => series.upstream.observe(count),
    blobCache: (hit, namespace) =>
      series.blobs.inc({ hit: String(hit), workload_namespace: namespaces.of(namespace) }),
    cacheHit: (cache) => series.hits.inc({ cache }),
    cacheMiss: (cache) => series.misses.inc({ cache }),
    cacheEviction: (cache) => series.evictions.inc({ cache }),
    cacheSize: (cache, count, size) => {
      series.entries.set({ cache }, count);
      if (size !== undefined) series.bytes.set({ cache }, size);
    },

    revocationTotals: (totals) => {
      series.revocation.reset();
      for (const [outcome, count] of Object.entries(totals)) {
        series.revocation.inc({ outcome }, count);
      }
    },
    configurationLoaded: (generation, at) => {
      series.configuration.reset();
      series.configuration.set({ generation: generation.slice(0, 12) }, 1);
      series.reloads.inc({ result: "success" });
      series.lastReload.set(at.getTime() / 1000);
      series.lastReloadWorked.set(1);
    },
    configurationRefused: () => {
      series.reloads.inc({ result: "failure" });
      series.lastReloadWorked.set(0);
    },
    certificateExpiry: (certificate, notAfter) =>
      series.certificates.set({ certificate }, notAfter.getTime() / 1000),
    keyProviders: (states) => {
      series.keysFetched.reset();
      series.keysStale.reset();
      for (const { provider, fetchedAt, stale } of states.slice(0, DISTINCT)) {
        if (fetchedAt !== undefined) {
          series.keysFetched.set({ provider }, fetchedAt.getTime() / 1000);
        }
        series.keysStale.set({ provider }, stale ? 1 : 0);
      }
    },

    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

/** A status that no standard knows is one of its class: a registry may send any number. */
function statusLabel(status: number): string {
  return KNOWN_STATUS.has(status) ? String(status) : `${Math.floor(status / 100)}xx`;
}

const KNOWN_STATUS = new Set([
  ...[200, 201, 202, 204, 206, 301, 302, 303, 307, 308, 304],
  ...[400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 416, 421, 425, 429, 431, 451],
  ...[500, 501, 502, 503, 504],
]);
