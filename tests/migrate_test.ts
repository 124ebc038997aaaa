import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAllDocuments, stringify } from "yaml";
import { loadConfiguration, migrate, type MigrationOptions } from "../src/resources/mod.ts";
import { ApiServerDouble } from "./clouds/api_server.ts";
import { writeKubeconfig } from "./clouds/kubeconfig.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * `assay migrate`: what it prints for resources of the product that Assay replaces, of its first generation
 * and its second, and what it says of the rest. Nothing that it prints may allow more than what it read.
 */

const ROOT = new URL("../", import.meta.url).pathname;
const OPTIONS: MigrationOptions = { exists: () => Promise.resolve(false) };

type Json = Readonly<Record<string, unknown>>;

/** To write these files again after a look at the difference: `./dev assay migrate FILE > FILE.out 2> FILE.report`. */
for (const name of ["v1.yaml", "v1alpha1.yaml", "config.json", "executor.yaml"]) {
  Deno.test(`migrate: ${name} becomes what lies beside it`, async () => {
    const path = `${ROOT}tests/data/migrate/${name}`;
    const { status, out, err } = await runCli(["migrate", path]);
    assert.equal(status, 1);
    assert.equal(out, await Deno.readTextFile(`${path}.out`));
    assert.equal(err.replaceAll(ROOT, ""), await Deno.readTextFile(`${path}.report`));
    assert.doesNotMatch(out, /PLANTED/);
  });
}

Deno.test("migrate --values prints what resources do not say", async () => {
  const { status, out } = await runCli([
    "migrate",
    "--values",
    `${ROOT}tests/data/migrate/config.json`,
  ]);
  assert.equal(status, 1);
  assert.deepEqual(parseAllDocuments(out).map((one) => one.toJS()), [{
    notation: { enabled: false },
    cosign: { enabled: false },
    provider: { timeout: { validationTimeoutSeconds: 8 } },
    logger: { formatter: "json", requestHeaders: { traceIDHeaderName: ["x-trace-id"] } },
    crl: { cache: { enabled: true } },
    oras: { useHttp: true, cache: { enabled: false, ttl: 10 } },
  }]);
});

Deno.test("migrate --values has the identity of the pod, and how registries are asked", async () => {
  const valuesOf = async (name: string): Promise<Json> => {
    const { out } = await runCli(["migrate", "--values", `${ROOT}config/samples/${name}.yaml`]);
    return parseAllDocuments(out)[0]?.toJS();
  };
  const cache = { enabled: false, ttl: 10 };
  assert.deepEqual((await valuesOf("store-azure"))["oras"], {
    useHttp: false,
    cache,
    authProviders: {
      azureWorkloadIdentityEnabled: true,
      azureContainerRegistryEndpoints: ["example.azurecr.io"],
    },
  });
  const alibaba = await valuesOf("store-alibaba-cloud");
  assert.deepEqual(alibaba["alibabacloudAcrConfig"], {
    acrInstancesConfig: [{ instanceName: "example", instanceId: "cri-0123456789abcdef" }],
  });
  const vault = await valuesOf("azurekeyvault");
  assert.deepEqual(Object.keys(vault), ["notation", "cosign", "azureWorkloadIdentity"]);
});

Deno.test("migrate --report json has every finding, and its place", async () => {
  const path = `${ROOT}tests/data/migrate/executor.yaml`;
  const { err } = await runCli(["migrate", "--report", "json", path]);
  const { findings } = JSON.parse(err);
  assert.equal(findings.length, 11);
  assert.deepEqual(Object.keys(findings[0]), [
    "kind",
    "file",
    "line",
    "column",
    "resource",
    "field",
    "text",
    "remedy",
  ]);
});

const samples = [...Deno.readDirSync(`${ROOT}config/samples`)].map(({ name }) => name)
  .filter((name) => name.endsWith(".yaml")).toSorted();

const documentsOf = (name: string): Json[] =>
  parseAllDocuments(Deno.readTextFileSync(`${ROOT}config/samples/${name}`))
    .map((one) => one.toJS());

/** Without order; the samples name files below their folder, which are not looked for. */
const sorted = (resources: readonly Json[]): string[] =>
  resources.map((one) => JSON.stringify(one)).toSorted();

Deno.test("migrate: of our samples, in any order and form, it is the identity", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples).chain((name) => {
        const all = documentsOf(name);
        return fc.tuple(
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.boolean(),
        );
      }),
      async ([resources, asList]) => {
        const text = asList
          ? JSON.stringify({ apiVersion: "v1", kind: "List", items: resources })
          : resources.map((one) => stringify(one)).join("---\n");
        const path = asList ? "list.json" : "many.yaml";
        const { resources: printed, findings } = await migrate([{ path, text }], OPTIONS);
        assert.deepEqual(sorted(printed), sorted(resources));
        for (const { kind, text } of findings) {
          assert.ok(kind === "note" || text.includes("is not here"), text);
        }
      },
    ),
    { numRuns: 60 },
  );
});

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly parameters?: { artifactVerificationPolicies?: Json } };
}

const MUTATIONS = [null, "", "x", 0, [], {}, ["*"], true];

/** Paths of all members below `spec`. */
function pathsIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  return [
    ...(path.length > 0 ? [[...path]] : []),
    ...Object.entries(value).flatMap(([name, one]) =>
      pathsIn(one, [...path, Array.isArray(value) ? Number(name) : name])
    ),
  ];
}

function mutated(value: unknown, [step, ...rest]: (string | number)[], by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((one, index) => index === step ? mutated(one, rest, by) : one);
  }
  return Object.fromEntries(
    Object.entries(value as Json).map(([name, one]) => [
      name,
      name === step ? mutated(one, rest, by) : one,
    ]),
  );
}

Deno.test("migrate: what is printed always loads, and denies where anything that decides is missing", async () => {
  const all = documentsOf("namespaces.yaml");
  const places = all.flatMap((one, index) =>
    pathsIn(one["spec"]).map((path) => [index, "spec", ...path])
  );
  let denials = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.constantFrom(...MUTATIONS),
      async ([index, ...path], by) => {
        const changed = all.map((one, at) => at === index ? mutated(one, path, by) as Json : one);
        const text = changed.map((one) => stringify(one)).join("---\n");
        const { resources } = await migrate([{ path: "x.yaml", text }], OPTIONS);
        const printed = resources as unknown as readonly Resource[];
        const { configuration } = await loadConfiguration(
          [{ path: "y.json", text: JSON.stringify({ kind: "List", items: printed }) }],
        );
        assert.ok(configuration !== undefined);
        const labels = new Set(printed.map(labelOf));
        const missing = (changed as unknown as readonly Resource[])
          .filter((one) => !labels.has(labelOf(one)) && /Verifier|Policy/.test(one.kind));
        for (const { metadata: { namespace }, kind, metadata } of missing) {
          denials++;
          const policy = printed.find((one) =>
            one.metadata.name === "ratify-policy" && one.metadata.namespace === namespace
          );
          const asked = Object.keys(
            policy?.spec.parameters?.artifactVerificationPolicies ?? {},
          );
          const own = [kind, ...(namespace === undefined ? [] : [namespace]), metadata.name];
          assert.ok(asked.includes(`not carried over: ${own.join("/")}`), asked.join());
        }
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(denials > 10);
});

const labelOf = ({ kind, metadata: { name, namespace } }: Resource): string =>
  `${kind}/${namespace ?? ""}/${name}`;

/** An executor for these scopes, with a policy unless told otherwise. */
function executor(name: string, spec: Json): Json {
  const policy = { rules: [{ verifierName: "n" }] };
  return {
    apiVersion: "config.ratify.dev/v2alpha1",
    kind: "Executor",
    metadata: { name },
    spec: {
      verifiers: [{
        name: "n",
        type: "notation",
        parameters: {
          certificates: [{
            inline: Deno.readTextFileSync(`${ROOT}config/samples/certificates/root.pem`),
          }],
        },
      }],
      stores: [{ type: "registry-store" }],
      policyEnforcer: { type: "threshold-policy", parameters: { policy } },
      ...spec,
    },
  };
}

async function migrated(
  ...resources: readonly Json[]
): Promise<{ readonly resources: readonly Json[]; readonly texts: readonly string[] }> {
  const text = JSON.stringify({ kind: "List", items: resources });
  const { resources: printed, findings } = await migrate([{ path: "x.json", text }], OPTIONS);
  return { resources: printed, texts: findings.map((one) => `${one.kind}: ${one.text}`) };
}

const find = (resources: readonly Json[], kind: string): Json =>
  resources.find((one) => one["kind"] === kind) ?? assert.fail(`no ${kind}`);

Deno.test("migrate: executors of one scope become one set, of which the rules of one must hold", async () => {
  const { resources } = await migrated(
    executor("a", { scopes: ["r.example/a"] }),
    executor("b", { scopes: ["r.example/b"] }),
  );
  const names = resources.map((one) => (one["metadata"] as { name: string }).name);
  assert.deepEqual(names.toSorted(), [
    "a-n",
    "a-n-ca",
    "a-store",
    "b-n",
    "b-n-ca",
    "b-store",
    "ratify-policy",
  ]);
  assert.deepEqual(find(resources, "Policy")["spec"], {
    type: "threshold-policy",
    parameters: {
      policy: {
        threshold: 1,
        rules: [{ rules: [{ verifierName: "a-n" }] }, { rules: [{ verifierName: "b-n" }] }],
      },
    },
  });
});

Deno.test("migrate: a host of which another executor has a repository is left out, and denies", async () => {
  const { resources, texts } = await migrated(
    executor("a", { scopes: ["r.example"] }),
    executor("b", { scopes: ["r.example/b"] }),
  );
  assert.ok(texts.some((one) => /^decision: r\.example is left out/.test(one)), texts.join("\n"));
  const policy = JSON.stringify(find(resources, "Policy"));
  assert.match(policy, /not carried over: Executor\/a verifier a-n/);
});

Deno.test("migrate: parts of an executor that there are none of here are told, and deny where they decided", async () => {
  const scopes = ["r.example/a"];
  const cosign = (policy: Json): Json => ({
    scopes,
    verifiers: [{ name: "n", type: "cosign", parameters: { trustPolicies: [policy] } }],
  });
  const cases: [Json, RegExp, boolean][] = [
    [{ scopes, policyEnforcer: { type: "other" } }, /it is no threshold-policy with rules/, true],
    [{ scopes, verifiers: [{ name: "n", type: "other" }] }, /there is no type other/, true],
    [{ scopes, stores: [{ type: "other" }] }, /there is no store of the type other/, true],
    [cosign({ keys: { vault: {} } }), /there is no such key provider/, true],
    [cosign({ keys: { inline: { keys: "none" } } }), /has no key as PEM text/, true],
    [cosign({ scopes: ["else.example/x"], ignoreTLog: true }), /none of its scopes/, true],
    [{ scopes, more: 1 }, /^dropped: is left out: no such field is known/, false],
    [
      { scopes, stores: [{ type: "filesystem-oci-store", parameters: { path: "/images" } }] },
      /^$/,
      false,
    ],
    [
      {
        scopes,
        stores: [{
          type: "registry-store",
          parameters: {
            caBase64: btoa(Deno.readTextFileSync(`${ROOT}config/samples/certificates/root.pem`)),
            credential: { provider: "azure", clientID: "c", tenantID: "t" },
          },
        }],
      },
      /^changed: is printed as azureWorkloadIdentity/,
      false,
    ],
  ];
  for (const [spec, finding, denies] of cases) {
    const { resources, texts } = await migrated(executor("e", spec));
    assert.ok(
      finding.source === "^$" ? texts.length === 0 : texts.some((one) => finding.test(one)),
      `${finding}: ${texts.join("\n")}`,
    );
    const policy = JSON.stringify(find(resources, "Policy"));
    assert.equal(policy.includes("not carried over"), denies, policy);
  }
});

Deno.test("migrate exits with status 2 when there is nothing to read, and says why", async () => {
  await using folder = await temporaryFolder();
  const file = async (text: string): Promise<string> => {
    const path = `${folder.path}/x.yaml`;
    await Deno.writeTextFile(path, text);
    return path;
  };
  const cases: [readonly string[], RegExp][] = [
    [[], /name files or directories, or --cluster/],
    [["--cluster", "x.yaml"], /and not both/],
    [["--report", "xml", "x.yaml"], /--report must be text or json/],
    [[`${folder.path}/none`], /does not exist/],
    [[await file("a: [")], /Nothing was migrated: .*x\.yaml:/],
  ];
  for (const [args, message] of cases) {
    const { status, out, err } = await runCli(["migrate", ...args]);
    assert.deepEqual([status, out], [2, ""], args.join(" "));
    assert.match(err, message);
  }
  const { status, err } = await runCli(["migrate", await file("kind: ConfigMap\n")]);
  assert.equal(status, 2);
  assert.match(err, /there is no resource among what was read/);
});

Deno.test("migrate --cluster reads resources and executors, and denies for kinds that it may not list", async () => {
  await using folder = await temporaryFolder();
  await using api = await ApiServerDouble.start();
  for (const resource of documentsOf("notation.yaml")) {
    const kind = String(resource["kind"]);
    const collection = kind === "Policy" ? "policies" : `${kind.toLowerCase()}s`;
    api.put(collection, resource);
  }
  // Executors may not be listed, and there are none to list.
  for (const kind of ["executors", "namespacedexecutors"]) api.forbidden.add(`list ${kind}`);
  const env = { KUBECONFIG: await writeKubeconfig(api, folder.path) };
  const good = await runCli(["migrate", "--cluster"], { env });
  assert.equal(good.status, 0, good.err);
  const printed = parseAllDocuments(good.out).map((one) => one.toJS());
  assert.deepEqual(sorted(printed), sorted(documentsOf("notation.yaml")));

  api.forbidden.add("list verifiers");
  const partial = await runCli(["migrate", "--cluster"], { env });
  assert.equal(partial.status, 1);
  assert.match(partial.err, /^Verifier:1:1: decision could not be read.*403/m);
  assert.match(partial.out, /"?not carried over: Verifier"?: all/);
  assert.deepEqual(api.changes, []);

  api.forbidden.clear();
  api.instead = (_, { pathname }) =>
    pathname === "/apis/config.ratify.dev" ? Response.json({ kind: "APIGroup" }) : undefined;
  api.put("executors", executor("e", { scopes: ["r.example/a"] }));
  const both = await runCli(["migrate", "--cluster"], { env });
  assert.match(both.out, /^ {2}name: n-ca$/m);
  // Two policies of one scope are one too many: neither of them is believed.
  assert.match(both.err, /decision Policy\/ratify-policy.*is already defined/);
  assert.match(both.out, /not carried over: Policy\/ratify-policy/);
});

Deno.test("migrate: a field that only Assay could know is not dropped, as it may have been meant", async () => {
  const [policy, ...verifiers] = documentsOf("threshold-policy.yaml");
  const [rule] =
    (policy?.["spec"] as { parameters: { policy: { rules: Json[] } } }).parameters.policy
      .rules;
  const rules = [{ ...rule, requred: true }];
  const spec = { type: "threshold-policy", parameters: { policy: { rules } } };
  const { resources } = await migrated({ ...policy, spec }, ...verifiers);
  assert.match(JSON.stringify(find(resources, "Policy")), /not carried over: Policy/);
});

Deno.test("migrate: for a verifier of the cluster that is missing, policies of namespaces deny too", async () => {
  const all = documentsOf("namespaces.yaml");
  const policy = all.find((one) => one["kind"] === "Policy") ?? assert.fail();
  const own = {
    ...policy,
    kind: "NamespacedPolicy",
    metadata: { name: "ratify-policy", namespace: "team-b" },
  };
  const store = all.find((one) => one["kind"] === "Store") ?? assert.fail();
  const verifier = { ...store, kind: "Verifier", spec: { name: "none", artifactTypes: "x" } };
  const { resources } = await migrated(...all, own, verifier);
  for (const kind of ["Policy", "NamespacedPolicy"]) {
    assert.match(JSON.stringify(find(resources, kind)), /not carried over: Verifier\/registries/);
  }
});
