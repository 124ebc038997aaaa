import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { posix } from "node:path";
import { parseAllDocuments } from "yaml";
import { serveCommand } from "../src/cli/commands/serve.ts";
import { COMMON_OPTIONS } from "../src/cli/help.ts";
import { parseInvocation } from "../src/cli/invocation.ts";
import { loadConfiguration, readSources } from "../src/resources/mod.ts";
import { readDockerfile } from "./container.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The manifests in k8s/ belong together: names, ports, paths and time limits are said in several
 * places, and an installation works only if they all say the same.
 */

const K8S = `${import.meta.dirname}/../k8s`;

/** What the person who installs puts there; the READMEs say how. */
const BROUGHT = [
  "assay/tls/ca.crt",
  "assay/tls/tls.crt",
  "assay/tls/tls.key",
  "sidecar/gatekeeper.yaml",
];

/** Files that no kustomization lists. */
const UNLISTED = ["gatekeeper/values.yaml"];

// deno-lint-ignore no-explicit-any -- manifests of many kinds, whose members the assertions name
type Manifest = any;

Deno.test("every manifest can be read", () => {
  for (const path of files(K8S).filter((name) => name.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(Deno.readTextFileSync(`${K8S}/${path}`))) {
      assert.deepEqual(document.errors, [], path);
    }
  }
});

Deno.test("every kustomization lists all files beside it, and no others", () => {
  const listed = files(K8S).filter((name) => name.endsWith("/kustomization.yaml")).flatMap(
    (path) => [path, ...listedIn(path)],
  );
  const there = files(K8S).filter((name) => name.endsWith(".yaml") || name.endsWith(".json"));
  assert.deepEqual(
    [...new Set(listed)].toSorted(),
    [...new Set([...there, ...BROUGHT])].filter((name) => !UNLISTED.includes(name)).toSorted(),
  );
});

Deno.test("the time limits of webhooks, Provider objects and Assay belong together", () => {
  const verify = manifest("gatekeeper/validating-webhook.yaml").webhooks[0];
  const mutate = manifest("gatekeeper/mutating-webhook.yaml").webhooks[0];
  const helm = manifest("gatekeeper/values.yaml");
  const [verifyProvider, mutateProvider] = manifests("assay/providers.yaml");
  const { executor } = JSON.parse(read("assay/config/config.json"));
  assert.deepEqual(
    [verify, mutate].map(({ timeoutSeconds }) => timeoutSeconds),
    [helm.validatingWebhookTimeoutSeconds, helm.mutatingWebhookTimeoutSeconds],
  );
  assert.equal(verifyProvider.spec.timeout, verify.timeoutSeconds);
  assert.equal(mutateProvider.spec.timeout, mutate.timeoutSeconds);
  assert.equal(executor.verificationRequestTimeout, verify.timeoutSeconds * 1000 - 100);
  assert.equal(executor.mutationRequestTimeout, mutate.timeoutSeconds * 1000 - 50);
  const [library, mutationLibrary] = parsed(
    Deno.readTextFileSync(`${K8S}/../config/library/provider.yaml`),
  );
  assert.equal(library.spec.timeout, verify.timeoutSeconds);
  assert.equal(mutationLibrary.spec.timeout, mutate.timeoutSeconds);
});

Deno.test("patches and Helm values for Gatekeeper say the same", () => {
  const helm = manifest("gatekeeper/values.yaml");
  const exempt = (labels: Manifest): string[] => labels["kubernetes.io/metadata.name"];
  const webhooks = [
    [
      manifest("gatekeeper/validating-webhook.yaml").webhooks[0],
      helm.validatingWebhookFailurePolicy,
      exempt(helm.validatingWebhookExemptNamespacesLabels),
    ],
    [
      manifest("gatekeeper/mutating-webhook.yaml").webhooks[0],
      helm.mutatingWebhookFailurePolicy,
      exempt(helm.mutatingWebhookExemptNamespacesLabels),
    ],
  ];
  for (const [webhook, failurePolicy, namespaces] of webhooks) {
    assert.equal(webhook.failurePolicy, "Fail");
    assert.equal(failurePolicy, "Fail");
    assert.deepEqual(webhook.namespaceSelector.matchExpressions.at(-1).values, namespaces);
  }
  const flag = manifest("gatekeeper/response-cache.yaml").at(-1).value;
  assert.equal(
    flag,
    `--external-data-provider-response-cache-ttl=${helm.externaldataProviderResponseCacheTTL}`,
  );
});

Deno.test("the configuration passes the check and sets the limits", async () => {
  const sources = await readSources([`${K8S}/assay/config`]);
  const now = new Date("2026-11-24T12:00:00Z");
  const { problems, configuration } = await loadConfiguration(sources, { home: undefined, now });
  assert.deepEqual(problems, []);
  assert.equal(configuration?.executor.verifyTimeoutMs, 4900);
  assert.equal(configuration?.executor.mutateTimeoutMs, 1950);
});

Deno.test("the certificate in the configuration is a placeholder", () => {
  assert.match(
    read("assay/config/resources.yaml"),
    /^# .*a placeholder whose key was thrown away/m,
  );
  const pem = /-----BEGIN[\s\S]*-----END CERTIFICATE-----/.exec(
    read("assay/config/resources.yaml"),
  );
  const { subject } = new X509Certificate(pem?.[0].replace(/^ +/gm, "") ?? "");
  assert.match(subject, /^CN=Replace this certificate by your own$/m);
});

Deno.test("Provider objects lead to the Service, and the Service to the container", () => {
  const service = manifest("deployment/service.yaml");
  const deployment = manifest("deployment/deployment.yaml");
  const { labels } = deployment.spec.template.metadata;
  assert.deepEqual(service.spec.selector, labels);
  assert.deepEqual(deployment.spec.selector.matchLabels, labels);
  assert.deepEqual(
    manifest("deployment/pod-disruption-budget.yaml").spec.selector.matchLabels,
    labels,
  );
  const [port] = service.spec.ports;
  for (const { spec } of manifests("assay/providers.yaml")) {
    assert.equal(
      new URL(spec.url).host,
      `${service.metadata.name}.${service.metadata.namespace}:${port.port}`,
    );
  }
  const container = containerOf("deployment/deployment.yaml");
  const target = container.ports.find(({ name }: Manifest) => name === port.targetPort);
  assert.equal(argument(container, "http"), `:${target.containerPort}`);
});

Deno.test("beside Gatekeeper, Provider objects lead to the loopback address and no port is taken twice", () => {
  const container = containerOf("sidecar/sidecar.yaml");
  const patches = ["provider", "mutation-provider"].map((name) => manifest(`sidecar/${name}.yaml`));
  for (const [index, original] of manifests("assay/providers.yaml").entries()) {
    assert.equal(patches[index].metadata.name, original.metadata.name);
    const url = new URL(patches[index].spec.url);
    assert.equal(url.host, argument(container, "http"));
    assert.equal(url.pathname, new URL(original.spec.url).pathname);
  }
  const taken = [8443, 8888, 9090]; // Gatekeeper's webhook, metrics and health
  for (const { containerPort } of container.ports) assert.ok(!taken.includes(containerPort));
  assert.ok(
    container.volumeMounts.some(({ name, mountPath }: Manifest) =>
      name === "assay-no-token" && mountPath === "/var/run/secrets/kubernetes.io/serviceaccount"
    ),
  );
});

for (const path of ["deployment/deployment.yaml", "sidecar/sidecar.yaml"]) {
  Deno.test(`${path}: ports, paths and volumes agree`, () => {
    const container = containerOf(path);
    const pod = manifest(path).spec.template.spec;
    const ports = new Map(container.ports.map((port: Manifest) => [port.name, port.containerPort]));
    assert.equal(ports.get("assay-metrics"), Number(argument(container, "metrics-port")));
    assert.equal(`:${ports.get("assay-health")}`, argument(container, "health-port"));
    assert.deepEqual(container.livenessProbe.httpGet, { path: "/healthz", port: "assay-health" });
    assert.deepEqual(container.readinessProbe.httpGet, { path: "/readyz", port: "assay-health" });

    const mounts = new Map<string, string>(
      container.volumeMounts.map((mount: Manifest) => [mount.name, mount.mountPath]),
    );
    assert.deepEqual([...mounts.keys()], pod.volumes.map((volume: Manifest) => volume.name));
    const writable = container.volumeMounts.filter((mount: Manifest) => !mount.readOnly);
    assert.deepEqual(writable.map(({ name }: Manifest) => name), ["assay-state"]);
    assert.equal(argument(container, "state-dir"), mounts.get("assay-state"));
    const volume = (name: string): Manifest =>
      pod.volumes.find((candidate: Manifest) => candidate.name === name);
    assert.equal(argument(container, "config"), mounts.get("assay-config"));
    assert.equal(argument(container, "cert-dir"), mounts.get("assay-tls"));
    const [server, client] = volume("assay-tls").projected.sources.map(({ secret }: Manifest) =>
      secret
    );
    assert.equal(client.name, "gatekeeper-webhook-server-cert");
    assert.equal(
      argument(container, "ca-cert-file"),
      `${mounts.get("assay-tls")}/${client.items[0].path}`,
    );
    assert.deepEqual(server.items.map((item: Manifest) => item.path), ["tls.crt", "tls.key"]);
    const registries = container.env.find(({ name }: Manifest) => name === "DOCKER_CONFIG");
    assert.equal(registries.value, mounts.get("assay-registries"));
    assert.equal(volume("assay-registries").secret.items[0].path, "config.json");

    const shared = manifest("assay/kustomization.yaml");
    assert.equal(volume("assay-config").configMap.name, shared.configMapGenerator[0].name);
    assert.equal(server.name, shared.secretGenerator[0].name);
    const keys = shared.secretGenerator[0].files.map((file: string) => posix.basename(file));
    for (const { key } of server.items) assert.ok(keys.includes(key), key);
  });

  Deno.test(`${path}: the container's arguments are those of serve`, async () => {
    const { args } = containerOf(path);
    assert.equal(args[0], serveCommand.name);
    const options = [...serveCommand.options, ...COMMON_OPTIONS];
    const invocation = parseInvocation({ ...serveCommand, options }, args.slice(1));
    for (const arg of args.slice(1)) {
      const [, name = "", value] = /^--([^=]+)(?:=(.*))?$/.exec(arg) ?? [];
      if (value === undefined) assert.ok(invocation.flag(name), arg);
      else assert.equal(invocation.texts(name).at(-1), value);
    }
    // Values too: what stops it is that the folders are not here, which is looked at after them.
    const here = args.map((arg: string) => arg.replace("=/", "=/nowhere/"));
    const { status, out, err } = await runCli(here);
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, /\/nowhere\/etc\/assay\/config/);
    assert.doesNotMatch(err, /USAGE_INVALID|NOT_AVAILABLE/);
  });

  Deno.test(`${path}: the container runs the image as the image says`, async () => {
    const { command, securityContext } = containerOf(path);
    const { user, entrypoint } = await readDockerfile();
    assert.equal(command, undefined, "it has the image's");
    assert.equal(posix.basename(entrypoint), "assay");
    assert.equal(`${securityContext.runAsUser}:${securityContext.runAsGroup}`, user);
  });

  Deno.test(`${path}: the container has no rights that it does not need`, () => {
    assert.deepEqual(containerOf(path).securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });
}

Deno.test("the Deployment has a service account without a token", () => {
  const pod = manifest("deployment/deployment.yaml").spec.template.spec;
  const account = manifest("deployment/service-account.yaml");
  assert.equal(pod.serviceAccountName, account.metadata.name);
  assert.equal(pod.automountServiceAccountToken, false);
  assert.equal(account.automountServiceAccountToken, false);
});

Deno.test("both forms run the same container but for what they say", () => {
  const plain = (path: string): Manifest => {
    const { ports: _ports, lifecycle: _lifecycle, ...container } = containerOf(path);
    const different = /^--(http|metrics-port)=/;
    return {
      ...container,
      args: container.args.filter((arg: string) => !different.test(arg)),
      volumeMounts: container.volumeMounts.filter(({ name }: Manifest) =>
        name !== "assay-no-token"
      ),
    };
  };
  assert.deepEqual(plain("sidecar/sidecar.yaml"), plain("deployment/deployment.yaml"));
  const images = ["sidecar", "deployment"].map((name) =>
    manifest(`${name}/kustomization.yaml`).images
  );
  assert.deepEqual(images[0], images[1]);
  assert.equal(containerOf("sidecar/sidecar.yaml").image, images[0][0].name);
});

Deno.test("everything lies in Gatekeeper's namespace", () => {
  const { configMapGenerator, secretGenerator } = manifest("assay/kustomization.yaml");
  const named = ["deployment", "service", "service-account", "pod-disruption-budget"]
    .map((name) => manifest(`deployment/${name}.yaml`).metadata);
  for (const { namespace } of [...named, ...configMapGenerator, ...secretGenerator]) {
    assert.equal(namespace, "gatekeeper-system");
  }
});

Deno.test("make-certificates.sh makes certificates for all names, and keeps its authority", async () => {
  await using folder = await temporaryFolder();
  const tls = `${folder.path}/tls`;
  const names = ["assay.gatekeeper-system", "10.0.0.7", "fd00::7"];
  const make = async (): Promise<{ server: X509Certificate; authority: X509Certificate }> => {
    const { success, stderr } = await new Deno.Command(`${K8S}/make-certificates.sh`, {
      args: [tls, ...names],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return {
      server: new X509Certificate(Deno.readTextFileSync(`${tls}/tls.crt`)),
      authority: new X509Certificate(Deno.readTextFileSync(`${tls}/ca.crt`)),
    };
  };
  const first = await make();
  const second = await make();
  for (const { server, authority } of [first, second]) {
    assert.match(
      server.subjectAltName ?? "",
      /DNS:assay\.gatekeeper-system, IP Address:10\.0\.0\.7/,
    );
    assert.match(server.subjectAltName ?? "", /IP Address:(fd00|FD00):/);
    assert.ok(server.verify(authority.publicKey));
    assert.equal(server.ca, false);
    assert.equal(authority.ca, true);
  }
  assert.equal(first.authority.fingerprint256, second.authority.fingerprint256);
  assert.notEqual(first.server.fingerprint256, second.server.fingerprint256);
  for (const path of [tls, `${tls}/ca.key`, `${tls}/tls.key`]) {
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o077, 0, path);
  }
  assert.deepEqual(
    [...Deno.readDirSync(tls)].map(({ name }) => name).toSorted(),
    ["ca.crt", "ca.key", "tls.crt", "tls.key"],
  );
});

/** The files that a kustomization names, from k8s/. */
function listedIn(path: string): string[] {
  const folder = posix.dirname(path);
  const {
    resources = [],
    components = [],
    patches = [],
    configMapGenerator = [],
    secretGenerator = [],
  } = manifest(path);
  const names: string[] = [
    ...resources,
    ...components,
    ...patches.map((patch: Manifest) => patch.path),
    ...[...configMapGenerator, ...secretGenerator].flatMap((generator: Manifest) =>
      generator.files
    ),
  ];
  return names.map((name) => posix.join(folder, name))
    .map((name) =>
      BROUGHT.includes(name) || Deno.statSync(`${K8S}/${name}`).isFile
        ? name
        : `${name}/kustomization.yaml`
    );
}

/** The container of Assay in a Deployment, or in a patch for one. */
function containerOf(path: string): Manifest {
  return manifest(path).spec.template.spec.containers
    .find(({ name }: Manifest) => name === "assay");
}

/** The value of `--NAME=VALUE` in a container's arguments. */
function argument(container: Manifest, name: string): string | undefined {
  const prefix = `--${name}=`;
  return container.args.find((arg: string) => arg.startsWith(prefix))?.slice(prefix.length);
}

function manifest(path: string): Manifest {
  const [first, ...others] = manifests(path);
  assert.equal(others.length, 0, path);
  return first;
}

function manifests(path: string): Manifest[] {
  return parsed(read(path));
}

function parsed(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS());
}

function read(path: string): string {
  return Deno.readTextFileSync(`${K8S}/${path}`);
}

/** All files below a folder, without what an installation brings and the chart, whose files are templates. */
function files(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory && !["assay/tls", "charts"].includes(`${prefix}${name}`)
      ? files(`${folder}/${name}`, `${prefix}${name}/`)
      : [`${prefix}${name}`]
  ).filter((path) => !BROUGHT.includes(path) && !["assay/tls", "charts"].includes(path));
}
