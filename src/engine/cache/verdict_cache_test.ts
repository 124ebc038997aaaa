import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import type { ArtifactReport, ImageReport } from "../../report/mod.ts";
import { validUntil, VerdictCache } from "./verdict_cache.ts";

const CAUSE = new AssayError({ code: "UNKNOWN", component: "executor", message: "x" });

function report(
  verdict: "allow" | "deny" | "undecided",
  ends: readonly (number | undefined)[] = [],
): ImageReport {
  return {
    reference: "r/a:v1",
    digest: "sha256:1",
    verdict: verdict === "allow" ? { verdict, explanation: "" } : { verdict, cause: CAUSE },
    artifacts: ends.map((end) => artifact(end)),
    ignored: [],
  };
}

function artifact(end: number | undefined, nested: readonly ArtifactReport[] = []): ArtifactReport {
  return {
    subject: "",
    subjectDigest: "",
    verifierName: "",
    verifierType: "",
    referenceDigest: "",
    artifactType: "",
    outcome: "success",
    message: "",
    checks: [],
    validUntil: end === undefined ? undefined : new Date(end),
    nested,
  };
}

function cacheOf(ttl = 10): VerdictCache {
  return new VerdictCache(ttl, { maxBytes: 100_000 });
}

const asOf = { wall: 1000, monotonic: 100 };

Deno.test("VerdictCache keeps allow and deny, and never undecided or a verdict without digest", () => {
  const cache = cacheOf();
  for (const verdict of ["allow", "deny"] as const) {
    const kept = report(verdict);
    cache.put(verdict, kept, asOf, 100);
    assert.equal(cache.get(verdict, "sha256:1", asOf), kept);
  }
  cache.put("q", report("undecided"), asOf, 100);
  cache.put("q", { ...report("allow"), digest: undefined }, asOf, 100);
  assert.equal(cache.cache.size, 2);
});

Deno.test("VerdictCache answers the same question about the same digest only", () => {
  const cache = cacheOf();
  cache.put("q", report("allow"), asOf, 100);
  assert.equal(cache.get("p", "sha256:1", asOf), undefined);
  assert.equal(cache.get("q", "sha256:2", asOf), undefined);
});

Deno.test("VerdictCache counts the age of a verdict from the listing that it was made of", () => {
  const cache = cacheOf();
  cache.put("new", report("allow"), asOf, 100);
  cache.put("old", report("allow"), asOf, 95); // a listing that was remembered for 5 already
  cache.put("older", report("allow"), asOf, 90);
  const found = (question: string, monotonic: number): boolean =>
    cache.get(question, "sha256:1", { wall: 1000, monotonic }) !== undefined;
  assert.deepEqual([found("new", 109), found("old", 104), found("older", 100)], [
    true,
    true,
    false,
  ]);
  assert.deepEqual([found("new", 110), found("old", 105)], [false, false]);
});

Deno.test("VerdictCache does not give a verdict for a time of day before or after it holds", () => {
  const cache = cacheOf();
  cache.put("q", report("allow", [undefined, 1500, 2000]), asOf, 100);
  const found = (wall: number): boolean =>
    cache.get("q", "sha256:1", { wall, monotonic: 101 }) !== undefined;
  assert.deepEqual([999, 1000, 1499, 1500].map(found), [false, true, true, false]);
});

Deno.test("VerdictCache with a time to live of 0 keeps nothing", () => {
  const cache = cacheOf(0);
  cache.put("q", report("allow"), asOf, 100);
  assert.equal(cache.cache.size, 0);
});

Deno.test("validUntil looks into nested reports too", () => {
  const nested = artifact(3000, [artifact(undefined), artifact(2500)]);
  assert.equal(validUntil({ ...report("allow"), artifacts: [nested] }), 2500);
  assert.equal(validUntil(report("allow")), Infinity);
});
