import assert from "node:assert/strict";
import { temporaryFolder } from "../../tests/temp.ts";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { CERTIFICATE, COMPLETE, problemsOf, provider, yaml } from "./testing/resources.ts";

const TRUST_POLICY = {
  version: "1.0",
  trustPolicies: [{
    name: "p",
    registryScopes: ["*"],
    signatureVerification: { level: "strict" },
    trustStores: ["ca:certs"],
    trustedIdentities: ["*"],
  }],
};

/** A complete file, with changes to its sections. */
function configJson(
  certificates: string,
  sections: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    executor: { verificationRequestTimeout: 2500, mutationRequestTimeout: 800 },
    logger: { formatter: "json", requestHeaders: { traceIDHeaderName: ["x-request-id"] } },
    crl: { cache: { enabled: true } },
    store: {
      version: "1.0.0",
      plugins: [{ name: "oras", cosignEnabled: true, useHttp: false, ttl: 20 }],
    },
    policy: {
      version: "1.0.0",
      plugin: { name: "configPolicy", artifactVerificationPolicies: { default: "any" } },
    },
    verifier: {
      version: "1.0.0",
      plugins: [{
        name: "sig-prod",
        type: "notation",
        artifactTypes: "application/vnd.cncf.notary.signature",
        verificationCerts: [certificates],
        trustPolicyDoc: TRUST_POLICY,
      }],
    },
    ...sections,
  });
}

Deno.test("readConfigFile reads all sections", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/ca.pem`, CERTIFICATE);
  const { configuration, problems } = await loadConfiguration([
    { path: "config.json", text: configJson(folder.path) },
  ]);
  assert.deepEqual(problems, []);
  assert.ok(configuration !== undefined);
  assert.deepEqual(configuration.executor, { verifyTimeoutMs: 2500, mutateTimeoutMs: 800 });
  assert.deepEqual(configuration.logger, {
    formatter: "json",
    traceIdHeaders: ["x-request-id"],
  });
  assert.equal(configuration.crlCacheEnabled, true);
  const { stores, verifiers, policy } = configuration.forScope("team-a");
  assert.deepEqual(stores.map(({ name, type, listingTtl }) => [name, type, listingTtl]), [[
    "oras",
    "oras",
    0,
  ]]);
  assert.deepEqual(verifiers.map(({ name, type }) => [name, type]), [["sig-prod", "notation"]]);
  assert.equal(policy?.type, "config-policy");
});

Deno.test("readConfigFile expands ~/ in the paths of certificates", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/ca.pem`, CERTIFICATE);
  const files = [{ path: "config.json", text: configJson("~/ca.pem") }];
  const { configuration } = await loadConfiguration(files, { home: folder.path });
  assert.ok(configuration !== undefined);
  const { problems } = await loadConfiguration(files);
  assert.deepEqual(problems.map(({ code, field }) => [code, field]), [
    ["CERT_INVALID", "verifier.plugins[0].verificationCerts[0]"],
  ]);
});

Deno.test("readConfigFile takes the type of a verifier from its name", async () => {
  const text = JSON.stringify({
    verifier: { plugins: [{ name: "cosign", artifactTypes: "a/b", key: "/x" }] },
  });
  assert.deepEqual(await problemsOf(text, { path: "config.json" }), [
    "config.json:1:70: error KEY_INVALID Verifier/cosign verifier.plugins[0].key: The file /x cannot be read: it does not exist",
  ]);
});

Deno.test("readConfigFile leaves missing sections to resources of other files", async () => {
  const { configuration, problems } = await loadConfiguration([
    { path: "config.json", text: '{"executor": {"verificationRequestTimeout": 4900}}' },
    { path: "resources.yaml", text: COMPLETE },
  ]);
  assert.deepEqual(problems, []);
  assert.equal(configuration?.executor.verifyTimeoutMs, 4900);
  assert.equal(configuration?.executor.mutateTimeoutMs, 950);
  assert.equal(configuration?.forScope("").verifiers.length, 1);
});

Deno.test("readConfigFile of an empty object gives the defaults", async () => {
  const { configuration, problems } = await loadConfiguration([
    { path: "config.json", text: "{}" },
  ]);
  assert.deepEqual(configuration?.executor, { verifyTimeoutMs: 2900, mutateTimeoutMs: 950 });
  assert.deepEqual(configuration?.logger, { formatter: "text", traceIdHeaders: [] });
  assert.equal(configuration?.crlCacheEnabled, false);
  assert.equal(problems.length, 3); // there is no Store, no Verifier, no Policy
});

Deno.test("readConfigFile reads the name of a header in all forms that templates write", async () => {
  const forms: readonly (readonly [unknown, readonly string[]])[] = [
    ["x-a", ["x-a"]],
    [["x-a", "x-b"], ["x-a", "x-b"]],
    ["[x-a x-b]", ["x-a", "x-b"]],
    ["x-a,x-b", ["x-a", "x-b"]],
    ["[]", []],
    ["", []],
    [[], []],
  ];
  for (const [traceIDHeaderName, expected] of forms) {
    const text = JSON.stringify({ logger: { requestHeaders: { traceIDHeaderName } } });
    const { configuration } = await loadConfiguration([{ path: "config.json", text }]);
    assert.deepEqual(configuration?.logger.traceIdHeaders, expected, text);
  }
});

Deno.test("readConfigFile warns of plugin directories and of sections that it does not know", async () => {
  const text = JSON.stringify({
    store: { pluginBinDirs: ["/plugins"], plugins: [{ name: "oras" }] },
    tracing: {},
  });
  assert.deepEqual((await problemsOf(text, { path: "config.json" })).slice(2), [
    "config.json:1:11: warning CONFIG_INVALID store.pluginBinDirs: is ignored: the built-in types need no plugin directory",
    "config.json:1:69: warning CONFIG_INVALID tracing: is ignored: it is not a known section; known are store, policy, verifier, executor, crl, logger",
  ]);
});

Deno.test("readConfigFile reads one config.json only", async () => {
  const { problems } = await loadConfiguration([
    { path: "a.json", text: "{}" },
    { path: "b.json", text: "{}" },
  ]);
  assert.deepEqual(problems.map(formatProblem), [
    "b.json:1:1: error CONFIG_INVALID there may be one config.json; a.json is another",
  ]);
});

Deno.test("readConfigFile finds a store that a resource has defined already", async () => {
  const { problems } = await loadConfiguration([
    { path: "a.yaml", text: yaml("Store", "name: oras", { name: "oras" }) },
    { path: "b.json", text: '{"store": {"plugins": [{"name": "oras"}]}}' },
  ]);
  assert.deepEqual(problems.map(formatProblem), [
    "b.json:1:24: error CONFIG_INVALID Store/oras store.plugins[0]: is already defined, as Store/oras, at a.yaml:1:1",
  ]);
});

Deno.test("a JSON file with an apiVersion or a kind is no config.json", async () => {
  for (const text of ['{"kind": "Stor"}', '{"apiVersion": "v1"}']) {
    const [problem] = await problemsOf(text, { path: "config.json" });
    assert.match(problem ?? "", /kind: (?:is missing|must be one of)/);
  }
  const [problem] = await problemsOf("store: {}\n", { path: "config.yaml" });
  assert.match(problem ?? "", /kind: is missing/);
});

Deno.test("a config.json may use a provider of another file", async () => {
  const text = configJson("unused", {
    verifier: {
      plugins: [{
        name: "notation",
        artifactTypes: "a/b",
        verificationCertStores: { certs: ["ca"] },
        trustPolicyDoc: TRUST_POLICY,
      }],
    },
  });
  const { problems } = await loadConfiguration([
    { path: "config.json", text },
    { path: "ca.yaml", text: provider("ca") },
  ]);
  assert.deepEqual(problems, []);
});
