import type { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Bounds in milliseconds, those that dashboards of such providers know. */
const VERIFY_BUCKETS = [
  ...[0, 10, 30, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1400, 1600],
  ...[1800, 2000, 2300, 2600, 4000, 4400, 4900],
];
const MUTATE_BUCKETS = VERIFY_BUCKETS.slice(0, 19);
const VERIFIER_BUCKETS = [0, 10, 50, 100, 200, 300, 400, 600, 800, 1100, 1500, 2000];
const REQUEST_BUCKETS = [0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64];

/** The package, which is loaded when metrics are wanted. */
export type Package = typeof import("prom-client");

/** The series by what they are. */
export interface Series {
  readonly verification: Histogram;
  readonly mutation: Histogram;
  readonly verifierDuration: Histogram;
  readonly systemErrors: Counter;
  readonly registryRequests: Counter;
  readonly registryFailures: Counter;
  readonly blobs: Counter;
  readonly upstream: Histogram;
  readonly verdicts: Counter;
  readonly inFlight: Gauge;
  readonly deadlines: Counter;
  readonly hits: Counter;
  readonly misses: Counter;
  readonly evictions: Counter;
  readonly entries: Gauge;
  readonly bytes: Gauge;
  readonly revocation: Counter;
  readonly configuration: Gauge;
  readonly reloads: Counter;
  readonly lastReload: Gauge;
  readonly lastReloadWorked: Gauge;
  readonly certificates: Gauge;
  readonly keysFetched: Gauge;
  readonly keysStale: Gauge;
}

/**
 * All series that the service has of its own. Names that begin with `ratify_` are those of the
 * provider that this one replaces and mean the same, so that dashboards keep working.
 */
export function defineSeries(prom: Package, registry: Registry): Series {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new prom.Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
    new prom.Gauge({ name, help, labelNames, registers });
  const histogram = (
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: string[]
  ): Histogram => new prom.Histogram({ name, help, buckets, labelNames, registers });
  return {
    verification: histogram(
      "ratify_verification_request_millisecond",
      "Duration of verification requests in milliseconds.",
      VERIFY_BUCKETS,
    ),
    mutation: histogram(
      "ratify_mutation_request_millisecond",
      "Duration of mutation requests in milliseconds.",
      MUTATE_BUCKETS,
    ),
    verifierDuration: histogram(
      "ratify_verifier_duration_millisecond",
      "Duration of one verifier on one artifact in milliseconds.",
      VERIFIER_BUCKETS,
      "verifier",
      "type",
      "success",
      "error",
      "workload_namespace",
    ),
    systemErrors: counter(
      "ratify_system_error_count_total",
      "Requests answered with a system error, by its code.",
      "error",
    ),
    registryRequests: counter(
      "ratify_registry_request_count_total",
      "Answers of registries and their token services, retries included.",
      "status_code",
      "registry_host",
      "workload_namespace",
    ),
    registryFailures: counter(
      "assay_registry_unanswered_total",
      "Requests that a registry or its token service did not answer.",
      "registry_host",
    ),
    blobs: counter(
      "ratify_blob_cache_count_total",
      "Manifests and blobs that were asked for, by whether they were at hand.",
      "hit",
      "workload_namespace",
    ),
    upstream: histogram(
      "assay_upstream_requests",
      "Requests to registries that one verification of an image took.",
      REQUEST_BUCKETS,
    ),
    verdicts: counter(
      "assay_verdicts_total",
      "Images answered, by verdict and the code of its cause.",
      "verdict",
      "error",
      "workload_namespace",
    ),
    inFlight: gauge(
      "assay_requests_in_flight",
      "Requests that are being answered.",
      "endpoint",
    ),
    deadlines: counter(
      "assay_deadlines_exceeded_total",
      "Images without a verdict at the deadline, by the step that was waited for.",
      "step",
    ),
    hits: counter("assay_cache_hits_total", "Look-ups that a cache answered.", "cache"),
    misses: counter("assay_cache_misses_total", "Look-ups that it did not answer.", "cache"),
    evictions: counter("assay_cache_evictions_total", "Entries given up for room.", "cache"),
    entries: gauge("assay_cache_entries", "Entries that a cache holds.", "cache"),
    bytes: gauge("assay_cache_bytes", "Bytes that a cache holds.", "cache"),
    revocation: counter(
      "assay_revocation_status_total",
      "Questions about the revocation of certificates, and requests that were sent for them.",
      "outcome",
    ),
    configuration: gauge(
      "assay_configuration_info",
      "1 for the configuration in force, by the first digits of its hash.",
      "generation",
    ),
    reloads: counter(
      "assay_configuration_reloads_total",
      "Configurations that were read, by whether they came into force.",
      "result",
    ),
    lastReload: gauge(
      "assay_configuration_last_reload_success_timestamp_seconds",
      "When the configuration in force came into force, in seconds since 1970.",
    ),
    lastReloadWorked: gauge(
      "assay_configuration_last_reload_successful",
      "1 if the configuration that was read last is in force, else 0.",
    ),
    certificates: gauge(
      "assay_tls_certificate_expiry_timestamp_seconds",
      "When a certificate of the service expires, in seconds since 1970.",
      "certificate",
    ),
    keysFetched: gauge(
      "assay_key_provider_last_success_timestamp_seconds",
      "When the material of a key management provider was last fetched, in seconds since 1970.",
      "provider",
    ),
    keysStale: gauge(
      "assay_key_provider_stale",
      "1 if the last refresh of a key management provider failed, else 0.",
      "provider",
    ),
  };
}
