import assert from "node:assert/strict";
import { AssayError } from "../errors.ts";
import { createMetrics } from "../telemetry/mod.ts";
import { describeKeyProviders, type KeyProviderStatus, stateOfKeys } from "./key_providers.ts";

const problem = new AssayError({
  code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
  component: "keyManagementProvider",
  message: "no answer",
});
const NOON = new Date("2026-11-24T12:00:00Z");
const LATER = new Date("2026-11-24T13:00:00Z");

type Entry = KeyProviderStatus["entries"][number];
const entry = (condition: Entry["condition"], lastRefreshed?: Date, error?: AssayError): Entry => ({
  label: `key ${condition}`,
  condition,
  lastRefreshed,
  problem: error,
});

const ALL: readonly KeyProviderStatus[] = [
  { provider: "good", entries: [entry("fresh", LATER), entry("gone", NOON, problem)] },
  { provider: "bad", entries: [entry("fresh", LATER), entry("stale", NOON, problem)] },
  { provider: "none", entries: [entry("pending")] },
];

Deno.test("describeKeyProviders tells of entries that are not fresh, and counts the others", () => {
  assert.deepEqual(describeKeyProviders(ALL), [
    {
      provider: "good",
      entries: 2,
      fresh: 1,
      others: [{
        entry: "key gone",
        condition: "gone",
        lastRefreshed: NOON.toISOString(),
        problem: "no answer",
      }],
    },
    {
      provider: "bad",
      entries: 2,
      fresh: 1,
      others: [{
        entry: "key stale",
        condition: "stale",
        lastRefreshed: NOON.toISOString(),
        problem: "no answer",
      }],
    },
    {
      provider: "none",
      entries: 1,
      fresh: 0,
      others: [{ entry: "key pending", condition: "pending" }],
    },
  ]);
});

Deno.test("metrics have the age of a provider's oldest entry, and whether any is not fresh", async () => {
  const metrics = await createMetrics();
  metrics.keyProviders(ALL.map(stateOfKeys));
  const { body } = await metrics.render();
  const last = "assay_key_provider_last_success_timestamp_seconds";
  assert.ok(body.includes(`${last}{provider="good"} ${LATER.getTime() / 1000}`), body);
  assert.ok(body.includes(`${last}{provider="bad"} ${NOON.getTime() / 1000}`));
  assert.ok(!body.includes(`${last}{provider="none"}`));
  for (const [provider, stale] of [["good", 0], ["bad", 1], ["none", 1]]) {
    assert.ok(body.includes(`assay_key_provider_stale{provider="${provider}"} ${stale}`));
  }
});
