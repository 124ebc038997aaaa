import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { type Assay, startAssay } from "./assay.ts";
import { pause, run, startControlPlane, until } from "./control_plane.ts";

/*
 * Assay in front of the real Gatekeeper and the real API server: resources applied with kubectl, status
 * read back, Pods admitted and denied, everything restarted in turn, and a thousand Pods while the
 * configuration changes a hundred times.
 */

const ROOT = `${import.meta.dirname}/../..`;
const LIBRARY = `${ROOT}/config/library`;
const GROUP = "config.ratify.deislabs.io/v1beta1";

const plane = await startControlPlane();
const running: { assay?: Assay } = {};

Deno.test.afterAll(async () => {
  await running.assay?.[Symbol.asyncDispose]();
  await plane[Symbol.asyncDispose]();
});

const signer = await Deno.readTextFile(`${plane.work}/ratify/trust/lab-signer.crt`);

const resource = (kind: string, name: string, spec: unknown, namespace?: string): unknown => ({
  apiVersion: GROUP,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec,
});
const STORE = resource("Store", "registry", {
  name: "oras",
  parameters: { plainHttp: [plane.registry] },
});
const POLICY = resource("Policy", "ratify-policy", {
  type: "config-policy",
  parameters: { artifactVerificationPolicies: { default: "any" } },
});
const PROVIDER = resource("KeyManagementProvider", "release-ca", {
  type: "inline",
  parameters: { contentType: "certificate", value: signer },
});
const verifier = (name: string, identities: readonly string[] = ["*"]): unknown =>
  resource("Verifier", name, {
    name: "notation",
    artifactTypes: "application/vnd.cncf.notary.signature",
    parameters: {
      verificationCertStores: { ca: { certs: ["release-ca"] } },
      trustPolicyDoc: {
        version: "1.0",
        trustPolicies: [{
          name: "default",
          registryScopes: ["*"],
          signatureVerification: { level: "strict" },
          trustStores: ["ca:certs"],
          trustedIdentities: identities,
        }],
      },
    },
  });

const pod = (name: string, image: string, namespace = "default"): unknown => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { containers: [{ name: "main", image }] },
});

const SIGNED = plane.images.get("signed") ?? "";
const UNSIGNED = plane.images.get("unsigned") ?? "";
const STRANGER = plane.images.get("stranger") ?? "";

/** Asks the API server to create a Pod, without keeping it. */
async function admit(
  name: string,
  image: string,
  namespace = "default",
): Promise<{ readonly admitted: boolean; readonly said: string; readonly image: string }> {
  const args = [
    "--kubeconfig",
    plane.kubeconfig,
    "create",
    "--dry-run=server",
    "-o",
    "json",
    "-f",
    "-",
  ];
  const { code, out, err } = await run(plane.kubectlProgram, args, {
    input: JSON.stringify(pod(name, image, namespace)),
  });
  const stored = code === 0 ? JSON.parse(out).spec.containers[0].image : "";
  return { admitted: code === 0, said: err, image: stored };
}

async function get(kind: string, name: string, namespace?: string): Promise<Record<string, never>> {
  const within = namespace === undefined ? [] : ["-n", namespace];
  const { out, err, code } = await plane.kubectl("get", kind, name, ...within, "-o", "json");
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
}

// deno-lint-ignore no-explicit-any -- status as it comes
const statusOf = async (kind: string, name: string, namespace?: string): Promise<any> =>
  (await get(kind, name, namespace))["status"];

async function restartAssay(): Promise<void> {
  await running.assay?.[Symbol.asyncDispose]();
  running.assay = await startAssay(plane);
}

Deno.test("the definitions are taken by the API server, and so is every sample", async () => {
  const { code, out, err } = await run(`${ROOT}/dev`, ["assay", "crds", "--apply"], {
    env: { KUBECONFIG: plane.kubeconfig },
  });
  assert.equal(code, 0, err);
  assert.equal(out.trim().split("\n").length, 9);
  await until(
    async () => (await plane.kubectl("get", "assay", "-A")).code === 0,
    "the category is known",
  );
  await plane.kubectl("create", "namespace", "team-a");
  for await (const { name } of Deno.readDir(`${ROOT}/config/samples`)) {
    if (!name.endsWith(".yaml")) continue;
    const text = await Deno.readTextFile(`${ROOT}/config/samples/${name}`);
    for (const document of parseAllDocuments(text)) await plane.apply(document.toJS());
  }
  await plane.kubectl("delete", "assay", "-A", "--all");
});

Deno.test("the API server refuses broken resources, and says what is wrong", async () => {
  const broken: readonly (readonly [unknown, RegExp])[] = [
    [
      resource("Policy", "other", { type: "config-policy", parameters: {} }),
      /must be named ratify-policy/,
    ],
    [
      resource("Policy", "ratify-policy", { type: "nonsense", parameters: {} }),
      /type must be one of config-policy/,
    ],
    [resource("Policy", "ratify-policy", { parameters: {} }), /spec\.type: Required value/],
    [resource("Store", "s", { name: "orass" }), /name must be one of oras, oci-layout/],
    [
      resource("Store", "s", { name: "oras", parameters: { ttl: "soon" } }),
      /parameters\.ttl.* must be of type integer/,
    ],
    [
      resource("Store", "s", { name: "oras", parameters: { plainHttp: ["http://r"] } }),
      /plainHttp\[0\].* should match/,
    ],
    [resource("Store", "s", undefined), /spec: Required value/],
    [
      resource("Verifier", "v", { name: "verifier-1", artifactTypes: "x" }),
      /must be one of notation, cosign/,
    ],
    [
      resource("Verifier", "v", { name: "notation", artifactTypes: "x" }),
      /notation needs parameters\.trustPolicyDoc/,
    ],
    [
      resource("KeyManagementProvider", "k", {
        type: "inline",
        parameters: { contentType: "pem", value: "x" },
      }),
      /supported values: "certificate"/,
    ],
    [
      resource("KeyManagementProvider", "k", { type: "inline", parameters: { value: "x" } }),
      /inline needs parameters\.contentType/,
    ],
    [
      resource("NamespacedKeyManagementProvider", "k", {
        type: "file",
        parameters: { contentType: "key", path: "/etc/passwd" },
      }, "team-a"),
      /belongs to the whole cluster/,
    ],
    [
      resource("NamespacedPolicy", "ratify-policy", {
        type: "rego-policy",
        parameters: { policyPath: "/etc/passwd" },
      }, "team-a"),
      /policyPath belongs to the whole cluster/,
    ],
  ];
  for (const [object, expected] of broken) {
    await assert.rejects(plane.apply(object), (error: Error) => {
      assert.match(error.message, expected);
      return true;
    });
  }
});

Deno.test("what becomes of resources is read back from their status", async () => {
  running.assay = await startAssay(plane);
  await plane.apply(STORE, POLICY, PROVIDER, verifier("notation"));
  for (
    const kind of ["store/registry", "policy/ratify-policy", "kmp/release-ca", "verifier/notation"]
  ) {
    const [type = "", name = ""] = kind.split("/");
    const full = type === "kmp" ? type : `${type}.config.ratify.deislabs.io`;
    await until(
      async () => (await statusOf(full, name))?.issuccess === true,
      `${kind} is in force`,
    );
  }
  // Right for the API server, and wrong all the same.
  await plane.apply(resource("KeyManagementProvider", "release-ca", {
    type: "inline",
    parameters: { contentType: "certificate", value: "no PEM" },
  }));
  await until(async () => (await statusOf("kmp", "release-ca")).issuccess === false, "the mistake");
  const status = await statusOf("kmp", "release-ca");
  assert.match(status.error, /^CERT_INVALID: spec\.parameters\.value: /);
  assert.equal(status.conditions[0].reason, "LastGoodInForce");
  const { out } = await plane.kubectl("get", "events", "-A", "-o", "jsonpath={.items[*].reason}");
  assert.match(out, /LastGoodInForce/);
  await plane.apply(PROVIDER);
  await until(
    async () => (await statusOf("kmp", "release-ca")).issuccess === true,
    "it is corrected",
  );
});

Deno.test("Gatekeeper admits what is signed, denies what is not, and writes digests", async () => {
  await installLibrary();
  await until(async () => (await admit("signed", SIGNED)).admitted, "the signed image is admitted");
  await until(
    async () => !(await admit("unsigned", UNSIGNED)).admitted,
    "the constraint is in force",
  );
  assert.match(
    (await admit("unsigned", UNSIGNED)).said,
    /is not signed: nothing is attached to it/,
  );
  assert.match((await admit("stranger", STRANGER)).said, /trust store/);
  const byTag = `${plane.registry}/app/signed:v1`;
  await until(async () => (await admit("tag", byTag)).image === SIGNED, "the tag becomes a digest");
  assert.equal((await admit("missing", `${plane.registry}/app/none:v1`)).admitted, false);
});

Deno.test("a namespace's own resources decide about its Pods", async () => {
  const { spec } = verifier("notation", ["x509.subject: CN=Nobody,O=x,ST=x,C=SE"]) as {
    spec: unknown;
  };
  await plane.apply(resource("NamespacedVerifier", "strict", spec, "team-a"));
  const text = await Deno.readTextFile(`${LIBRARY}/multi-tenant/constraint.yaml`);
  await plane.apply(text);
  await until(async () => !(await admit("signed", SIGNED, "team-a")).admitted, "team-a refuses");
  assert.equal((await admit("signed", SIGNED)).admitted, true);
  await plane.kubectl("delete", "nverifier", "-n", "team-a", "strict");
  await until(async () => (await admit("signed", SIGNED, "team-a")).admitted, "team-a has no own");
  await plane.apply(await Deno.readTextFile(`${LIBRARY}/verified-images/constraint.yaml`));
});

Deno.test("everything can be restarted in turn without a wrong admission", async () => {
  const parts = {
    assay: restartAssay,
    gatekeeper: () => plane.restart("gatekeeper"),
    apiserver: () => plane.restart("apiserver"),
    etcd: () => plane.restart("etcd"),
  };
  for (const [name, restart] of Object.entries(parts)) {
    const watching = new AbortController();
    const wrong: string[] = [];
    const asking = (async () => {
      while (!watching.signal.aborted) {
        // A Service sends nothing to a Gatekeeper that is not ready; here nothing stands in between.
        if (!await plane.isGatekeeperReady()) continue;
        const { admitted } = await admit("unsigned", UNSIGNED);
        if (admitted) wrong.push(name);
      }
    })();
    await restart();
    await until(
      async () => (await admit("signed", SIGNED)).admitted,
      `${name} is back: ${(await admit("signed", SIGNED)).said}`,
      120,
    );
    watching.abort();
    await asking;
    assert.deepEqual(wrong, []);
    assert.match((await admit("unsigned", UNSIGNED)).said, /is not signed/);
  }
  // Changes reach Assay after all that.
  await plane.apply(verifier("second"));
  await until(
    async () => (await statusOf("verifier.config.ratify.deislabs.io", "second"))?.issuccess,
    "the watch is taken up",
  );
  await plane.kubectl("delete", "cverifier", "second");
});

Deno.test("while the API server is gone, what was seen last decides", async () => {
  const assay = running.assay ?? assert.fail();
  await until(async () => (await admit("signed", SIGNED)).admitted, "all is well");
  await plane.restart("apiserver"); // killed, and back after a while: watches break
  await until(async () => (await plane.kubectl("get", "nodes")).code === 0, "the API server", 120);
  assert.doesNotMatch(assay.log(), /configuration refused/);
  assert.equal((await admit("signed", SIGNED)).admitted, true);
});

Deno.test("1,000 Pods while the configuration changes 100 times: no wrong admission, no lost request", async () => {
  const PODS = 1000;
  const CHANGES = 100;
  const done = { pods: 0 };
  const wrong: string[] = [];
  const rest = Array.from({ length: PODS }, (_, index) => index).values();
  const worker = async (): Promise<void> => {
    for (const index of rest) {
      const image = [SIGNED, UNSIGNED, STRANGER, `${plane.registry}/app/signed:v1`][index % 4] ??
        "";
      const isGood = index % 4 === 0 || index % 4 === 3;
      const { admitted, said } = await admit(`load-${index}`, image);
      if (admitted !== isGood) wrong.push(`${index} ${image}: ${admitted} ${said}`);
      done.pods++;
    }
  };
  const changing = (async () => {
    for (let change = 0; change < CHANGES; change++) {
      // Each is another configuration, and each lets exactly the same images in.
      await plane.apply(
        verifier("notation", change % 2 === 0 ? ["*"] : ["*"]),
        resource("Store", "registry", {
          name: "oras",
          parameters: {
            plainHttp: [plane.registry],
            ttl: 10 + change,
            cacheEnabled: change % 3 === 0,
          },
        }),
      );
      if (change % 10 === 5) {
        await plane.apply(resource("KeyManagementProvider", "release-ca", {
          type: "inline",
          parameters: { contentType: "certificate", value: `no PEM ${change}` },
        }));
        await plane.apply(PROVIDER);
      }
      await pause(50);
    }
  })();
  await Promise.all([changing, ...Array.from({ length: 4 }, worker)]);
  assert.deepEqual(wrong, []);
  assert.equal(done.pods, PODS);
  const loaded = running.assay?.log().match(/msg="configuration in force"/g)?.length ?? 0;
  assert.ok(loaded > CHANGES / 2, `${loaded} configurations came into force`);
});

Deno.test("two replicas serve, one writes statuses, and the other follows when it ends", async () => {
  const leaders = (assay: Assay): boolean => /writes the status of resources/.test(assay.log());
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using second = await startAssay(plane, { port });
  await pause(2000);
  assert.equal(leaders(second), false);
  await running.assay?.[Symbol.asyncDispose]();
  await until(() => Promise.resolve(leaders(second)), "the second replica leads", 30);
  delete running.assay;
});

Deno.test("certificates are rotated while Pods are created, and no Pod notices", async () => {
  const name = "ratify.gatekeeper-system";
  await running.assay?.[Symbol.asyncDispose]();
  await plane.restartGatekeeperKnowing([name]);
  const rotating = { RATIFY_CERT_ROTATION: "1", RATIFY_NAME: "ratify" };
  running.assay = await startAssay(plane, { env: rotating, issued: true });
  const address = `https://${name}:${plane.providerPort}/ratify/gatekeeper/v1`;
  for (
    const [provider, path] of [["ratify-provider", "verify"], [
      "ratify-mutation-provider",
      "mutate",
    ]]
  ) {
    const patch = JSON.stringify({ spec: { url: `${address}/${path}` } });
    await plane.kubectl("patch", "provider", provider ?? "", "--type", "merge", "-p", patch);
  }
  await until(
    async () => (await admit("signed", SIGNED)).admitted,
    "the issued certificate is trusted",
    120,
  );
  const serverOf = async (): Promise<string> =>
    (await get("secret", "ratify-tls", "gatekeeper-system"))["data"]?.["tls.crt"] ?? "";
  const watching = new AbortController();
  const wrong: string[] = [];
  let asked = 0;
  const asking = Array.from({ length: 3 }, async (_, worker) => {
    while (!watching.signal.aborted) {
      const [signed, unsigned] = [
        await admit(`s-${worker}`, SIGNED),
        await admit(`u-${worker}`, UNSIGNED),
      ];
      asked += 2;
      if (!signed.admitted) wrong.push(signed.said);
      if (unsigned.admitted || !/is not signed/.test(unsigned.said)) wrong.push(unsigned.said);
    }
  });
  // Before Gatekeeper has trusted the authority for a minute, a pair that is lost is put back.
  await pause(65_000);
  // First a server certificate of the same authority, then another authority.
  for (const lost of [["tls.crt", "tls.key"], ["ca.key"]]) {
    const before = await serverOf();
    const data = Object.fromEntries(lost.map((key) => [key, null]));
    const patched = await plane.kubectl(
      ...["-n", "gatekeeper-system", "patch", "secret", "ratify-tls", "--type", "merge"],
      ...["-p", JSON.stringify({ data })],
    );
    assert.equal(patched.code, 0, patched.err);
    await until(
      async () => ![before, ""].includes(await serverOf()),
      `a new certificate after ${lost} went`,
      150,
    );
    await pause(3000);
  }
  watching.abort();
  await Promise.all(asking);
  assert.deepEqual(wrong, []);
  assert.ok(asked > 100, String(asked));
});

/** Gatekeeper's side: the Provider objects, the constraint, expansion and mutation of the library. */
async function installLibrary(): Promise<void> {
  for (const kind of ["verifiedimagesstrict", "assign"]) {
    await plane.kubectl("delete", kind, "--all");
  }
  const ca = await Deno.readFile(`${plane.work}/pki/provider-ca.crt`);
  const address = `https://127.0.0.1:${plane.providerPort}/ratify/gatekeeper/v1`;
  const providers = (await Deno.readTextFile(`${LIBRARY}/provider.yaml`))
    .replaceAll("REPLACE-ME", ca.toBase64())
    .replaceAll("https://assay.gatekeeper-system:6001/ratify/gatekeeper/v1", address);
  await plane.apply(providers);
  await plane.apply(await Deno.readTextFile(`${LIBRARY}/verified-images/template.yaml`));
  await until(
    async () => (await get("constrainttemplate", "assayverifiedimages"))["status"]?.["created"],
    "the template is created",
  );
  await until(
    async () => (await plane.kubectl("get", "assayverifiedimages")).code === 0,
    "its kind is known",
  );
  for (
    const name of [
      "verified-images/constraint.yaml",
      "expansion/workloads.yaml",
      "mutation/pods.yaml",
    ]
  ) {
    await plane.apply(await Deno.readTextFile(`${LIBRARY}/${name}`));
  }
}
