import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { ApiServerDouble } from "./clouds/api_server.ts";
import { writeKubeconfig } from "./clouds/kubeconfig.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* `assay check --cluster`, at a double of the API server. */

const GROUP = "config.ratify.deislabs.io/v1beta1";
const SAMPLES = new URL("../config/samples/", import.meta.url).pathname;

type Json = Readonly<Record<string, unknown>>;

function putSample(api: ApiServerDouble, name: string): void {
  for (const document of parseAllDocuments(Deno.readTextFileSync(`${SAMPLES}${name}`))) {
    const resource = document.toJS();
    const kind = String(resource.kind).toLowerCase();
    api.put(kind.endsWith("policy") ? kind.replace(/y$/, "ies") : `${kind}s`, resource);
  }
}

/** Runs the command at a cluster with the sample resources. */
async function check(prepare: (api: ApiServerDouble) => void): Promise<CliRun> {
  await using folder = await temporaryFolder();
  await using api = await ApiServerDouble.start();
  putSample(api, "namespaces.yaml");
  prepare(api);
  const env = { KUBECONFIG: await writeKubeconfig(api, folder.path) };
  const run = await runCli(["check", "--cluster"], { env });
  assert.deepEqual(api.changes, [], "nothing is changed");
  return run;
}

const verifier = (name: string, spec: Json, also: Json = {}): Json => ({
  apiVersion: GROUP,
  kind: "Verifier",
  metadata: { name },
  spec,
  ...also,
});

Deno.test("check --cluster tells what is in force, what applies where, and what key material there is", async () => {
  const { status, out, err } = await check(() => {});
  assert.equal(status, 0, out + err);
  assert.match(out, /^ {2}NamespacedVerifier\/team-a\/notation: in force$/m);
  assert.match(
    out,
    /^ {2}the cluster: Store registries; Verifier notation; Policy ratify-policy$/m,
  );
  assert.match(
    out,
    /^ {2}namespace team-a: Store registries of the cluster; Verifier notation; Policy ratify-policy of the cluster$/m,
  );
  assert.match(out, /^ {2}KeyManagementProvider\/release-ca: certificate CN=.* until 2060-/m);
  assert.match(err, /^resources: 6; errors: 0, warnings: \d$/m);
});

Deno.test("check --cluster tells what is not in force and why, and exits with status 2", async () => {
  const { status, out } = await check((api) => {
    api.put("verifiers", verifier("broken", { name: "nonsense", artifactTypes: "x" }));
  });
  assert.equal(status, 2);
  assert.match(
    out,
    /^ {2}error: Verifier\/broken: not in force: PLUGIN_NOT_FOUND spec\.name: must be one of/m,
  );
  assert.match(
    out,
    /^ {2}warning: the cluster: .*its requests get no verdict: Verifier\/broken is not in force/m,
  );
  // The namespace has verifiers of its own.
  assert.doesNotMatch(out, /warning: namespace team-a/);
});

Deno.test("check --cluster says where the service has something else in force than is written", async () => {
  const { out } = await check((api) => {
    const broken = verifier("broken", { name: "nonsense", artifactTypes: "x" });
    const conditions = [{ type: "Ready", status: "False", reason: "LastGoodInForce" }];
    api.put("verifiers", broken);
    api.put("verifiers", { ...broken, status: { conditions, observedGeneration: 2 } });
    const store = { apiVersion: GROUP, kind: "Store", spec: { name: "oras" } };
    const old = { observedGeneration: 7, brieferror: "" };
    api.put("stores", { ...store, metadata: { name: "old" }, status: old });
    const told = { observedGeneration: 1, brieferror: "AUTH_DENIED: no" };
    api.put("stores", { ...store, metadata: { name: "told" }, status: told });
  });
  assert.match(out, /Verifier\/broken: the service still has the version before in force/);
  assert.match(out, /Store\/old: the service has seen generation 7, and it is at 1/);
  assert.match(out, /Store\/told: its status says: AUTH_DENIED: no/);
});

Deno.test("check --cluster believes the status of a resource that names files of the pod", async () => {
  const { status, out } = await check((api) => {
    const parameters = { contentType: "certificate", path: "/nowhere/ca.pem" };
    const type = { name: "cosign", artifactTypes: "x" };
    const spec = { ...type, parameters: { key: "/nowhere/cosign.pub" } };
    const conditions = [{ type: "Ready", status: "True", reason: "InForce" }];
    api.put(
      "verifiers",
      verifier("files", spec, { status: { conditions, observedGeneration: 1 } }),
    );
    api.put("keymanagementproviders", {
      apiVersion: GROUP,
      kind: "KeyManagementProvider",
      metadata: { name: "file" },
      spec: { type: "file", parameters },
    });
  });
  assert.equal(status, 0);
  assert.match(out, /warning: Verifier\/files: in force for the service, and not from here: .*key/);
  assert.match(out, /warning: KeyManagementProvider\/file: .*\/nowhere\/ca\.pem/);
});

Deno.test("check --cluster does not believe a status of another generation", async () => {
  const { status, out } = await check((api) => {
    const spec = { name: "cosign", artifactTypes: "x", parameters: { key: "/nowhere/cosign.pub" } };
    const conditions = [{ type: "Ready", status: "True", reason: "InForce" }];
    api.put(
      "verifiers",
      verifier("files", spec, { status: { conditions, observedGeneration: 9 } }),
    );
  });
  assert.equal(status, 2);
  assert.match(out, /error: Verifier\/files: not in force/);
});

Deno.test("check --cluster tells of material that the service fetches what its status says", async () => {
  const { out } = await check((api) => {
    putSample(api, "azurekeyvault.yaml");
    const [provider] = parseAllDocuments(Deno.readTextFileSync(`${SAMPLES}azurekeyvault.yaml`))
      .map((one) => one.toJS());
    const status = { lastfetchedtime: "2026-11-24T11:00:00Z", observedGeneration: 1 };
    api.put("keymanagementproviders", { ...provider, metadata: { name: "fetched" }, status });
  });
  assert.match(out, /warning: KeyManagementProvider\/\S+: no service has fetched it yet/);
  assert.match(out, /fetched: the service fetched it last at 2026-11-24T11:00:00Z/);
});

Deno.test("check --cluster goes on where it may not list, and tells it", async () => {
  const { status, out } = await check((api) => {
    for (const kind of ["certificatestores", "providers", "validatingwebhookconfigurations"]) {
      api.forbidden.add(`list ${kind}`);
    }
    api.unknown.add("namespacedpolicies");
  });
  assert.equal(status, 0);
  assert.match(out, /warning: CertificateStore: may not be listed, so that none is shown here/);
  assert.match(out, /warning: NamespacedPolicy: the cluster does not know the kind/);
  assert.match(out, /warning: providers may not be listed, and are not checked/);
  assert.match(out, /^ {2}Verifier\/notation: in force$/m);
});

Deno.test("check --cluster finds the constraints that ask Assay, and says that one does not deny", async () => {
  const { status, out } = await check((api) => {
    api.put("providers", {
      metadata: { name: "ours" },
      spec: {
        url: "https://assay.gatekeeper-system:6001/ratify/gatekeeper/v1/verify",
        timeout: 5,
        caBundle: btoa(Deno.readTextFileSync(`${SAMPLES}certificates/root.pem`)),
      },
    });
    const template = (name: string, kind: string, provider: string): void =>
      api.put("constrainttemplates", {
        metadata: { name },
        spec: {
          crd: { spec: { names: { kind } } },
          targets: [{ rego: `external_data({"provider": "${provider}"})` }],
        },
      });
    template("asks", "Asks", "ours");
    template("other", "Other", "theirs");
    template("evil", "../../x", "ours");
    api.put("asks", { metadata: { name: "a" }, spec: { enforcementAction: "dryrun" } });
    api.put("other", { metadata: { name: "a" }, spec: { enforcementAction: "dryrun" } });
  });
  assert.equal(status, 0);
  const gatekeeper = out.slice(out.indexOf("Gatekeeper\n"));
  assert.equal(
    gatekeeper,
    "Gatekeeper\n  warning: Asks/a has enforcementAction dryrun: it does not deny\n",
  );
});

Deno.test("check --cluster exits with status 2 when there is no cluster to ask, or paths beside it", async () => {
  const { status, err } = await check((api) => void (api.isDown = true));
  assert.equal(status, 2);
  assert.match(err, /CLUSTER_FAILURE/);
  const both = await runCli(["check", "--cluster", "x.yaml"]);
  assert.equal(both.status, 2);
  assert.match(both.err, /name paths or --cluster, and not both/);
});
