import assert from "node:assert/strict";
import process from "node:process";
import { type Metrics, NO_METRICS } from "./metrics.ts";
import { createMetrics } from "./prometheus.ts";

/** All lines of our own series that hold a value. */
async function lines(metrics: Metrics): Promise<string[]> {
  const { body } = await metrics.render();
  return body.split("\n").filter((line) => /^(ratify|assay)_/.test(line));
}

async function series(metrics: Metrics, name: string): Promise<string[]> {
  return (await lines(metrics)).filter((line) => line.split(/[{ ]/)[0] === name);
}

async function helpOf(metrics: Metrics): Promise<string> {
  return (await metrics.render()).body.split("\n").filter((line) => line.startsWith("# TYPE"))
    .map((line) => line.slice(7)).sort().join("\n");
}

Deno.test("every series has its name and type, which dashboards and alerts rely on", async () => {
  assert.equal(
    await helpOf(await createMetrics()),
    `assay_cache_bytes gauge
assay_cache_entries gauge
assay_cache_evictions_total counter
assay_cache_hits_total counter
assay_cache_misses_total counter
assay_configuration_info gauge
assay_configuration_last_reload_success_timestamp_seconds gauge
assay_configuration_last_reload_successful gauge
assay_configuration_reloads_total counter
assay_deadlines_exceeded_total counter
assay_key_provider_last_success_timestamp_seconds gauge
assay_key_provider_stale gauge
assay_registry_unanswered_total counter
assay_requests_in_flight gauge
assay_revocation_status_total counter
assay_tls_certificate_expiry_timestamp_seconds gauge
assay_upstream_requests histogram
assay_verdicts_total counter
process_cpu_seconds_total counter
process_resident_memory_bytes gauge
process_start_time_seconds gauge
ratify_blob_cache_count_total counter
ratify_mutation_request_millisecond histogram
ratify_registry_request_count_total counter
ratify_system_error_count_total counter
ratify_verification_request_millisecond histogram
ratify_verifier_duration_millisecond histogram`,
  );
});

/** The bounds of a histogram's buckets, from its lines. */
async function bounds(metrics: Metrics, name: string): Promise<string> {
  return (await series(metrics, `${name}_bucket`)).map((line) => /le="([^"]+)"/.exec(line)?.[1])
    .join(" ");
}

Deno.test("request durations are counted in buckets that end where webhooks do", async () => {
  const metrics = await createMetrics();
  metrics.verificationRequest(45);
  metrics.mutationRequest(45);
  assert.equal(
    await bounds(metrics, "ratify_verification_request_millisecond"),
    "0 10 30 50 100 200 300 400 500 600 700 800 900 1000 1100 1200 1400 1600 1800 2000 2300 2600 4000 4400 4900 +Inf",
  );
  assert.equal(
    await bounds(metrics, "ratify_mutation_request_millisecond"),
    "0 10 30 50 100 200 300 400 500 600 700 800 900 1000 1100 1200 1400 1600 1800 +Inf",
  );
  assert.deepEqual(await series(metrics, "ratify_verification_request_millisecond_sum"), [
    "ratify_verification_request_millisecond_sum 45",
  ]);
});

Deno.test("a verifier run is counted by verifier, type, success, code and namespace", async () => {
  const metrics = await createMetrics();
  const run = { verifier: "corp", type: "notation", namespace: "team-a", durationMs: 12 };
  metrics.verifierRun({ ...run, success: true });
  metrics.verifierRun({ ...run, success: false, error: "authenticity.untrusted" });
  const name = "ratify_verifier_duration_millisecond";
  assert.deepEqual(await series(metrics, `${name}_count`), [
    `${name}_count{verifier="corp",type="notation",success="true",error="",workload_namespace="team-a"} 1`,
    `${name}_count{verifier="corp",type="notation",success="false",error="authenticity.untrusted",workload_namespace="team-a"} 1`,
  ]);
});

Deno.test("everything else is counted under its labels", async () => {
  const metrics = await createMetrics();
  metrics.systemError("DEADLINE_EXCEEDED");
  metrics.registryRequest("registry.example", 401, "team-a");
  metrics.registryRequest("registry.example", 200, "team-a");
  metrics.registryRequest("registry.example", 200, "team-a");
  metrics.registryRequest("registry.example", 299, "");
  metrics.registryRequest("registry.example", "error", "team-a");
  metrics.blobCache(true, "");
  metrics.blobCache(false, "");
  metrics.verdict({ verdict: "allow", namespace: "team-a" });
  metrics.verdict({ verdict: "undecided", error: "AUTH_DENIED", namespace: "" });
  metrics.cacheHit("verdicts");
  metrics.cacheMiss("verdicts");
  metrics.cacheEviction("verdicts");
  metrics.cacheSize("verdicts", 3);
  metrics.cacheSize("blobs", 4, 4096);
  metrics.deadlineExceeded("referrers");
  metrics.certificateExpiry("server", new Date("2030-01-01T00:00:00Z"));
  const found = (await lines(metrics)).filter((line) =>
    !/_bucket|_sum|_count |_reload_/.test(line)
  );
  assert.deepEqual(found, [
    'ratify_system_error_count_total{error="DEADLINE_EXCEEDED"} 1',
    'ratify_registry_request_count_total{status_code="401",registry_host="registry.example",workload_namespace="team-a"} 1',
    'ratify_registry_request_count_total{status_code="200",registry_host="registry.example",workload_namespace="team-a"} 2',
    'ratify_registry_request_count_total{status_code="2xx",registry_host="registry.example",workload_namespace=""} 1',
    'assay_registry_unanswered_total{registry_host="registry.example"} 1',
    'ratify_blob_cache_count_total{hit="true",workload_namespace=""} 1',
    'ratify_blob_cache_count_total{hit="false",workload_namespace=""} 1',
    'assay_verdicts_total{verdict="allow",error="",workload_namespace="team-a"} 1',
    'assay_verdicts_total{verdict="undecided",error="AUTH_DENIED",workload_namespace=""} 1',
    'assay_deadlines_exceeded_total{step="referrers"} 1',
    'assay_cache_hits_total{cache="verdicts"} 1',
    'assay_cache_misses_total{cache="verdicts"} 1',
    'assay_cache_evictions_total{cache="verdicts"} 1',
    'assay_cache_entries{cache="verdicts"} 3',
    'assay_cache_entries{cache="blobs"} 4',
    'assay_cache_bytes{cache="blobs"} 4096',
    'assay_tls_certificate_expiry_timestamp_seconds{certificate="server"} 1893456000',
  ]);
});

Deno.test("upstream requests of one verification go into small buckets", async () => {
  const metrics = await createMetrics();
  metrics.upstreamRequests(4);
  assert.equal(await bounds(metrics, "assay_upstream_requests"), "0 1 2 3 4 6 8 12 16 32 64 +Inf");
  assert.deepEqual(await series(metrics, "assay_upstream_requests_sum"), [
    "assay_upstream_requests_sum 4",
  ]);
});

Deno.test("only the configuration in force is shown, and a refused one leaves it", async () => {
  const metrics = await createMetrics();
  metrics.configurationLoaded("a".repeat(64), new Date(1_000_000));
  metrics.configurationLoaded("b".repeat(64), new Date(2_000_000));
  metrics.configurationRefused();
  assert.deepEqual((await lines(metrics)).filter((line) => line.includes("_configuration_")), [
    'assay_configuration_info{generation="bbbbbbbbbbbb"} 1',
    'assay_configuration_reloads_total{result="success"} 2',
    'assay_configuration_reloads_total{result="failure"} 1',
    "assay_configuration_last_reload_success_timestamp_seconds 2000",
    "assay_configuration_last_reload_successful 0",
  ]);
});

Deno.test("a request is in flight until its function is called, which counts once", async () => {
  const metrics = await createMetrics();
  const done = metrics.requestStarted("verify");
  metrics.requestStarted("verify");
  metrics.requestStarted("mutate");
  done();
  done();
  assert.deepEqual(await series(metrics, "assay_requests_in_flight"), [
    'assay_requests_in_flight{endpoint="verify"} 1',
    'assay_requests_in_flight{endpoint="mutate"} 1',
  ]);
});

Deno.test("key providers are those that there are now", async () => {
  const metrics = await createMetrics();
  metrics.keyProviders([{ provider: "gone", fetchedAt: new Date(0), stale: false }]);
  metrics.keyProviders([
    { provider: "a/vault", fetchedAt: new Date(5000), stale: true },
    { provider: "new", fetchedAt: undefined, stale: true },
  ]);
  assert.deepEqual((await lines(metrics)).filter((line) => line.includes("key_provider")), [
    'assay_key_provider_last_success_timestamp_seconds{provider="a/vault"} 5',
    'assay_key_provider_stale{provider="a/vault"} 1',
    'assay_key_provider_stale{provider="new"} 1',
  ]);
});

Deno.test("hosts, namespaces and verifiers beyond the limit are counted as other", async () => {
  const metrics = await createMetrics();
  for (let index = 0; index < 500; index++) {
    metrics.registryRequest(`host${index}.example`, 200, "team-0");
    metrics.blobCache(true, `team-${index}`);
    metrics.deadlineExceeded(`step ${index}`);
    const [verifier, namespace] = [`verifier-${index}`, `team-${index}`];
    metrics.verifierRun({ verifier, type: "notation", success: true, namespace, durationMs: 1 });
    metrics.verdict({ verdict: "allow", namespace });
  }
  for (
    const name of [
      "ratify_registry_request_count_total",
      "ratify_blob_cache_count_total",
      "assay_deadlines_exceeded_total",
      "ratify_verifier_duration_millisecond_count",
      "assay_verdicts_total",
    ]
  ) {
    const found = await series(metrics, name);
    assert.equal(found.length, 201, name);
    assert.match(found.at(-1) ?? "", /"other".* 300$/);
  }
});

Deno.test("labels that multiply are bounded together", async () => {
  const metrics = await createMetrics();
  for (let index = 0; index < 60; index++) {
    for (let other = 0; other < 60; other++) {
      metrics.registryRequest(`host${index}.example`, 200, `team-${other}`);
      metrics.verifierRun({
        verifier: `verifier-${index}`,
        type: "notation",
        success: true,
        namespace: `team-${other}`,
        durationMs: 1,
      });
    }
  }
  assert.equal((await series(metrics, "ratify_registry_request_count_total")).length, 1001);
  const runs = await series(metrics, "ratify_verifier_duration_millisecond_count");
  assert.equal(runs.length, 1001);
  assert.match(
    runs.at(-1) ?? "",
    /verifier="other",type="other".*workload_namespace="other".* 2600$/,
  );
});

Deno.test("a label value that is too long is other, and a hostile one stays in its quotes", async () => {
  const metrics = await createMetrics();
  metrics.deadlineExceeded("x".repeat(254));
  metrics.deadlineExceeded('a"} 9\nassay_cache_entries{cache="b');
  assert.deepEqual(await series(metrics, "assay_deadlines_exceeded_total"), [
    'assay_deadlines_exceeded_total{step="other"} 1',
    'assay_deadlines_exceeded_total{step="a\\"} 9\\nassay_cache_entries{cache=\\"b"} 1',
  ]);
});

Deno.test("the process is measured", async () => {
  const metrics = await createMetrics();
  await metrics.render(); // asked once more, it must say the same and not the sum
  const { body, contentType } = await metrics.render();
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  const value = (name: string): number => Number(new RegExp(`^${name} (.*)$`, "m").exec(body)?.[1]);
  const { user, system } = process.cpuUsage();
  assert.ok(value("process_cpu_seconds_total") > 0);
  assert.ok(value("process_cpu_seconds_total") <= (user + system) / 1e6);
  assert.ok(value("process_resident_memory_bytes") > 10_000_000);
  assert.ok(value("process_start_time_seconds") > 1_700_000_000);
});

Deno.test("each service has metrics of its own", async () => {
  const [one, two] = [await createMetrics(), await createMetrics()];
  one.cacheHit("verdicts");
  assert.deepEqual(await series(two, "assay_cache_hits_total"), []);
});

Deno.test("without metrics everything can be called and nothing is shown", async () => {
  NO_METRICS.requestStarted("verify")();
  NO_METRICS.keyProviders([]);
  assert.equal((await NO_METRICS.render()).body, "");
});

Deno.test("createMetrics tells what was done about revocation as totals, however often it is told", async () => {
  const metrics = await createMetrics();
  metrics.revocationTotals({ requests: 1, hits: 2 });
  metrics.revocationTotals({ requests: 3, hits: 2 });
  const { body } = await metrics.render();
  assert.match(body, /^assay_revocation_status_total\{outcome="requests"\} 3$/m);
  assert.match(body, /^assay_revocation_status_total\{outcome="hits"\} 2$/m);
});
