import assert from "node:assert/strict";
import { stringify } from "yaml";
import { resourceDefinitions } from "../../src/resources/mod.ts";
import { BASE, CERTIFICATE, KEY } from "../chart_values.ts";
import { CHART, type Manifest, runHelm, type Values } from "../helm.ts";
import { temporaryFolder } from "../temp.ts";
import { forgeCa } from "../tls.ts";
import { openCluster } from "./cluster.ts";

/*
 * The chart at a real API server: an upgrade takes over what hooks of another chart have left, once and for
 * all, and what it renders is accepted. No kubelet is needed: nothing waits for Pods. The job for definitions
 * would be waited for, so it is off.
 */

const NAMESPACE = "gatekeeper-system";
const HOOK = { "helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-weight": "5" };
const VALUES: Values = {
  ...BASE,
  notationCerts: [CERTIFICATE],
  cosignKeys: [KEY],
  sbom: { enabled: true },
  vulnerabilityreport: { enabled: true },
  networkPolicy: { enabled: true },
  replicaCount: 2,
  upgradeCRDs: { enabled: false },
};

/** Authorities as Providers have them: Gatekeeper takes no others. */
const [BEFORE, AFTER] = await Promise.all(
  ["before", "after"].map(async (name) => btoa((await forgeCa(name)).pem)),
);

/** What such a chart leaves in the cluster: objects of no release. */
const LEFT = [
  {
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "Store",
    metadata: { name: "store-oras", annotations: HOOK },
    spec: { name: "oras", parameters: { cosignEnabled: true } },
  },
  {
    apiVersion: "externaldata.gatekeeper.sh/v1beta1",
    kind: "Provider",
    metadata: { name: "ratify-provider", annotations: HOOK },
    spec: {
      url: "https://ratify.gatekeeper-system:6001/ratify/gatekeeper/v1/verify",
      timeout: 5,
      caBundle: BEFORE,
    },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "ratify-tls", namespace: NAMESPACE, annotations: HOOK },
    data: { "ca.crt": BEFORE },
  },
];

Deno.test("the chart takes over what another has left, and what it renders is accepted", async () => {
  await using folder = await temporaryFolder();
  await using cluster = await openCluster();
  const { kubectl, get: getObject } = cluster;
  const helm = async (command: string, values: Values, ...more: string[]): Promise<void> => {
    const file = `${folder.path}/values.yaml`;
    await Deno.writeTextFile(file, stringify(values));
    const args = command === "uninstall"
      ? [command, "ratify"]
      : [command, "ratify", CHART, `--values=${file}`];
    const run = await runHelm([...args, `--namespace=${NAMESPACE}`, ...more], folder.path, {
      KUBECONFIG: cluster.kubeconfig,
    });
    assert.ok(run.success, run.err);
  };
  const store = (): Promise<Manifest> =>
    getObject("stores.config.ratify.deislabs.io", "store-oras");
  const provider = (): Promise<Manifest> =>
    getObject("providers.externaldata.gatekeeper.sh", "ratify-provider");

  await kubectl(
    ["apply", "--server-side", "-f", "-"],
    stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }),
  );
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", `${CHART}/crds`]);
  await kubectl([
    "wait",
    "--for=condition=Established",
    "crd",
    ...resourceDefinitions().map(({ metadata }) => metadata.name),
  ]);
  await kubectl(["apply", "-f", "-"], LEFT.map((one) => stringify(one)).join("---\n"));

  try {
    // They are made anew by each installation and upgrade, as that chart did.
    await helm("install", VALUES);
    const first = await store();
    assert.equal(
      (await provider()).spec.caBundle,
      BEFORE,
      "Gatekeeper goes on to trust what it trusted",
    );
    assert.equal((await getObject("secret", "ratify-tls", NAMESPACE)).data["ca.crt"], BEFORE);
    await helm("upgrade", { ...VALUES, oras: { cache: { ttl: 60 } } });
    assert.equal((await store()).spec.parameters.ttl, 60, "and are what the values say");
    assert.notEqual((await store()).metadata.uid, first.metadata.uid);

    // Once deleted, they are the release's, and changed where they are.
    await kubectl(["delete", "stores.config.ratify.deislabs.io", "store-oras"]);
    await kubectl(["delete", "providers.externaldata.gatekeeper.sh", "ratify-provider"]);
    await helm("upgrade", VALUES);
    const owned = await store();
    assert.equal(owned.metadata.annotations["meta.helm.sh/release-name"], "ratify");
    await helm("upgrade", { ...VALUES, oras: { cache: { ttl: 30 } } });
    assert.equal((await store()).metadata.uid, owned.metadata.uid);
    assert.equal((await store()).spec.parameters.ttl, 30);

    // What Assay wrote into its Provider stays.
    await kubectl([
      "patch",
      "providers.externaldata.gatekeeper.sh",
      "ratify-provider",
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { caBundle: AFTER } }),
    ]);
    await kubectl([
      "patch",
      "secret",
      "ratify-tls",
      "-n",
      NAMESPACE,
      "--type=merge",
      "-p",
      JSON.stringify({ data: { "ca.crt": AFTER } }),
    ]);
    await helm("upgrade", { ...VALUES, replicaCount: 3 });
    assert.equal((await provider()).spec.caBundle, AFTER);
    assert.equal((await store()).metadata.uid, owned.metadata.uid);
    assert.equal((await getObject("deployment", "ratify", NAMESPACE)).spec.replicas, 3);

    const may = async (verb: string, what: string, namespace = NAMESPACE): Promise<boolean> =>
      await kubectl([
        "auth",
        "can-i",
        verb,
        ...what.split(" "),
        "-n",
        namespace,
        `--as=system:serviceaccount:${NAMESPACE}:ratify-admin`,
      ])
        .then(() => true, () => false);
    for (
      const [verb, what] of [
        ["list", "stores.config.ratify.deislabs.io"],
        ["patch", "verifiers.config.ratify.deislabs.io --subresource=status"],
        ["update", "leases.coordination.k8s.io/ratify-leader"],
        ["update", "secrets/ratify-tls"],
        ["patch", "providers.externaldata.gatekeeper.sh/ratify-provider"],
      ]
    ) assert.ok(await may(verb ?? "", what ?? ""), `${verb} ${what}`);
    for (
      const [verb, what] of [
        ["delete", "stores.config.ratify.deislabs.io"],
        ["patch", "stores.config.ratify.deislabs.io"],
        ["list", "secrets"],
        ["get", "secrets/other"],
        ["update", "leases.coordination.k8s.io/other"],
        ["get", "pods"],
      ]
    ) assert.ok(!await may(verb ?? "", what ?? ""), `${verb} ${what}`);
    assert.ok(await may("create", "events", "default"));
  } finally {
    await helm("uninstall", {});
    await kubectl(["delete", "--ignore-not-found", "secret", "ratify-tls", "-n", NAMESPACE]);
  }
  assert.equal(await store(), undefined, "nothing is left behind");
  assert.equal(await provider(), undefined);
});
