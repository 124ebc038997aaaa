import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import { digestOf, OCI_IMAGE_MANIFEST } from "../oci/mod.ts";
import { createConfigPolicy } from "../policy/mod.ts";
import { type ArtifactReport, type ImageReport, toWire } from "../report/mod.ts";
import type { Configuration, ConfiguredStore } from "../resources/mod.ts";
import { createConfiguration } from "../resources/configuration.ts";
import { DEFAULT_SETTINGS } from "../resources/process_settings.ts";
import type { Tenancy } from "../resources/mod.ts";
import type { ArtifactStore, Subject } from "../stores/mod.ts";
import { TrustSnapshot } from "../trust/mod.ts";
import type { Verifier } from "../verifiers/mod.ts";
import { Engine } from "./engine.ts";
import { combineReports, JointVerification } from "./joint_verification.ts";

/*
 * Tenants that can only tighten. The rule, over resources of any kind: what is allowed for a namespace is
 * allowed for the cluster, and what is allowed is what both allow, of the same image.
 */

const TYPE = "application/vnd.example.signature";
const IMAGE = "registry.example.com/app:v1";

function digest(text: string): ReturnType<typeof digestOf> {
  return digestOf(new TextEncoder().encode(text));
}

/** What is random of the resources of a scope. */
interface Drawn {
  readonly stores: readonly { readonly image: string; readonly signatures: readonly string[] }[];
  readonly verifiers: readonly {
    readonly good: readonly string[];
    readonly undecided: readonly string[];
    /** The only scope in which it finds its key material; any where undefined. */
    readonly scope: string | undefined;
  }[];
  readonly policy: "any" | "all" | undefined;
  readonly isUnusable: boolean;
}

const SIGNATURES = ["one", "two"];
const drawn: fc.Arbitrary<Drawn> = fc.record({
  stores: fc.array(
    fc.record({
      image: fc.constantFrom("image", "image", "image", "other", ""),
      signatures: fc.subarray(SIGNATURES),
    }),
    { maxLength: 2 },
  ),
  verifiers: fc.array(
    fc.record({
      good: fc.subarray(SIGNATURES),
      undecided: fc.subarray(SIGNATURES, { maxLength: 1 }),
      scope: fc.constantFrom(undefined, undefined, "", "tenant"),
    }),
    { maxLength: 2 },
  ),
  policy: fc.constantFrom("any", "any", "all", undefined),
  isUnusable: fc.constantFrom(false, false, false, false, true),
});

/** The cluster has what it takes more often than not: other cases decide nothing. */
const cluster = fc.tuple(drawn, drawn).map(([one, other]) => ({
  stores: [...one.stores, ...other.stores],
  verifiers: [...one.verifiers, ...other.verifiers],
  policy: one.policy ?? other.policy,
  isUnusable: one.isUnusable && other.isUnusable,
}));

function storeOf({ image, signatures }: Drawn["stores"][number]): ArtifactStore {
  const subject = (reference: Subject["reference"]): Subject => ({
    reference,
    descriptor: { mediaType: OCI_IMAGE_MANIFEST, digest: digest(image), size: 5 },
  });
  const none = (): Promise<never> =>
    Promise.reject(
      new AssayError({
        code: "GET_SUBJECT_DESCRIPTOR_FAILURE",
        component: "referrerStore",
        message: "there is none",
        transient: false,
      }),
    );
  return {
    name: "memory",
    resolve: (reference) => image === "" ? none() : Promise.resolve(subject(reference)),
    referrers: () =>
      Promise.resolve(signatures.map((text) => ({
        mediaType: OCI_IMAGE_MANIFEST,
        digest: digest(text),
        size: text.length,
        artifactType: TYPE,
        source: "referrer" as const,
      }))),
    manifest: none,
    blob: none,
  };
}

function verifierOf(
  { good, undecided, scope }: Drawn["verifiers"][number],
  index: number,
): Verifier {
  const result = (outcome: "success" | "failure" | "undecided"): ReturnType<Verifier["verify"]> =>
    Promise.resolve(
      outcome === "success" ? { outcome, message: "good", checks: [] } : {
        outcome,
        message: "not good",
        checks: [],
        failure: { reason: "expiry", remedy: "sign again", transient: true },
      },
    );
  const digests = good.map(digest);
  return {
    name: `verifier-${index}`,
    type: "test",
    maxAttempts: 100,
    accepts: (type) => type === TYPE,
    verify: (_subject, { digest: found }, context) => {
      if (undecided.map(digest).includes(found)) return result("undecided");
      const finds = scope === undefined || scope === context.scope;
      return result(finds && digests.includes(found) ? "success" : "failure");
    },
  };
}

interface World {
  readonly configuration: (tenancy: Tenancy) => Configuration;
  readonly engine: Engine;
}

function worldOf(scopes: Readonly<Record<string, Drawn>>): World {
  const contents = new Map<string, ArtifactStore>();
  const stores = new Map<string, ConfiguredStore[]>();
  const verifiers = new Map<string, Verifier[]>();
  const policies = new Map<string, ReturnType<typeof createConfigPolicy>[]>();
  for (const [scope, { stores: mine, verifiers: judges, policy }] of Object.entries(scopes)) {
    const configured = mine.map((one, index) => {
      const identity = `${scope}-${index}`;
      contents.set(identity, storeOf(one));
      const parameters = {} as never;
      return { name: identity, identity, listingTtl: 0, type: "oras" as const, parameters };
    });
    if (configured.length > 0) stores.set(scope, configured);
    if (judges.length > 0) verifiers.set(scope, judges.map(verifierOf));
    if (policy === undefined) continue;
    policies.set(scope, [
      createConfigPolicy({ artifactVerificationPolicies: { default: policy } }),
    ]);
  }
  const unusable = Object.entries(scopes).filter(([, { isUnusable }]) => isUnusable).map((
    [scope],
  ) => ({
    class: "Verifier" as const,
    scope,
    name: "broken",
    error: new AssayError({ code: "CONFIG_INVALID", component: "config", message: "broken" }),
  }));
  return {
    configuration: (tenancy) =>
      createConfiguration(
        tenancy,
        new TrustSnapshot("test", new Map()),
        { ...DEFAULT_SETTINGS, tenancy },
        { stores, verifiers, policies, repositories: [], fetched: [], unusable },
      ),
    engine: new Engine({
      openStore: ({ identity }) => ({ store: contents.get(identity) ?? assert.fail() }),
      now: () => new Date("2026-11-24T12:00:00Z"),
      verdictTtl: 10_000,
      tagTtl: 10_000,
      maxCacheBytes: 1024 * 1024,
    }),
  };
}

type Outcome = "allow" | "deny" | "undecided" | "unusable";

async function ask(
  { engine, configuration }: World,
  tenancy: Tenancy,
  scope: string,
): Promise<{ readonly outcome: Outcome; readonly report: ImageReport | undefined }> {
  const key = scope === "" ? IMAGE : `[${scope}]${IMAGE}`;
  const { report } = await engine.verify(key, {
    configuration: configuration(tenancy),
    signal: new AbortController().signal,
  });
  return { outcome: report?.verdict.verdict ?? "unusable", report };
}

Deno.test("what is allowed under tighten is allowed by the cluster alone, and by the namespace", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(cluster, drawn, async (all, own) => {
      const world = worldOf({ "": all, tenant: own });
      using _ = world.engine;
      const alone = await ask(world, "replace", "");
      const replaced = await ask(world, "replace", "tenant");
      const tightened = await ask(world, "tighten", "tenant");
      // Again, from what is remembered.
      assert.equal((await ask(world, "tighten", "tenant")).outcome, tightened.outcome);
      assert.equal((await ask(world, "replace", "tenant")).outcome, replaced.outcome);
      assert.equal((await ask(world, "tighten", "")).outcome, alone.outcome);
      assert.equal((await ask(world, "tighten", "stranger")).outcome, alone.outcome);
      seen.set(tightened.outcome, (seen.get(tightened.outcome) ?? 0) + 1);
      const hasOwn = own.stores.length + own.verifiers.length > 0 || own.policy !== undefined ||
        own.isUnusable;
      const both = hasOwn ? [alone.outcome, replaced.outcome] : [alone.outcome];
      const expected = (["unusable", "deny", "undecided"] as const).find((one) =>
        both.includes(one)
      ) ?? (hasOwn && alone.report?.digest !== replaced.report?.digest ? "undecided" : "allow");
      assert.equal(tightened.outcome, expected);
    }),
    { numRuns: 1500 },
  );
  for (const outcome of ["allow", "deny", "undecided", "unusable"]) {
    assert.ok((seen.get(outcome) ?? 0) > 20, `${outcome}: ${seen.get(outcome)}`);
  }
});

const GOOD: Drawn = {
  stores: [{ image: "image", signatures: ["one"] }],
  verifiers: [{ good: ["one"], undecided: [], scope: undefined }],
  policy: "all",
  isUnusable: false,
};
const NONE: Drawn = { stores: [], verifiers: [], policy: undefined, isUnusable: false };

Deno.test("a joint verdict names both, and each report says whose resources it is of", async () => {
  const strict = { ...NONE, verifiers: [{ good: [], undecided: [], scope: undefined }] };
  const world = worldOf({ "": GOOD, tenant: strict });
  using _ = world.engine;
  const { report } = await ask(world, "tighten", "tenant");
  assert.ok(report?.verdict.verdict === "deny");
  assert.match(
    report.verdict.cause.message,
    /^cluster: allowed: .+; namespace tenant: denied: The image does not satisfy the policy/,
  );
  assert.equal(report.verdict.cause.code, "VERIFY_REFERENCE_FAILURE");
  assert.deepEqual(report.artifacts.map(({ origin, outcome }) => [origin, outcome]), [
    ["cluster", "success"],
    ["namespace tenant", "failure"],
  ]);
  const replaced = await ask(world, "replace", "tenant");
  assert.deepEqual(replaced.report?.artifacts.map(({ origin }) => origin), [undefined]);
});

Deno.test("a store of the namespace is never asked the cluster's question", async () => {
  const hidden = { ...GOOD, stores: [{ image: "image", signatures: ["two"] }] };
  const own = { ...NONE, stores: GOOD.stores };
  const world = worldOf({ "": hidden, tenant: own });
  using _ = world.engine;
  assert.equal((await ask(world, "replace", "tenant")).outcome, "allow");
  assert.equal((await ask(world, "tighten", "tenant")).outcome, "deny");
});

Deno.test("key material of the namespace does not answer the cluster's question", async () => {
  const foreign = { ...GOOD, verifiers: [{ good: ["one"], undecided: [], scope: "tenant" }] };
  const world = worldOf({ "": foreign, tenant: { ...NONE, policy: "any" } });
  using _ = world.engine;
  assert.equal((await ask(world, "replace", "tenant")).outcome, "allow");
  assert.equal((await ask(world, "tighten", "tenant")).outcome, "deny");
});

Deno.test("stores that have different images of one name leave the verdict open", async () => {
  const own = { ...NONE, stores: [{ image: "other", signatures: ["one"] }] };
  const world = worldOf({ "": GOOD, tenant: own });
  using _ = world.engine;
  const { report } = await ask(world, "tighten", "tenant");
  assert.ok(report?.verdict.verdict === "undecided");
  assert.equal(report.verdict.cause.transient, true);
  assert.match(report.verdict.cause.message, /different images of this name/);
});

function reportOf(artifactDigests: readonly string[], ignored: readonly string[]): ImageReport {
  return {
    reference: IMAGE,
    digest: digest("image"),
    verdict: { verdict: "allow", explanation: "fine" },
    artifacts: artifactDigests.map((referenceDigest): ArtifactReport => ({
      subject: IMAGE,
      subjectDigest: digest("image"),
      verifierName: "v",
      verifierType: "t",
      referenceDigest,
      artifactType: TYPE,
      outcome: "success",
      message: "good",
      checks: [],
    })),
    ignored: ignored.map((one) => ({ digest: one, artifactType: TYPE })),
  };
}

Deno.test("combineReports calls ignored what nobody accepts, and makes a tree of both where one has a tree", () => {
  const flat = reportOf(["a"], ["b", "c"]);
  const other = reportOf(["b"], ["a", "c"]);
  const joint = combineReports([{ scope: "", report: flat }, { scope: "x", report: other }]);
  assert.deepEqual(joint.ignored.map((one) => one.digest), ["c"]);
  assert.equal(joint.referrers, undefined);
  const [artifact] = other.artifacts;
  assert.ok(artifact);
  const leaf = { subject: "s", referenceDigest: "d", artifactType: TYPE, reports: [artifact] };
  const tree = {
    ...other,
    referrers: [{ ...leaf, nested: [{ ...leaf, nested: [] }] }],
  };
  const mixed = combineReports([{ scope: "", report: flat }, { scope: "x", report: tree }]);
  assert.deepEqual(
    mixed.referrers?.map(({ referenceDigest, reports, nested }) => [
      referenceDigest,
      reports[0]?.origin,
      nested[0]?.reports[0]?.origin,
    ]),
    [["a", "cluster", undefined], ["d", "namespace x", "namespace x"]],
  );
  const wire = toWire(mixed, { traceId: "t", timestamp: new Date(0) });
  assert.equal(wire.version, "1.1.0");
  assert.match(JSON.stringify(wire), /"origin":"cluster".*"origin":"namespace x"/);
  assert.equal(combineReports([{ scope: "x", report: flat }]), flat);
});

Deno.test("JointVerification waits for all before it fails, and tells each outcome", async () => {
  const told: ImageReport[] = [];
  let ended = false;
  const report = reportOf([], []);
  const joint = new JointVerification([
    { scope: "", verification: { report, run: () => Promise.reject(new Error("first")) } },
    {
      scope: "x",
      verification: {
        report,
        run: async () => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          ended = true;
          return report;
        },
      },
      done: (one) => void told.push(one),
    },
  ]);
  await assert.rejects(joint.run(), { message: "first" });
  assert.ok(ended);
  assert.deepEqual(told, [report]);
  assert.equal(joint.report.verdict.verdict, "allow");
});
