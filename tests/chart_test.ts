import assert from "node:assert/strict";
import { parse } from "yaml";
import { serveCommand } from "../src/cli/commands/serve.ts";
import { crdsCommand } from "../src/cli/commands/crds.ts";
import { readSettings } from "../src/cli/commands/serve_settings.ts";
import { COMMON_OPTIONS } from "../src/cli/help.ts";
import { parseInvocation } from "../src/cli/invocation.ts";
import { formatProblem, loadConfiguration, resourceDefinitions } from "../src/resources/mod.ts";
import { parseAddress } from "../src/server/mod.ts";
import { BASE, CERTIFICATE, find, KEY, VALUE_CASES } from "./chart_values.ts";
import { CHART, helm, type Manifest, render, renderNotes, type Values } from "./helm.ts";
import { stringify } from "yaml";

/*
 * The chart, rendered by Helm: each value changes what it says, and whatever is rendered is what the program takes.
 */

const ignore = !("path" in helm);
const test = (name: string, fn: () => Promise<void> | void): void =>
  Deno.test({ name: `chart: ${name}`, ignore, fn });

test("by default it needs a certificate, and says which ways there are", async () => {
  await assert.rejects(render({}), /set provider\.tls\.crt.*RATIFY_CERT_ROTATION=true/);
});

test("an installation has the objects of the chart that it takes over, and trusts nobody yet", async () => {
  const objects = await render(BASE);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
  assert.deepEqual(names, [
    ...["", "-ephemeral", "-init"].flatMap((suffix) =>
      ["cronjob", "pod", "workload"].map((what) => `Assign mutate-${what}-image${suffix}`)
    ).toSorted(),
    "ClusterRole ratify-admin-upgrade-crds",
    "ClusterRole ratify-manager-cluster-role",
    "ClusterRoleBinding ratify-admin-upgrade-crds",
    "ClusterRoleBinding ratify-manager-cluster-rolebinding",
    "ConfigMap ratify-configuration",
    "Deployment ratify",
    "Job ratify-update-crds-hook",
    "Policy ratify-policy",
    "Provider ratify-mutation-provider",
    "Provider ratify-provider",
    "Role ratify-manager-role",
    "RoleBinding ratify-manager-rolebinding",
    "Secret ratify-tls",
    "Service ratify",
    "ServiceAccount ratify-admin",
    "ServiceAccount ratify-admin-upgrade-crds",
    "Store store-oras",
  ]);
});

test("only the job for definitions is a hook", async () => {
  const hooks = (await render(BASE)).filter(({ metadata }) =>
    metadata.annotations?.["helm.sh/hook"]
  );
  assert.deepEqual(hooks.map(({ kind }) => kind).toSorted(), [
    "ClusterRole",
    "ClusterRoleBinding",
    "Job",
    "ServiceAccount",
  ]);
});

/** Values that are handed on to Kubernetes as they are. */
const HANDED_ON = ["nodeSelector", "resources", "crds.nodeSelector", "crds.securityContext"];

for (const { values, look, is } of VALUE_CASES) {
  const shown = leaves(values).join(" ");
  test(`${shown} → ${JSON.stringify(is)?.slice(0, 80)}`, async () => {
    const objects = await render(values);
    assert.deepEqual(look(objects), is);
    await accepted(objects);
  });
}

test("each value is in one of the cases, and in the schema", async () => {
  const known = leaves(parse(await Deno.readTextFile(`${CHART}/values.yaml`)));
  const schema = JSON.parse(await Deno.readTextFile(`${CHART}/values.schema.json`));
  const changed = new Set(VALUE_CASES.flatMap(({ values }) => leaves(values)));
  const missing = known.filter((path) =>
    ![...changed].some((one) => one === path || one.startsWith(`${path}.`))
  );
  assert.deepEqual(missing, []);
  for (const path of known) {
    const at = path.split(".").reduce(
      (node, name) => node?.properties?.[name] ?? node?.additionalProperties,
      schema,
    );
    assert.ok(at !== undefined, `${path} is not in the schema`);
  }
});

const OF_ANOTHER = {
  image: {
    repository: "ghcr.io/notaryproject/ratify",
    crdRepository: "ghcr.io/notaryproject/ratify-crds",
    tag: "v1.4.4",
  },
};

/** Values that must be refused, and what is said. */
const REFUSED: readonly [Values, RegExp][] = [
  [OF_ANOTHER, /not an image of Assay/],
  [{ featureFlags: { RATIFY_CERT_ROTATION: "true" } }, /RATIFY_CERT_ROTATION/],
  [{ replicaCount: "two" }, /replicaCount/],
  [{ provider: { cache: { type: "memcached" } } }, /type/],
  [{ provider: { tls: { crt: "c" } } }, /give crt, key and one of/],
  [{ provider: { tls: { caCert: "c" } } }, /an authority without crt and key/],
  [{ provider: { tls: { secretName: "s", caCert: "a" } } }, /exclude each other/],
  [{ gatekeeper: { namespace: "gk" } }, /gatekeeper-webhook-server-cert of namespace gk/],
  [{ gatekeeper: { version: "3.10.0" } }, /needs Gatekeeper 3\.11/],
  [{
    provider: {
      clientAuth: {
        caCerts: [{ secretName: "a", secretKey: "b" }, { secretName: "c", secretKey: "d" }],
      },
    },
  }, /one entry/],
  [
    { oras: { authProviders: { k8secretsEnabled: true, awsEcrBasicEnabled: true } } },
    /one may be enabled; found k8Secrets, awsEcrBasic/,
  ],
  [{ notationCert: "a", notationCerts: ["b"] }, /exclude each other/],
  [{
    notationCerts: ["a"],
    notation: { trustPolicies: [{ trustStores: ["ca:notationCerts[1]"] }] },
  }, /notationCerts has 1 entries/],
  [{
    notationCerts: ["a"],
    notation: { trustPolicies: [{ trustStores: ["root:notationCerts[0]"] }] },
  }, /unknown type of trust store/],
  [
    { notationCerts: ["a"], notation: { trustPolicies: [{ trustStores: ["ca:vault"] }] } },
    /unknown reference/,
  ],
  [
    { notationCerts: ["a"], notation: { trustPolicies: [{ trustStores: ["ca:azurekeyvault"] }] } },
    /has no certificates/,
  ],
  [
    { notationCerts: ["a"], notation: { trustPolicies: [{ verificatonLevel: "audit" }] } },
    /say level: audit/,
  ],
  [{ cosignKeys: ["a"], cosign: { keyless: { certificateIdentity: "b" } } }, /exclude each other/],
  [{ azurekeyvault: { enabled: true, vaultURI: "https://v" } }, /azureWorkloadIdentity\.clientId/],
  [{
    azurekeyvault: { enabled: true, vaultURI: "https://v", tenantId: "t" },
    azureWorkloadIdentity: { clientId: "c" },
  }, /neither certificates nor keys/],
];

for (const [values, message] of REFUSED) {
  test(`${JSON.stringify(values).slice(0, 120)} is refused`, async () => {
    await assert.rejects(render({ ...BASE, ...values }), message);
  });
}

test("a values file of the chart that it takes over is taken, whatever else is in it", async () => {
  const objects = await render({
    ...OF_ANOTHER,
    image: { ...OF_ANOTHER.image, repository: "r.test/assay" },
    replicaCount: 2,
    notationCerts: [CERTIFICATE],
    cosignKeys: [KEY],
    notation: {
      enabled: true,
      trustPolicies: [{
        name: "default",
        verificatonLevel: "strict",
        registryScopes: ["*"],
        trustedIdentities: ["*"],
        trustStores: [],
      }],
    },
    provider: {
      cache: { type: "dapr", name: "dapr-redis" },
      timeout: { validationTimeoutSeconds: 5 },
    },
    logger: { requestHeaders: { traceIDHeaderName: [""] } },
    featureFlags: { RATIFY_CERT_ROTATION: true, RATIFY_EXPERIMENTAL_HIGH_AVAILABILITY: true },
    resources: {
      limits: { cpu: "1000m", memory: "512Mi" },
      requests: { cpu: "600m", memory: "512Mi" },
    },
    somethingElse: { of: "theirs" },
  });
  await accepted(objects);
  assert.equal(
    find("Deployment")(objects).spec.template.spec.containers[0].image,
    "r.test/assay:v1.4.4",
  );
});

test("the name of a release decides as it did", async () => {
  for (
    const [name, full] of [["ratify", "ratify"], ["my-ratify", "my-ratify"], [
      "prod",
      "prod-ratify",
    ], ["assay", "assay"]]
  ) {
    const objects = await render(BASE, { name: name ?? "" });
    assert.equal(find("Deployment")(objects).metadata.name, full);
    assert.equal(
      find("Provider", "ratify-provider")(objects).spec.url,
      `https://${full}.gatekeeper-system:6001/ratify/gatekeeper/v1/verify`,
    );
  }
});

test("what is rendered twice is the same: no random authority", async () => {
  assert.deepEqual(await render(BASE), await render(BASE));
  const { caBundle } = find("Provider", "ratify-provider")(await render(BASE)).spec;
  assert.equal(atob(caBundle), await Deno.readTextFile(`${CHART}/files/placeholder-ca.pem`));
});

test("another configuration is another Pod", async () => {
  const sum = async (values: Values): Promise<string> =>
    find("Deployment")(await render({ ...BASE, ...values })).spec.template.metadata
      .annotations["checksum/config"];
  assert.notEqual(await sum({}), await sum({ logger: { formatter: "json" } }));
  assert.equal(await sum({}), await sum({ logger: { level: "debug" } }));
});

test("the process has no more rights than it uses", async () => {
  const objects = await render({
    ...BASE,
    featureFlags: {},
    provider: { tls: { crt: "c", key: "k", caCert: "a" } },
  });
  const rules = [
    ...find("ClusterRole", "ratify-manager-cluster-role")(objects).rules,
    ...find("Role")(objects).rules,
  ];
  const granted = rules.flatMap(({ resources, verbs, resourceNames }: Manifest) =>
    resources.map((one: string) => `${one}${resourceNames ? ` ${resourceNames}` : ""}: ${verbs}`)
  );
  const kinds = resourceDefinitions().map(({ spec }) =>
    (spec["names"] as { plural: string }).plural
  );
  assert.deepEqual(
    granted.toSorted(),
    [
      ...kinds.flatMap((kind) => [`${kind}: list,watch`, `${kind}/status: patch`]),
      "events: create",
      "leases: create",
      "leases ratify-leader: get,update,patch",
    ].toSorted(),
  );
  const withRotation = await render(BASE);
  const secrets = find("Role")(withRotation).rules.filter(({ resources }: Manifest) =>
    resources.includes("secrets")
  );
  assert.deepEqual(secrets, [{
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: ["ratify-tls"],
    verbs: ["get", "update", "patch"],
  }]);
  assert.deepEqual(find("ClusterRole", "ratify-manager-cluster-role")(withRotation).rules.at(-1), {
    apiGroups: ["externaldata.gatekeeper.sh"],
    resources: ["providers"],
    resourceNames: ["ratify-provider", "ratify-mutation-provider"],
    verbs: ["get", "patch"],
  });
});

test("Pods wait for the authority of their callers, and with rotation not for the certificate that they make", async () => {
  const sources = async (values: Values): Promise<unknown[]> => {
    const { volumes } = find("Deployment")(await render(values)).spec.template.spec;
    const { projected } = volumes.find(({ name }: Manifest) => name === "tls");
    return projected.sources.map(({ secret }: Manifest) => [secret.name, secret.optional]);
  };
  const authority = ["gatekeeper-webhook-server-cert", undefined];
  assert.deepEqual(await sources(BASE), [["ratify-tls", true], authority]);
  const given = { provider: { tls: { crt: "c", key: "k", caCert: "a" } } };
  assert.deepEqual(await sources(given), [["ratify-tls", undefined], authority]);
});

test("without names of pull secrets, all of the namespace may be read, and no others", async () => {
  const objects = await render({ ...BASE, oras: { authProviders: { k8secretsEnabled: true } } });
  assert.deepEqual(find("Role")(objects).rules.at(-1), {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get"],
  });
  const { rules } = find("ClusterRole", "ratify-manager-cluster-role")(objects);
  assert.ok(!JSON.stringify(rules).includes("secrets"));
});

test("the job may change the definitions of our kinds, and no others", async () => {
  const { rules } = find("ClusterRole", "ratify-admin-upgrade-crds")(await render(BASE));
  assert.deepEqual(
    rules[1].resourceNames.toSorted(),
    resourceDefinitions().map(({ metadata }) => metadata.name).toSorted(),
  );
  const { args } = find("Job")(await render(BASE)).spec.template.spec.containers[0];
  const options = [...crdsCommand.options, ...COMMON_OPTIONS];
  assert.ok(parseInvocation({ ...crdsCommand, options }, args.slice(1)).flag("apply"));
});

test("the container writes to its state folder only, and runs as the image's user", async () => {
  const { spec } = find("Deployment")(await render(BASE)).spec.template;
  const [container] = spec.containers;
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.equal(container.securityContext.runAsUser, 65532);
  assert.deepEqual(
    container.volumeMounts.filter((mount: Manifest) => !mount.readOnly).map((mount: Manifest) =>
      mount.mountPath
    ),
    ["/var/lib/assay"],
  );
});

test("the definitions in the chart are those of the program", async () => {
  const files = [...Deno.readDirSync(`${CHART}/crds`)].map(({ name }) => name).toSorted();
  assert.deepEqual(
    files,
    resourceDefinitions().map(({ metadata }) => `${metadata.name}.yaml`).toSorted(),
  );
  for (const definition of resourceDefinitions()) {
    const text = await Deno.readTextFile(`${CHART}/crds/${definition.metadata.name}.yaml`);
    assert.deepEqual(parse(text), JSON.parse(JSON.stringify(definition)));
  }
});

test("the notes say what is not enforced", async () => {
  const notes = (values: Values): Promise<string> => renderNotes({ ...BASE, ...values });
  const bare = await notes({});
  assert.match(bare, /NO VERIFIER: every image/);
  assert.match(bare, /Notation signatures are NOT looked at/);
  assert.match(bare, /certificate of the authority in the Secret gatekeeper-webhook-server-cert/);
  assert.match(bare, /validatingWebhookTimeoutSeconds=5 mutatingWebhookTimeoutSeconds=2/);
  const open = await notes({
    notationCerts: [CERTIFICATE],
    provider: { clientAuth: { enabled: false }, enableMutation: false, cache: { type: "dapr" } },
    oras: { authProviders: { k8secretsEnabled: true } },
  });
  assert.doesNotMatch(open, /NO VERIFIER/);
  assert.match(open, /ratify-notation-inline-cert-0/);
  assert.match(open, /! EVERYBODY who reaches/);
  assert.match(open, /! Tags stay/);
  assert.match(open, /! provider\.cache\.type dapr is not in this build/);
  assert.match(open, /! Assay may read all Secrets/);
});

/** Everything that is rendered can be used: resources load, arguments are known, settings can be read. */
async function accepted(objects: Manifest[]): Promise<void> {
  const custom = objects.filter(({ apiVersion }) =>
    apiVersion.startsWith("config.ratify.deislabs.io/")
  );
  const text = custom.map((one) => stringify(one)).join("---\n")
    .replace(
      "/usr/local/ratify-certs/cosign/cosign.pub",
      `${import.meta.dirname}/data/intoto_key.pub`,
    );
  const { data } = find("ConfigMap")(objects);
  const { problems, configuration } = await loadConfiguration([
    { path: "config.json", text: data["config.json"] },
    { path: "chart.yaml", text },
  ]);
  const errors = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  const isBare = !custom.some(({ kind }) => kind === "Verifier");
  assert.deepEqual(isBare ? errors.filter((one) => !/verifier/i.test(one)) : errors, []);
  if (!isBare) {
    assert.equal(
      configuration?.executor.verifyTimeoutMs,
      JSON.parse(data["config.json"]).executor.verificationRequestTimeout,
    );
  }
  const { args } = find("Deployment")(objects).spec.template.spec.containers[0];
  const options = [...serveCommand.options, ...COMMON_OPTIONS];
  assert.equal(args[0], "serve");
  readSettings(
    serveCommand,
    parseInvocation({ ...serveCommand, options }, args.slice(1)),
    parseAddress,
    undefined,
  );
}

/** The paths of all values that have no further members. */
function leaves(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  if (HANDED_ON.includes(prefix)) return [prefix];
  const entries = Object.entries(value);
  if (entries.length === 0) return [prefix];
  return entries.flatMap(([name, member]) =>
    leaves(member, prefix === "" ? name : `${prefix}.${name}`)
  );
}
