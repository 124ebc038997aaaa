import assert from "node:assert/strict";
import { AssayError } from "../src/errors.ts";
import {
  type CredentialProvider,
  k8sSecretsCredentials,
  type K8sSecretsOptions,
} from "../src/stores/mod.ts";
import { Clock } from "./clouds/double.ts";
import { type ClusterDouble, pullSecret, startCluster } from "./clouds/kubernetes.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";

/* Which secret of a cluster has the credential for a registry; the API is a double over TLS. */

const SIGNAL = new AbortController().signal;
const REGISTRY = "r.example.com";

function provider(
  cluster: ClusterDouble,
  options: K8sSecretsOptions = {},
  clock = new Clock(),
  env: Readonly<Record<string, string>> = {},
): CredentialProvider {
  const [host = "", port = ""] = cluster.api.host.split(":");
  const all = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, ...env };
  return k8sSecretsCredentials(options, cloudSurroundings(clock, all, cluster.files));
}

/** The password that is found, or why none is. */
async function find(from: CredentialProvider): Promise<string> {
  try {
    const found = await from.credentials(REGISTRY, SIGNAL);
    return found?.kind === "password" ? found.password : String(found?.kind);
  } catch (error) {
    assert.ok(error instanceof AssayError && error.code === "AUTH_DENIED", String(error));
    const all = Deno.inspect(error, { depth: 20, strAbbreviateSize: 1e6 });
    assert.ok(!all.includes("PLANTED") && !all.includes(btoa("robot:PLANTED").slice(0, 12)), all);
    return error.message;
  }
}

const account = (...names: string[]): unknown => ({
  kind: "ServiceAccount",
  imagePullSecrets: names.map((name) => ({ name })),
});

Deno.test("k8Secrets looks at the named secrets in order, then at pull secrets, in both types", async () => {
  await using cluster = await startCluster();
  const { objects } = cluster;
  cluster.allowed.add("team");
  objects.set("assay/serviceaccounts/verifier", account("gone", "opaque", "old", "new"));
  objects.set("assay/secrets/opaque", { type: "Opaque", data: { x: "UExBTlRFRA==" } });
  objects.set("assay/secrets/old", pullSecret(REGISTRY, "PLANTED-old", "dockercfg"));
  objects.set("assay/secrets/new", pullSecret(REGISTRY, "PLANTED-new"));
  objects.set("assay/secrets/other", pullSecret("other.example.com", "PLANTED-other"));
  objects.set("team/secrets/a", pullSecret(REGISTRY, "PLANTED-a", "dockercfg"));
  const serviceAccountName = "verifier";
  const named = (...secrets: { secretName: string; namespace?: string }[]): Promise<string> =>
    find(provider(cluster, { serviceAccountName, secrets }));
  assert.equal(await named(), "PLANTED-old");
  assert.equal(await named({ secretName: "missing" }, { secretName: "other" }), "PLANTED-old");
  assert.equal(await named({ secretName: "new" }), "PLANTED-new");
  assert.equal(
    await named({ secretName: "other" }, { secretName: "a", namespace: "team" }, {
      secretName: "new",
    }),
    "PLANTED-a",
  );
});

Deno.test("k8Secrets says why it has no credential, and nothing of a secret", async () => {
  await using cluster = await startCluster();
  const { objects } = cluster;
  const secret = (data: unknown, type = "kubernetes.io/dockerconfigjson"): unknown => ({
    type,
    data,
  });
  const text = (content: string): unknown => secret({ ".dockerconfigjson": btoa(content) });
  objects.set("assay/serviceaccounts/default", account());
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [
      secret({}, "Opaque"),
      /the secret assay\/s has not the type kubernetes.io\/dockerconfigjson or/,
    ],
    [secret({}), /the secret assay\/s has no data \.dockerconfigjson/],
    [secret({ ".dockerconfigjson": "PLANTED!" }), /cannot be used: it is not strict JSON/],
    [text("PLANTED"), /the data \.dockerconfigjson of the secret assay\/s cannot be used/],
    [text('{"auths":{"r.example.com":{"auth":"PLANTED"}}}'), /auths\["r\.example\.com"\]/],
    [text("{}"), /neither a secret that the Store names nor a pull secret of the service account/],
  ];
  for (const [object, expected] of cases) {
    objects.set("assay/secrets/s", object);
    assert.match(await find(provider(cluster, { secrets: [{ secretName: "s" }] })), expected);
  }
  const other = { secrets: [{ secretName: "s", namespace: "forbidden" }] };
  assert.match(
    await find(provider(cluster, other)),
    /the Kubernetes API, asked for \S+\/forbidden\/secrets\/s, answers with status 403 \(Forbidden\)/,
  );
  assert.match(
    await find(provider(cluster, { serviceAccountName: "gone" })),
    /there is no service account assay\/gone/,
  );
  assert.match(await find(provider(cluster, { serviceAccountName: "../x" })), /is not a name/);
  objects.set("assay/serviceaccounts/default", { imagePullSecrets: [{}] });
  assert.match(
    await find(provider(cluster)),
    /pull secrets of the service account .* cannot be read/,
  );
});

Deno.test("k8Secrets of a namespace reads nothing outside it", async () => {
  await using cluster = await startCluster();
  cluster.allowed.add("team-a");
  cluster.objects.set("assay/serviceaccounts/default", account("pull"));
  cluster.objects.set("assay/secrets/pull", pullSecret(REGISTRY, "PLANTED-assay"));
  cluster.objects.set("team-a/serviceaccounts/default", account("pull"));
  cluster.objects.set("team-a/secrets/pull", pullSecret(REGISTRY, "PLANTED-team"));
  assert.equal(await find(provider(cluster, { namespace: "team-a" })), "PLANTED-team");
  assert.ok(cluster.api.asked.every(({ url }) => url.pathname.includes("/namespaces/team-a/")));
});

Deno.test("k8Secrets takes its own namespace from the environment, else from the pod", async () => {
  await using cluster = await startCluster();
  cluster.allowed.add("elsewhere");
  for (const namespace of ["assay", "elsewhere"]) {
    cluster.objects.set(`${namespace}/serviceaccounts/default`, account("pull"));
    cluster.objects.set(`${namespace}/secrets/pull`, pullSecret(REGISTRY, namespace));
  }
  assert.equal(await find(provider(cluster)), "assay");
  const env = { RATIFY_NAMESPACE: "elsewhere" };
  assert.equal(await find(provider(cluster, {}, new Clock(), env)), "elsewhere");
});

Deno.test("k8Secrets reads the token again, and notices a changed secret within a minute", async () => {
  await using cluster = await startCluster();
  const clock = new Clock();
  cluster.objects.set("assay/serviceaccounts/default", account("pull"));
  cluster.objects.set("assay/secrets/pull", pullSecret(REGISTRY, "one"));
  const from = provider(cluster, {}, clock);
  assert.equal(await find(from), "one");
  cluster.objects.set("assay/secrets/pull", pullSecret(REGISTRY, "two"));
  assert.equal(await find(from), "one");
  cluster.token = "PLANTED-cluster-token-2";
  clock.pass(61);
  assert.match(await find(from), /answers with status 401 \(Unauthorized\)/);
  cluster.files.set("/var/run/secrets/kubernetes.io/serviceaccount/token", cluster.token);
  clock.pass(3);
  assert.equal(await find(from), "two");
});

Deno.test("k8Secrets talks to no API that another CA vouches for, and to none outside a cluster", async () => {
  await using cluster = await startCluster();
  await using other = await startCluster("other CA");
  const ca = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
  cluster.files.set(ca, other.files.get(ca) ?? "");
  assert.match(await find(provider(cluster)), /could not be reached/);
  assert.equal(cluster.api.asked.length, 0);
  cluster.files.delete(ca);
  assert.match(await find(provider(cluster)), /The CA of the cluster .* cannot be read/);
  const env = { KUBERNETES_SERVICE_HOST: "" };
  assert.match(
    await find(provider(cluster, {}, new Clock(), env)),
    /KUBERNETES_SERVICE_HOST is not set/,
  );
});
