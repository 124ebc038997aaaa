import assert from "node:assert/strict";
import { KubernetesClient, PodAccess } from "../src/cloud/mod.ts";
import {
  ClusterConfiguration,
  type ClusterConfigurationOptions,
  type ClusterObject,
  type CollectionState,
  Leader,
  type LoadedObjects,
  type Refusal,
  statusOf,
  StatusWriter,
} from "../src/resources/mod.ts";
import { wait } from "../src/stores/mod.ts";
import { temporaryFolder } from "./temp.ts";
import { ApiServerDouble } from "./clouds/api_server.ts";
import {
  inlineProvider,
  notationResources,
  resource,
  type ResourceJson,
} from "./case_resources.ts";

/*
 * Resources of a cluster, at a double of the API server that can fail in every way that clusters do. The
 * real API server is asked by `./dev e2e`.
 */

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const NOW = (): Date => new Date("2026-11-24T12:00:00Z");
const COLLECTIONS: Readonly<Record<string, string>> = {
  Store: "stores",
  Verifier: "verifiers",
  Policy: "policies",
  KeyManagementProvider: "keymanagementproviders",
  NamespacedVerifier: "namespacedverifiers",
  NamespacedKeyManagementProvider: "namespacedkeymanagementproviders",
};
const POLICY = {
  version: "1.0",
  trustPolicies: [{
    name: "all",
    registryScopes: ["*"],
    signatureVerification: { level: "strict" },
    trustStores: ["ca:certs"],
    trustedIdentities: ["*"],
  }],
};
const CERTIFICATE = await Deno.readTextFile(
  `${import.meta.dirname}/../config/samples/certificates/root.pem`,
);

const STORE = resource("Store", "store", { name: "oras" });
const CONFIG_POLICY = resource("Policy", "ratify-policy", {
  type: "config-policy",
  parameters: { artifactVerificationPolicies: { default: "all" } },
});

interface Cluster extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly configuration: ClusterConfiguration;
  readonly states: Map<string, CollectionState>;
  readonly refusals: Refusal[];
  readonly applied: { objects: readonly ClusterObject[]; loaded: LoadedObjects }[];
  readonly files: Map<string, string>;
  readonly client: KubernetesClient;
}

function filesOf(api: ApiServerDouble): Map<string, string> {
  return new Map([
    [`${FOLDER}/token`, "PLANTED-token-1"],
    [`${FOLDER}/ca.crt`, api.ca],
    [`${FOLDER}/namespace`, "assay"],
  ]);
}

function accessTo(api: ApiServerDouble, files: ReadonlyMap<string, string>): PodAccess {
  const env: Readonly<Record<string, string>> = {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: api.port,
  };
  return new PodAccess({
    env: (name) => env[name],
    readText: (path) => Promise.resolve(files.get(path) ?? Promise.reject(new Error(path))),
    now: NOW,
  });
}

async function openCluster(
  prepare: (api: ApiServerDouble) => void,
  options: Partial<ClusterConfigurationOptions> = {},
): Promise<Cluster> {
  const api = await ApiServerDouble.start();
  prepare(api);
  const files = filesOf(api);
  const access = accessTo(api, files);
  const client = new KubernetesClient(access, "assay/test");
  const states = new Map<string, CollectionState>();
  const refusals: Refusal[] = [];
  const applied: Cluster["applied"] = [];
  const configuration = await ClusterConfiguration.open(
    {
      client,
      settings: [],
      // Pauses after failures are short here; what settles together still does.
      wait: (milliseconds, signal) => wait(Math.min(milliseconds, 20), signal),
      now: NOW,
      ...options,
    },
    {
      loaded: () => {},
      refused: (refusal) => refusals.push(refusal),
      collection: (kind, state) => states.set(kind, state),
      applied: (objects, loaded) => applied.push({ objects, loaded }),
    },
  );
  return {
    api,
    configuration,
    states,
    refusals,
    applied,
    files,
    client,
    [Symbol.asyncDispose]: async () => {
      await configuration[Symbol.asyncDispose]();
      access[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

function put(api: ApiServerDouble, ...resources: readonly ResourceJson[]): void {
  for (const one of resources) api.put(COLLECTIONS[String(one["kind"])] ?? "", one);
}

/** A Notation verifier, and its provider. */
function signing(name = "notation"): readonly ResourceJson[] {
  const all = notationResources(new Map([["ca:certs", CERTIFICATE]]), { trustPolicyDoc: POLICY });
  return all.map((one) => one["kind"] === "Verifier" ? { ...one, metadata: { name } } : one);
}

const complete = (api: ApiServerDouble): void => put(api, STORE, CONFIG_POLICY, ...signing());

/** Waits until something holds; fails with what it says otherwise. */
async function until(holds: () => unknown, what: string): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`not in time: ${what}`);
}

const verifiersOf = ({ configuration }: Cluster, scope = ""): string[] =>
  configuration.current.forScope(scope).verifiers.map(({ name }) => name);

Deno.test("resources of a cluster are in force, and follow it", async () => {
  await using cluster = await openCluster(complete);
  assert.deepEqual(verifiersOf(cluster), ["notation"]);
  assert.equal(cluster.configuration.refusal, undefined);
  put(cluster.api, ...signing("second").slice(-1));
  await until(() => verifiersOf(cluster).length === 2, "the second verifier");
  cluster.api.delete("verifiers", "notation");
  await until(() => verifiersOf(cluster).join() === "second", "the first is gone");
});

Deno.test("what changes while the resources are loaded for the first time is in force after it", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const keys = {
    current: async () => {
      begun.resolve();
      await gate.promise;
      return { certificates: [], keys: [], details: [] };
    },
  };
  const started: { api?: ApiServerDouble } = {};
  const opening = openCluster((api) => {
    started.api = api;
    complete(api);
    const parameters = { region: "eu-north-1", keys: [{ keyId: "alias/k" }] };
    put(api, resource("KeyManagementProvider", "slow", { type: "awskms", parameters }));
  }, { keys });
  await begun.promise;
  put(started.api ?? assert.fail(), ...signing("second").slice(-1));
  await wait(100, new AbortController().signal);
  gate.resolve();
  await using cluster = await opening;
  await until(() => verifiersOf(cluster).length === 2, "the second verifier");
});

Deno.test("a change to a wrong version leaves the last good one in force", async () => {
  await using cluster = await openCluster(complete);
  const { generation } = cluster.configuration.current;
  put(cluster.api, resource("Policy", "ratify-policy", { type: "nonsense", parameters: {} }));
  await until(() => cluster.configuration.refusal, "the refusal");
  assert.equal(cluster.configuration.current.generation, generation);
  assert.match(cluster.configuration.refusal?.problems[0]?.text ?? "", /must be config-policy/);
  const { loaded } = cluster.applied.at(-1) ?? assert.fail();
  assert.ok(loaded.inForce.has("Policy/ratify-policy"));
  // Other changes go on being taken up, and the mistake is told once.
  put(cluster.api, ...signing("second").slice(-1));
  await until(() => verifiersOf(cluster).length === 2, "the second verifier");
  assert.equal(cluster.refusals.length, 1);
  complete(cluster.api);
  await until(() => cluster.configuration.refusal === undefined, "it was corrected");
});

Deno.test("a resource that never was right keeps requests from getting a verdict, and no others", async () => {
  const wrong = { name: "notation", artifactTypes: "x", parameters: {} };
  const namespaced = {
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "NamespacedVerifier",
    metadata: { name: "v", namespace: "team-a" },
    spec: wrong,
  };
  await using cluster = await openCluster((api) => {
    complete(api);
    put(api, namespaced);
  });
  const errorOf = (scope: string): string | undefined =>
    cluster.configuration.current.forScope(scope).error?.message;
  assert.match(
    errorOf("team-a") ?? "",
    /^NamespacedVerifier\/team-a\/v is not in force: spec\.param/,
  );
  assert.equal(errorOf(""), undefined);
  assert.equal(errorOf("team-b"), undefined);
  put(cluster.api, resource("Verifier", "broken", wrong));
  await until(() => errorOf("") !== undefined, "the cluster's error");
  assert.match(errorOf("team-b") ?? "", /^Verifier\/broken is not in force/);
  cluster.api.delete("verifiers", "broken");
  await until(() => errorOf("") === undefined, "the cluster's is gone");
});

Deno.test("namespaces tighten where that is told, by what they have of their own, usable or not", async () => {
  const namespaced = (namespace: string, spec: ResourceJson): ResourceJson => ({
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "NamespacedVerifier",
    metadata: { name: "v", namespace },
    spec,
  });
  await using cluster = await openCluster((api) => {
    complete(api);
    put(api, namespaced("team-a", signing().at(-1)?.["spec"] as ResourceJson));
    put(api, namespaced("team-b", { name: "notation", artifactTypes: "x", parameters: {} }));
  }, { tenancy: "tighten" });
  const { scopesOf, forScope } = cluster.configuration.current;
  assert.deepEqual(["team-a", "team-b", "team-c", ""].map(scopesOf), [
    ["", "team-a"],
    ["", "team-b"],
    [""],
    [""],
  ]);
  assert.match(forScope("team-b").error?.message ?? "", /^NamespacedVerifier\/team-b\/v is not/);
});

Deno.test("a provider that is deleted, or never was right, leaves verdicts undecided", async () => {
  await using cluster = await openCluster((api) => {
    complete(api);
    const [provider] = signing();
    put(
      api,
      inlineProvider(
        String((provider?.["metadata"] as { name: string }).name),
        "certificate",
        "nonsense",
      ),
    );
  });
  const { forScope, trust } = cluster.configuration.current;
  assert.equal(forScope("").error, undefined);
  const [provider] = signing();
  const name = String((provider?.["metadata"] as { name: string }).name);
  assert.throws(() => trust.material(name, ""), {
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    effect: "undecided",
  });
  cluster.api.delete("keymanagementproviders", name);
  await until(
    () => cluster.configuration.current.forScope("").error,
    "the verifier has no provider",
  );
});

Deno.test("files that resources of the cluster name are read again when they change", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/ca.pem`;
  await Deno.writeTextFile(path, "no PEM");
  await using cluster = await openCluster((api) => {
    complete(api);
    const parameters = { contentType: "certificate", path };
    put(api, resource("KeyManagementProvider", "mounted", { type: "file", parameters }));
  });
  const material = (): unknown => cluster.configuration.current.trust.material("mounted", "");
  assert.throws(material, { code: "CERT_INVALID" });
  await Deno.writeTextFile(path, CERTIFICATE);
  const isThere = (): boolean => {
    try {
      return material() !== undefined;
    } catch {
      return false;
    }
  };
  await until(isThere, "the file that was corrected");
});

Deno.test("a kind that may not be listed, or is not there, is reported; the others are in force", async () => {
  await using cluster = await openCluster((api) => {
    complete(api);
    api.forbidden.add("list certificatestores");
    api.unknown.add("namespacedpolicies");
  });
  assert.equal(cluster.states.get("CertificateStore")?.condition, "forbidden");
  assert.match(cluster.states.get("CertificateStore")?.problem ?? "", /403 \(Forbidden\)/);
  assert.equal(cluster.states.get("NamespacedPolicy")?.condition, "absent");
  assert.equal(cluster.states.get("Store")?.condition, "current");
  assert.deepEqual(verifiersOf(cluster), ["notation"]);
  cluster.api.forbidden.clear();
  await until(
    () => cluster.configuration.collections.get("CertificateStore")?.condition === "current",
    "it may be listed now",
  );
});

Deno.test("what was seen last stays in force while the API server is down, and after it forgot the past", async () => {
  await using cluster = await openCluster(complete);
  const { api } = cluster;
  api.isDown = true;
  api.endWatches("break");
  await until(() => cluster.states.get("Verifier")?.condition === "failing", "it is noticed");
  assert.deepEqual(verifiersOf(cluster), ["notation"]);
  api.forget();
  put(api, ...signing("second").slice(-1));
  api.isDown = false;
  await until(() => verifiersOf(cluster).length === 2, "the change meanwhile");
  assert.equal(cluster.states.get("Verifier")?.condition, "current");
});

Deno.test("permissions that are taken away, and kinds that vanish for a moment, take nothing out of force", async () => {
  await using cluster = await openCluster(complete);
  const { api } = cluster;
  for (const kind of ["verifiers", "stores"]) {
    api.forbidden.add(`list ${kind}`);
    api.forbidden.add(`watch ${kind}`);
  }
  api.unknown.add("policies");
  api.forget();
  api.endWatches("close");
  await until(() => cluster.states.get("Policy")?.condition === "absent", "the kind is gone");
  await until(() => cluster.states.get("Verifier")?.condition === "forbidden", "it is forbidden");
  await cluster.configuration.reload();
  const { stores, verifiers, policy } = cluster.configuration.current.forScope("");
  assert.deepEqual([stores.length, verifiers.length, policy === undefined], [1, 1, false]);
});

Deno.test("watches that end are taken up where they ended, and a new token is used at once", async () => {
  await using cluster = await openCluster(complete);
  const { api, files } = cluster;
  for (let round = 0; round < 5; round++) {
    api.endWatches(round % 2 === 0 ? "close" : "break");
    put(api, ...signing(`round-${round}`).slice(-1));
  }
  await until(() => verifiersOf(cluster).length === 6, "all rounds");
  api.tokens.clear();
  api.tokens.add("PLANTED-token-2");
  files.set(`${FOLDER}/token`, "PLANTED-token-2");
  api.endWatches("close");
  put(api, ...signing("rotated").slice(-1));
  await until(() => verifiersOf(cluster).includes("rotated"), "the new token");
});

Deno.test("answers that are no answers of an API server are failures, and not believed", async () => {
  await using cluster = await openCluster(complete);
  const { api } = cluster;
  const wrong = [
    () => new Response("<html>"),
    () => Response.json({ items: "all" }),
    () => Response.json({ metadata: {}, items: [] }, { status: 500 }),
    () => new Response("not json\n"),
    () => new Response(`${JSON.stringify({ type: "DELETED" })}\n`),
    () => new Response(`${JSON.stringify({ type: "ERROR", object: { code: 410 } })}\n`),
    () => new Response("x".repeat(5 * 1024 * 1024)),
  ];
  for (const answer of wrong) {
    let asked = 0;
    api.instead = () => {
      asked++;
      return answer();
    };
    api.endWatches("close");
    await until(() => asked > 20, "it was asked again");
    assert.deepEqual(verifiersOf(cluster), ["notation"]);
  }
  api.instead = () => undefined;
  put(api, ...signing("second").slice(-1));
  await until(() => verifiersOf(cluster).length === 2, "the second verifier");
});

Deno.test("settings of the process that are wrong keep it from starting", async () => {
  const settings = [{
    path: "config.json",
    text: '{"executor": {"verificationRequestTimeout": -1}}',
  }];
  await assert.rejects(openCluster(complete, { settings }), { code: "CONFIG_INVALID" });
});

// Statuses.

interface Replica extends AsyncDisposable {
  readonly leader: Leader;
  readonly problems: (string | undefined)[];
}

function startReplica(cluster: Cluster, identity: string, clock: { time: number }): Replica {
  const stop = new AbortController();
  const pause = (_: number, signal: AbortSignal): Promise<boolean> => wait(10, signal);
  const now = (): Date => new Date(clock.time);
  const { client } = cluster;
  const leader = new Leader({
    client,
    name: "assay-leader",
    identity,
    now,
    wait: pause,
    changed: () => {},
  });
  const problems: (string | undefined)[] = [];
  const writer = new StatusWriter({
    client,
    now,
    wait: pause,
    leads: () => leader.leads,
    report: (problem) => problems.push(problem),
  });
  writer.use(() => {
    const { objects, loaded } = cluster.applied.at(-1) ?? assert.fail();
    return objects.map((object) => ({
      object,
      status: statusOf({
        object,
        problems: loaded.problems.get(object.label) ?? [],
        isInForce: loaded.inForce.has(object.label),
        provider: undefined,
        now: now(),
      }),
    }));
  });
  const working = Promise.all([leader.run(stop.signal), writer.run(stop.signal)]);
  return {
    leader,
    problems,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await working;
    },
  };
}

interface Status {
  readonly issuccess: boolean;
  readonly error: string;
  readonly brieferror: string;
  readonly observedGeneration: number;
  readonly conditions: readonly { type: string; status: string; reason: string; message: string }[];
}

const statusIn = (
  { api }: Cluster,
  collection: string,
  name: string,
  namespace = "",
): Status | undefined => api.get(collection, name, namespace)?.["status"] as Status | undefined;

Deno.test("what becomes of resources is in their status, with an Event for what goes wrong", async () => {
  await using cluster = await openCluster(complete);
  await using _ = startReplica(cluster, "one", { time: 0 });
  await until(() => statusIn(cluster, "stores", "store")?.issuccess, "a good status");
  const good = statusIn(cluster, "stores", "store") ?? assert.fail();
  assert.deepEqual([good.error, good.brieferror, good.observedGeneration], ["", "", 1]);
  assert.deepEqual(good.conditions.map(({ type, status, reason }) => [type, status, reason]), [
    ["Ready", "True", "InForce"],
  ]);
  put(cluster.api, resource("Policy", "ratify-policy", { type: "nonsense", parameters: {} }));
  await until(
    () => statusIn(cluster, "policies", "ratify-policy")?.issuccess === false,
    "a bad one",
  );
  const bad = statusIn(cluster, "policies", "ratify-policy") ?? assert.fail();
  assert.match(bad.error, /^POLICY_PROVIDER_NOT_FOUND: spec\.type: must be config-policy/);
  assert.ok(bad.brieferror.length <= 100 && bad.brieferror.endsWith("..."), bad.brieferror);
  assert.equal(bad.observedGeneration, 2);
  assert.match(bad.conditions[0]?.message ?? "", /^The version before stays in force: spec\.type/);
  assert.equal(bad.conditions[0]?.reason, "LastGoodInForce");
  await until(() => cluster.api.all("events").length === 1, "the Event");
  const [event] = cluster.api.all("events");
  assert.deepEqual([event?.["reason"], event?.["type"]], ["LastGoodInForce", "Warning"]);
});

Deno.test("a status is written when it changes and not otherwise, by one of several replicas", async () => {
  await using cluster = await openCluster(complete);
  const clock = { time: 0 };
  await using one = startReplica(cluster, "one", clock);
  await until(() => one.leader.leads, "one leads");
  await using two = startReplica(cluster, "two", clock);
  const writes = (): number =>
    cluster.api.changes.filter((text) => text.endsWith("/status")).length;
  await until(() => writes() === 4, "all statuses");
  await wait(200, new AbortController().signal);
  assert.equal(writes(), 4);
  assert.equal(two.leader.leads, false);
  await one[Symbol.asyncDispose](); // lets the lease go
  await until(() => two.leader.leads, "two leads");
  await wait(100, new AbortController().signal);
  assert.equal(writes(), 4, "what was written stays written");
});

Deno.test("a replica that ended without a word is followed when its lease is over, and leads no more by itself", async () => {
  await using cluster = await openCluster(complete);
  const mine = { time: 0 };
  await using one = startReplica(cluster, "one", mine);
  await until(() => one.leader.leads, "one leads");
  const theirs = { time: 1e9 }; // another clock altogether
  await using two = startReplica(cluster, "two", theirs);
  await wait(100, new AbortController().signal);
  assert.equal(two.leader.leads, false);
  cluster.api.forbidden.add("get leases");
  await wait(50, new AbortController().signal);
  mine.time += 16_000;
  assert.equal(one.leader.leads, false, "it could not renew in time");
  cluster.api.forbidden.clear();
  cluster.api.put("leases", {
    metadata: { name: "assay-leader", namespace: "assay" },
    spec: { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime: "x" },
  });
  await wait(100, new AbortController().signal);
  assert.equal(two.leader.leads, false, "the lease of the dead holds for a while");
  theirs.time += 16_000;
  await until(() => two.leader.leads, "two leads");
});

Deno.test("statuses that may not be written are reported, once, and written as soon as they may be", async () => {
  await using cluster = await openCluster((api) => {
    complete(api);
    for (const kind of ["stores", "policies", "verifiers", "keymanagementproviders"]) {
      api.forbidden.add(`patch ${kind}/status`);
    }
  });
  await using replica = startReplica(cluster, "one", { time: 0 });
  await until(() => replica.problems.length === 1, "the report");
  assert.match(replica.problems[0] ?? "", /403 \(Forbidden\)/);
  cluster.api.forbidden.clear();
  await until(() => replica.problems.length === 2, "the good news");
  assert.equal(replica.problems[1], undefined);
  assert.equal(statusIn(cluster, "stores", "store")?.issuccess, true);
});
