import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { serveCommand } from "../src/cli/commands/serve.ts";
import { readSettings } from "../src/cli/commands/serve_settings.ts";
import { COMMON_OPTIONS } from "../src/cli/help.ts";
import { parseInvocation } from "../src/cli/invocation.ts";
import { resourceDefinitions } from "../src/resources/mod.ts";
import { parseAddress } from "../src/server/mod.ts";
import { runProgram } from "./binary.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The kustomize folders that stand on k8s/deployment, as `kubectl kustomize` renders them. tests/k8s_test.ts
 * looks at the files themselves, and needs no kubectl.
 */

const K8S = `${import.meta.dirname}/../k8s`;
const PATH = Deno.env.get("PATH") ?? "";
/** Where there is none, they are not tests that were skipped: the files themselves are looked at. */
const test = await hasKubectl()
  ? (name: string, fn: () => Promise<void>): void => Deno.test(name, fn)
  : (): void => {};

// deno-lint-ignore no-explicit-any -- manifests of many kinds, whose members the assertions name
type Manifest = any;

/** What each overlay says about the account, the Pod and the image. */
const OVERLAYS: Readonly<Record<string, (found: Found) => void>> = {
  aks: ({ account, pod }) => {
    assert.ok("azure.workload.identity/client-id" in account.metadata.annotations);
    assert.equal(account.metadata.labels["azure.workload.identity/use"], "true");
    assert.equal(pod.metadata.labels["azure.workload.identity/use"], "true");
  },
  eks: ({ account }) =>
    assert.match(
      account.metadata.annotations["eks.amazonaws.com/role-arn"],
      /^arn:aws:iam::\d+:role\//,
    ),
  ack: ({ account }) =>
    assert.ok("pod-identity.alibabacloud.com/role-name" in account.metadata.annotations),
  "air-gapped": ({ pod, objects }) => {
    assert.match(pod.spec.containers[0].image, /^registry\.internal\.example\/assay:/);
    const { podSelector, policyTypes } =
      objects.find(({ kind }: Manifest) => kind === "NetworkPolicy").spec;
    assert.deepEqual(policyTypes, ["Ingress", "Egress"]);
    for (const [name, value] of Object.entries(podSelector.matchLabels)) {
      assert.equal(pod.metadata.labels[name], value);
    }
  },
};

interface Found {
  readonly objects: Manifest[];
  readonly account: Manifest;
  readonly pod: Manifest;
}

Deno.test("there is a test for each overlay", () => {
  const there = [...Deno.readDirSync(`${K8S}/overlays`)].map(({ name }) => name);
  assert.deepEqual(there.toSorted(), Object.keys(OVERLAYS).toSorted());
});

for (const [name, look] of Object.entries(OVERLAYS)) {
  test(`the overlay ${name} reads resources from the cluster, with the rights for it`, async () => {
    const objects = await kustomize(`overlays/${name}`);
    const account = objects.find(({ kind }) => kind === "ServiceAccount");
    const { template } = objects.find(({ kind }) => kind === "Deployment").spec;
    assert.equal(template.spec.serviceAccountName, account.metadata.name);
    assert.equal(template.spec.automountServiceAccountToken, true);
    const [container] = template.spec.containers;
    const options = [...serveCommand.options, ...COMMON_OPTIONS];
    const invocation = parseInvocation({ ...serveCommand, options }, container.args.slice(1));
    readSettings(serveCommand, invocation, parseAddress, undefined);
    assert.ok(invocation.flag("enable-crd-manager"));
    assert.deepEqual(invocation.texts("config"), ["/etc/assay/config/config.json"]);
    const env = container.env.find((one: Manifest) => one.name === "RATIFY_NAME");
    const roles = objects.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
    const granted = roles.flatMap(({ rules }) => rules).flatMap((rule: Manifest) =>
      rule.resources.map((one: string) =>
        `${one}${rule.resourceNames ? ` ${rule.resourceNames}` : ""}: ${rule.verbs}`
      )
    );
    const kinds = resourceDefinitions().map(({ metadata }) => metadata.name.split(".")[0]);
    assert.deepEqual(
      granted.toSorted(),
      [
        ...kinds.flatMap((kind) => [`${kind}: list,watch`, `${kind}/status: patch`]),
        "events: create",
        "leases: create",
        `leases ${env.value}-leader: get,update,patch`,
      ].toSorted(),
    );
    look({ objects, account, pod: template });
  });
}

test("the component for pull secrets gives the Deployment a token, and one Secret to read", async () => {
  const objects = await kustomize("probe", {
    kind: "Kustomization",
    resources: ["../deployment"],
    components: ["../k8s-secrets"],
  });
  const { rules } = objects.find(({ kind }) => kind === "Role");
  assert.deepEqual(
    rules.map((
      { resources, resourceNames, verbs }: Manifest,
    ) => [...resources, ...resourceNames, ...verbs]),
    [["serviceaccounts", "assay", "get"], ["secrets", "registry-credentials", "get"]],
  );
  const { template } = objects.find(({ kind }) => kind === "Deployment").spec;
  assert.equal(template.spec.automountServiceAccountToken, true);
});

test("the Deployment by itself asks nothing of the cluster", async () => {
  const objects = await kustomize("deployment");
  assert.deepEqual(objects.filter(({ kind }) => /Role/.test(kind)), []);
  for (const provider of objects.filter(({ kind }) => kind === "Provider")) {
    assert.equal(atob(provider.spec.caBundle), "ca.crt", "that of the Secret");
  }
});

/** Renders a folder of k8s/, in a copy that has certificates, and a kustomization of the test's own if given. */
async function kustomize(
  folder: string,
  own?: Readonly<Record<string, unknown>>,
): Promise<Manifest[]> {
  await using scratch = await temporaryFolder();
  const copy = await runProgram("cp", ["-R", K8S, `${scratch.path}/k8s`], { PATH });
  assert.equal(copy.status, 0, copy.err);
  await Deno.mkdir(`${scratch.path}/k8s/assay/tls`, { recursive: true });
  for (const name of ["ca.crt", "tls.crt", "tls.key"]) {
    await Deno.writeTextFile(`${scratch.path}/k8s/assay/tls/${name}`, name);
  }
  if (own !== undefined) {
    await Deno.mkdir(`${scratch.path}/k8s/${folder}`);
    await Deno.writeTextFile(
      `${scratch.path}/k8s/${folder}/kustomization.yaml`,
      JSON.stringify(own),
    );
  }
  const run = await runProgram("kubectl", ["kustomize", `${scratch.path}/k8s/${folder}`], { PATH });
  assert.equal(run.status, 0, run.err);
  return parseAllDocuments(run.out).map((document) => document.toJS());
}

async function hasKubectl(): Promise<boolean> {
  try {
    return (await runProgram("kubectl", ["kustomize", "--help"], { PATH })).status === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
