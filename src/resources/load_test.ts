import assert from "node:assert/strict";
import { loadConfiguration, type LoadOptions } from "./load.ts";
import type { Configuration } from "./configuration.ts";
import { formatProblem } from "./problem.ts";
import type { SourceFile } from "./source.ts";
import {
  COMPLETE,
  documents,
  EXPIRED_CERTIFICATE,
  notationSpec,
  pemValue,
  problemsOf,
  provider,
  PUBLIC_KEY,
  type ResourceOptions,
  yaml,
} from "./testing/resources.ts";

const SIGNATURE = "application/vnd.cncf.notary.signature";
const V1ALPHA1 = "config.ratify.deislabs.io/v1alpha1";

/** Loads texts that must be good, and gives the configuration. */
async function load(
  files: readonly SourceFile[] | string,
  options?: LoadOptions,
): Promise<Configuration> {
  const list = typeof files === "string" ? [{ path: "t.yaml", text: files }] : files;
  const { configuration, problems } = await loadConfiguration(list, options);
  assert.ok(configuration !== undefined, problems.map(formatProblem).join("\n"));
  return configuration;
}

Deno.test("loadConfiguration compiles a Store, a Verifier, a Policy and a provider", async () => {
  assert.deepEqual(await problemsOf(COMPLETE), []);
  const configuration = await load(COMPLETE);
  const { stores, verifiers, policy } = configuration.forScope("");
  assert.deepEqual(stores.map(({ name, type }) => [name, type]), [["store", "oras"]]);
  assert.deepEqual(verifiers.map(({ name, type }) => [name, type]), [["notation", "notation"]]);
  assert.equal(verifiers[0]?.accepts(SIGNATURE), true);
  assert.equal(verifiers[0]?.accepts("application/spdx+json"), false);
  assert.equal(verifiers[0]?.maxAttempts, 100);
  assert.equal(policy?.type, "config-policy");
  assert.equal(configuration.trust.material("ca", "").certificates.length, 1);
});

Deno.test("loadConfiguration applies the defaults of a Store", async () => {
  const [store] =
    (await load(yaml("Store", "name: oras\nparameters: {ttl: 0}"))).forScope("").stores;
  assert.deepEqual(store?.parameters, {
    anonymousFallback: false,
    caBundles: {},
    clientCertificates: {},
    cacheEnabled: false,
    cosignAttestations: false,
    cosignEnabled: false,
    mirrors: {},
    plainHttp: [],
    ttl: 10,
    useHttp: false,
  });
});

Deno.test("loadConfiguration tells a Store of attestations where a verifier that may meet it judges them", async () => {
  const attestation = (
    options: ResourceOptions,
    types = "application/vnd.dev.sigstore.bundle.v0.3+json",
  ): string =>
    yaml(
      options.namespace === undefined ? "Verifier" : "NamespacedVerifier",
      `name: attestation
artifactTypes: "${types}"
parameters:
  predicateTypes: [custom]
  trustPolicies:
    - name: a
      scopes: ["*"]
      tLogVerify: false
      keyless: {certificateIdentity: a@b.example, certificateOIDCIssuer: 'https://i.example'}`,
      options,
    );
  const own = yaml("NamespacedStore", "name: oras", { name: "own", namespace: "team-a" });
  const cosign = attestation({ namespace: "team-a" }).replaceAll(
    "name: attestation",
    "name: cosign",
  )
    .replace("  predicateTypes: [custom]\n", "");
  const told = async (...resources: string[]): Promise<Record<string, boolean>> => {
    const { stores } = await load(documents(COMPLETE, ...resources));
    return Object.fromEntries(
      stores.map(({ name, parameters }) => [name, parameters.cosignAttestations]),
    );
  };
  assert.deepEqual(await told(), { store: false });
  assert.deepEqual(await told(attestation({})), { store: true });
  assert.deepEqual(await told(attestation({}, "a/b")), { store: false });
  assert.deepEqual(await told(attestation({}), own), { store: true, own: true });
  // The store of the cluster serves the namespace too; that of the namespace has other verifiers.
  assert.deepEqual(await told(attestation({ namespace: "team-a" })), { store: true });
  assert.deepEqual(await told(attestation({ namespace: "team-b" }), own), {
    store: true,
    own: false,
  });
  assert.deepEqual(await told(attestation({}), cosign, own), { store: true, own: false });
});

Deno.test("loadConfiguration accepts every parameter of a Store", async () => {
  const bundle = new URL("../../config/samples/certificates/root.pem", import.meta.url).pathname;
  const spec = [
    "name: oras",
    "version: 1.0.0",
    "parameters:",
    "  cosignEnabled: true",
    "  cacheEnabled: true",
    "  ttl: 30",
    "  localCachePath: /var/cache/assay",
    "  plainHttp: ['localhost:5000', '[::1]:5000']",
    `  caBundles: {registry.example.com: ${bundle}}`,
    "  mirrors: {docker.io: [mirror.example.com]}",
    "  anonymousFallback: true",
    "  authProvider: {name: k8Secrets, serviceAccountName: a, secrets: [{secretName: b}]}",
  ].join("\n");
  const [store] = (await load(yaml("Store", spec))).forScope("").stores;
  assert.deepEqual(store?.parameters, {
    anonymousFallback: true,
    authProvider: { name: "k8Secrets", serviceAccountName: "a", secrets: [{ secretName: "b" }] },
    caBundles: { "registry.example.com": await Deno.readTextFile(bundle) },
    clientCertificates: {},
    cacheEnabled: true,
    cosignAttestations: false,
    cosignEnabled: true,
    localCachePath: "/var/cache/assay",
    mirrors: { "docker.io": ["mirror.example.com"] },
    plainHttp: ["localhost:5000", "[::1]:5000"],
    ttl: 30,
    useHttp: false,
  });
});

for (
  const authProvider of [
    "{name: dockerConfig, configPath: /root/.docker/config.json}",
    "{name: k8Secrets}",
    "{name: azureWorkloadIdentity, clientID: a, endpoints: ['*.azurecr.io', a.azurecr.io]}",
    "{name: azureManagedIdentity, clientID: a}",
    "{name: awsEcrBasic}",
    "{name: gcpArtifactRegistry}",
    "{name: static, registries: {'r.example.com:5000': {usernameFile: /a, passwordFile: /b}}}",
    "{name: alibabacloudAcrBasic, defaultInstanceId: a, acrInstancesConfig: [{instanceName: b, instanceId: c}]}",
  ]
) {
  Deno.test(`loadConfiguration accepts the authProvider ${authProvider}`, async () => {
    const text = yaml("Store", `name: oras\nparameters:\n  authProvider: ${authProvider}`);
    assert.equal((await load(text)).forScope("").stores.length, 1);
  });
}

Deno.test("loadConfiguration accepts every parameter of a Notation verifier", async () => {
  const extra = [
    "  userMetadata: {build: '42'}",
    "  maxSignatureAttempts: 5",
    "  allowedRevocationHosts: [ocsp.internal]",
    "  staleWhileUnreachable: 1h30m",
    "  version: 1.0.0",
  ].join("\n");
  const spec = notationSpec(["ca"], extra).replace("name: notation", "name: a\ntype: notation")
    .replace("level: strict", "level: strict, override: {expiry: log}, verifyTimestamp: always");
  const [verifier] = (await load(documents(provider("ca"), yaml("Verifier", spec)))).forScope("")
    .verifiers;
  assert.deepEqual([verifier?.name, verifier?.type, verifier?.maxAttempts], ["x", "notation", 5]);
});

Deno.test("loadConfiguration trims the artifact types of a verifier", async () => {
  const spec = notationSpec(["ca"]).replace(
    `artifactTypes: ${SIGNATURE}`,
    "artifactTypes: a/b , c/d,",
  );
  const [verifier] = (await load(documents(provider("ca"), yaml("Verifier", spec)))).forScope("")
    .verifiers;
  assert.deepEqual(["a/b", "c/d", "", SIGNATURE].map((type) => verifier?.accepts(type)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("loadConfiguration reads trust stores in the older shape as those of the type ca", async () => {
  const spec = notationSpec(["ca"]).replace("{ca: {acme: [ca]}}", "{acme: [ca]}");
  assert.equal(
    (await load(documents(provider("ca"), yaml("Verifier", spec)))).forScope("").verifiers.length,
    1,
  );
});

Deno.test("loadConfiguration reads the spellings of a policy type alike", async () => {
  for (const type of ["config-policy", "configPolicy", "CONFIG-POLICY", "configpolicy"]) {
    const text = yaml("Policy", `type: ${type}\nparameters: {}`, { name: "ratify-policy" });
    assert.equal((await load(text)).forScope("").policy?.type, "config-policy", type);
  }
});

Deno.test("loadConfiguration takes a key from a provider", async () => {
  const text = yaml(
    "KeyManagementProvider",
    `type: inline\nparameters:\n  contentType: key\n${pemValue(PUBLIC_KEY)}`,
  );
  assert.deepEqual(
    (await load(text)).trust.material("x", "").keys.map(({ key }) => key.description),
    ["EC P-256"],
  );
});

Deno.test("loadConfiguration reads the resources of a List and of several documents alike", async () => {
  const { parseYamlFile } = await import("./yaml.ts");
  const values = parseYamlFile({ path: "t.yaml", text: COMPLETE }).documents
    .map((document) => document.value);
  const nested = { kind: "List", items: [{ kind: "List", items: values.slice(1) }, values[0]] };
  const text = JSON.stringify({ apiVersion: "v1", ...nested });
  const fromList = await load([{ path: "list.json", text }]);
  const fromDocuments = await load(`---\n---\n${COMPLETE}---\n`);
  assert.equal(fromList.generation, fromDocuments.generation);
});

Deno.test("loadConfiguration names the fields of an item as those of the resource", async () => {
  const text = JSON.stringify(
    {
      kind: "List",
      items: [{
        apiVersion: "config.ratify.deislabs.io/v1beta1",
        kind: "Store",
        metadata: { name: "x" },
        spec: { name: "oras", parameters: { ttl: "a" } },
      }],
    },
    null,
    1,
  );
  assert.deepEqual(await problemsOf(text, { path: "a.json" }), [
    'a.json:13:13: error CONFIG_INVALID Store/x spec.parameters.ttl: must be a number; found "a"',
  ]);
});

Deno.test("loadConfiguration converts resources of v1alpha1, with a warning", async () => {
  const options = { apiVersion: V1ALPHA1 };
  const text = documents(
    yaml("Store", "name: oras", options),
    yaml("Verifier", notationSpec(["gatekeeper-system/ca"]), options),
    yaml("CertificateStore", `provider: inline\nparameters:\n${pemValue(EXPIRED_CERTIFICATE)}`, {
      ...options,
      name: "ca",
      namespace: "gatekeeper-system",
    }),
    yaml("Policy", "parameters: {artifactVerificationPolicies: {default: any}}", {
      ...options,
      name: "configpolicy",
    }),
  );
  const deprecated = `${V1ALPHA1} is deprecated; use config.ratify.deislabs.io/v1beta1`;
  assert.deepEqual(await problemsOf(text), [
    `t.yaml:1:13: warning CONFIG_INVALID Store/x apiVersion: ${deprecated}`,
    `t.yaml:7:13: warning CONFIG_INVALID Verifier/x apiVersion: ${deprecated}`,
    "t.yaml:14:42: warning CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca.acme[0]: only requests of namespace gatekeeper-system can use provider gatekeeper-system/ca",
    "t.yaml:24:1: warning CONFIG_INVALID CertificateStore/gatekeeper-system/ca: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    `t.yaml:24:13: warning CONFIG_INVALID CertificateStore/gatekeeper-system/ca apiVersion: ${deprecated}`,
    `t.yaml:46:13: warning CONFIG_INVALID Policy/configpolicy apiVersion: ${deprecated}`,
  ]);
  assert.equal((await load(text)).forScope("").policy?.type, "config-policy");
});

Deno.test("loadConfiguration finds a CertificateStore of its own namespace without namespace", async () => {
  const store = yaml(
    "CertificateStore",
    `provider: inline\nparameters:\n${pemValue(EXPIRED_CERTIFICATE)}`,
    {
      name: "ca",
      namespace: "assay",
    },
  );
  const text = documents(store, yaml("Verifier", notationSpec(["ca"])));
  const configuration = await load(text, { ownNamespace: "assay" });
  assert.equal(configuration.trust.material("ca", "").certificates.length, 1);
  assert.equal((await loadConfiguration([{ path: "t.yaml", text }])).configuration, undefined);
});

Deno.test("loadConfiguration lets a provider win over a CertificateStore of its name", async () => {
  const store = yaml(
    "CertificateStore",
    `provider: inline\nparameters:\n${pemValue(EXPIRED_CERTIFICATE)}`,
    {
      name: "ca",
      namespace: "team-a",
    },
  );
  for (
    const text of [
      documents(store, provider("ca", "team-a")),
      documents(provider("ca", "team-a"), store),
    ]
  ) {
    const [details] = (await load(text)).trust.material("team-a/ca", "team-a").details;
    assert.equal(details?.notAfter, "2060-01-01T00:00:00.000Z");
  }
});

Deno.test("loadConfiguration accepts parameters that a template left empty", async () => {
  assert.equal(
    (await load(yaml("Store", "name: oras\nparameters:"))).forScope("").stores.length,
    1,
  );
});

Deno.test("loadConfiguration of nothing is an empty configuration", async () => {
  const { configuration, problems } = await loadConfiguration([]);
  assert.deepEqual(problems, []);
  assert.deepEqual(configuration?.forScope("any"), {
    stores: [],
    verifiers: [],
    policy: undefined,
  });
});

Deno.test("loadConfiguration stops when it is told to", async () => {
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(load(COMPLETE, { signal }), /stopped/);
});
