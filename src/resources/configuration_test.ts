import assert from "node:assert/strict";
import { AssayError } from "../errors.ts";
import { loadConfiguration } from "./load.ts";
import type { Configuration, ScopeConfiguration } from "./configuration.ts";
import { documents, notationSpec, provider, yaml } from "./testing/resources.ts";

/** A resource in namespace `team-a`. */
function tenant(kind: string, spec: string, name: string): string {
  return yaml(kind, spec, { name, namespace: "team-a" });
}

async function load(...resources: readonly string[]): Promise<Configuration> {
  const text = documents(...resources);
  const { configuration, problems } = await loadConfiguration([{ path: "t.yaml", text }]);
  assert.ok(configuration !== undefined, problems.map((problem) => problem.text).join("\n"));
  return configuration;
}

const POLICY = "type: config-policy\nparameters: {}";
const CLUSTER = [
  provider("ca"),
  yaml("Store", "name: oras", { name: "b" }),
  yaml("Store", "name: oras", { name: "a" }),
  yaml("Verifier", notationSpec(["ca"]), { name: "z" }),
  yaml("Verifier", notationSpec(["ca"]), { name: "m" }),
  yaml("Policy", POLICY, { name: "ratify-policy" }),
];

function names(scope: ScopeConfiguration): unknown {
  return [
    scope.stores.map(({ name }) => name),
    scope.verifiers.map(({ name }) => name),
    scope.policy?.type,
  ];
}

Deno.test("forScope lists the resources of the cluster by name", async () => {
  const configuration = await load(...CLUSTER);
  const all = [["a", "b"], ["m", "z"], "config-policy"];
  assert.deepEqual(names(configuration.forScope("")), all);
  assert.deepEqual(names(configuration.forScope("team-a")), all);
});

Deno.test("forScope lets one store of a namespace replace all of the cluster, and nothing else", async () => {
  const configuration = await load(...CLUSTER, tenant("NamespacedStore", "name: oras", "own"));
  assert.deepEqual(names(configuration.forScope("team-a")), [
    ["own"],
    ["m", "z"],
    "config-policy",
  ]);
  assert.deepEqual(names(configuration.forScope("team-b")), [
    ["a", "b"],
    ["m", "z"],
    "config-policy",
  ]);
});

Deno.test("forScope lets one verifier of a namespace replace all of the cluster", async () => {
  const own = tenant("NamespacedVerifier", notationSpec(["ca"]), "own");
  const configuration = await load(...CLUSTER, own);
  assert.deepEqual(names(configuration.forScope("team-a")), [
    ["a", "b"],
    ["own"],
    "config-policy",
  ]);
  assert.deepEqual(names(configuration.forScope("")), [["a", "b"], ["m", "z"], "config-policy"]);
});

Deno.test("forScope lets the policy of a namespace replace that of the cluster", async () => {
  const configuration = await load(...CLUSTER, tenant("NamespacedPolicy", POLICY, "ratify-policy"));
  const own = configuration.forScope("team-a").policy;
  assert.ok(own !== undefined);
  assert.notEqual(own, configuration.forScope("").policy);
  assert.equal(configuration.forScope("").policy, configuration.forScope("team-b").policy);
});

Deno.test("forScope gives requests without namespace nothing of a namespace", async () => {
  const configuration = await load(
    provider("ca"),
    tenant("NamespacedStore", "name: oras", "s"),
    tenant("NamespacedVerifier", notationSpec(["ca"]), "v"),
    tenant("NamespacedPolicy", POLICY, "ratify-policy"),
  );
  assert.deepEqual(names(configuration.forScope("team-a")), [["s"], ["v"], "config-policy"]);
  for (const scope of ["", "team-b", "__proto__", "constructor"]) {
    assert.deepEqual(names(configuration.forScope(scope)), [[], [], undefined], scope);
  }
});

Deno.test("createConfiguration gives what nobody can change", async () => {
  const configuration = await load(...CLUSTER);
  const { stores } = configuration.forScope("");
  assert.throws(() => (stores as unknown[]).push(1), TypeError);
  assert.throws(() => Object.assign(configuration, { generation: "x" }), TypeError);
});

Deno.test("material of a namespace is for requests of that namespace only", async () => {
  const { trust } = await load(provider("ca"), provider("ca", "team-a"));
  assert.equal(trust.material("ca", "team-a").certificates.length, 1);
  assert.equal(trust.material("team-a/ca", "team-a").certificates.length, 1);
  assert.throws(() => trust.material("team-a/ca", ""), { code: "OPERATION_FORBIDDEN" });
  assert.throws(() => trust.material("team-a/ca", "team-b"), { code: "OPERATION_FORBIDDEN" });
  assert.throws(() => trust.material("cb", ""), { code: "RESOURCE_NOT_FOUND" });
});

Deno.test("scopesOf is the scope of the request, and with tighten the cluster beside what a namespace has of its own", async () => {
  const settings = (tenancy: string): string => `{"executor": {"tenancy": "${tenancy}"}}`;
  const own = {
    "team-a": tenant("NamespacedStore", "name: oras", "own"),
    "team-b": yaml("NamespacedVerifier", notationSpec(["ca"]), { name: "v", namespace: "team-b" }),
    "team-c": yaml("NamespacedPolicy", POLICY, { name: "ratify-policy", namespace: "team-c" }),
    "team-d": provider("ca", "team-d"),
  };
  const text = documents(...CLUSTER, ...Object.values(own));
  const load = async (...files: { path: string; text: string }[]): Promise<Configuration> => {
    const { configuration, problems } = await loadConfiguration([
      { path: "t.yaml", text },
      ...files,
    ]);
    return configuration ?? assert.fail(problems.map((one) => one.text).join("\n"));
  };
  const scopes = ["", "team-a", "team-b", "team-c", "team-d", "team-e"];
  const all = ({ scopesOf }: Configuration): unknown => scopes.map(scopesOf);
  const replacing = await load();
  assert.deepEqual(all(replacing), scopes.map((scope) => [scope]));
  const tightening = await load({ path: "config.json", text: settings("tighten") });
  assert.deepEqual(all(tightening), [
    [""],
    ["", "team-a"],
    ["", "team-b"],
    ["", "team-c"],
    [""],
    [""],
  ]);
  assert.notEqual(tightening.generation, replacing.generation);
  const written = await load({ path: "config.json", text: settings("replace") });
  assert.equal(written.generation, replacing.generation);
  const files = [{ path: "t.yaml", text }, { path: "config.json", text: settings("replace") }];
  const told = await loadConfiguration(files, { tenancy: "tighten" });
  assert.equal(told.configuration?.generation, tightening.generation);
  const { problems } = await loadConfiguration([{
    path: "config.json",
    text: settings("loosen"),
  }]);
  assert.match(
    problems.map(({ field, text }) => `${field} ${text}`).join(),
    /executor\.tenancy .*tighten/,
  );
});

Deno.test("scopesOf counts a resource of a namespace of which no version can be used", async () => {
  const error = new AssayError({ code: "CONFIG_INVALID", component: "config", message: "broken" });
  const { configuration } = await loadConfiguration([{
    path: "t.yaml",
    text: documents(...CLUSTER),
  }], {
    tenancy: "tighten",
    unusable: [{ class: "Verifier", scope: "team-a", name: "v", error }],
  });
  assert.deepEqual(configuration?.scopesOf("team-a"), ["", "team-a"]);
  assert.equal(configuration?.forScope("team-a").error, error);
});

Deno.test("forScope follows each kind by itself, in all their combinations", async () => {
  const own = {
    stores: tenant("NamespacedStore", "name: oras", "own"),
    verifiers: tenant("NamespacedVerifier", notationSpec(["ca"]), "own"),
    policy: tenant("NamespacedPolicy", "type: config-policy\nparameters: {}", "ratify-policy"),
  };
  const kinds = Object.keys(own) as (keyof typeof own)[];
  for (let mask = 0; mask < 8; mask++) {
    const has = kinds.filter((_, bit) => mask & (1 << bit));
    const { forScope } = await load(...CLUSTER, ...has.map((kind) => own[kind]));
    const [ofTenant, ofCluster] = [forScope("team-a"), forScope("")];
    assert.deepEqual(names(ofCluster), [["a", "b"], ["m", "z"], "config-policy"]);
    assert.deepEqual(names(ofTenant), [
      has.includes("stores") ? ["own"] : ["a", "b"],
      has.includes("verifiers") ? ["own"] : ["m", "z"],
      "config-policy",
    ]);
    assert.equal(ofTenant.policy === ofCluster.policy, !has.includes("policy"));
  }
});
