import type { Manifest, Values } from "./helm.ts";

/** What a value of the chart changes: where to look in what is rendered, and what is there then. */
export interface ValueCase {
  readonly values: Values;
  readonly look: (objects: Manifest[]) => unknown;
  readonly is: unknown;
}

export const CERTIFICATE = read("config/samples/certificates/root.pem");
export const KEY = /-----BEGIN[\s\S]*?-----END PUBLIC KEY-----/
  .exec(read("config/samples/key.yaml"))?.[0].replace(/^ +/gm, "") ?? "";
/** Without these nothing is rendered: the server needs a certificate. */
export const BASE: Values = { featureFlags: { RATIFY_CERT_ROTATION: true } };

const VAULT = {
  azureWorkloadIdentity: { clientId: "client" },
  azurekeyvault: {
    enabled: true,
    vaultURI: "https://v.vault.azure.net/",
    tenantId: "tenant",
    certificates: [{ name: "c", version: null }, { version: "2" }],
    refreshInterval: "30m",
  },
};
const KEYLESS = { certificateIdentity: "me@example.com", certificateOIDCIssuer: "https://a.test" };

export function find(kind: string, name?: string): (objects: Manifest[]) => Manifest {
  return (objects) =>
    objects.find((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
}

const pod = (objects: Manifest[]): Manifest => find("Deployment")(objects).spec.template;
const container = (objects: Manifest[]): Manifest => pod(objects).spec.containers[0];
const arg = (name: string) => (objects: Manifest[]): unknown =>
  container(objects).args.find((one: string) => one.startsWith(`--${name}=`))?.split("=")[1];
const env = (name: string) => (objects: Manifest[]): unknown =>
  container(objects).env.find((one: Manifest) => one.name === name)?.value;
const mounted = (name: string) => (objects: Manifest[]): unknown =>
  pod(objects).spec.volumes.find((one: Manifest) => one.name === name)?.secret?.secretName;
const settings = (objects: Manifest[]): Manifest =>
  JSON.parse(find("ConfigMap")(objects).data["config.json"]);
const job = (objects: Manifest[]): Manifest => find("Job")(objects).spec.template;
const store = (objects: Manifest[]): Manifest => find("Store")(objects).spec.parameters;
const parameters = (name: string) => (objects: Manifest[]): Manifest =>
  find("Verifier", `verifier-${name}`)(objects)?.spec.parameters;
const cosign = (objects: Manifest[]): Manifest => parameters("cosign")(objects).trustPolicies[0];
const notation = (objects: Manifest[]): Manifest =>
  parameters("notation")(objects).trustPolicyDoc.trustPolicies[0];
const vault = (objects: Manifest[]): Manifest =>
  find("KeyManagementProvider", "kmprovider-akv")(objects).spec;
const count = (kind: string) => (objects: Manifest[]): number =>
  objects.filter((one) => one.kind === kind).length;
const names = (kind: string) => (objects: Manifest[]): string[] =>
  objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
const auth = (provider: Values, more: Values = {}): Values => ({
  oras: { authProviders: provider },
  ...more,
});
const authOf = (objects: Manifest[]): unknown => store(objects).authProvider;
const role = (objects: Manifest[]): Manifest[] => find("Role")(objects).rules;

/** Values of Ratify's chart, each with what it changes. */
export const VALUE_CASES: readonly ValueCase[] = [
  at({ image: { repository: "r.test/a", tag: "v2" } }, (o) => container(o).image, "r.test/a:v2"),
  at(
    { image: { repository: "r.test/a", tag: "v2" } },
    (o) => job(o).spec.containers[0].image,
    "r.test/a:v2",
  ),
  at({ image: { pullPolicy: "Always" } }, (o) => container(o).imagePullPolicy, "Always"),
  at(
    { image: { crdRepository: "r.test/crds" } },
    (o) => job(o).spec.containers[0].image,
    "registry.example/assay:0.1.0",
  ),
  at({ nameOverride: "img" }, names("Deployment"), ["ratify-img"]),
  at({ fullnameOverride: "img" }, names("Service"), ["img"]),
  at({ fullnameOverride: "img" }, env("RATIFY_NAME"), "img"),
  at({ replicaCount: 3 }, (o) => find("Deployment")(o).spec.replicas, 3),
  at({ replicaCount: 0 }, (o) => find("Deployment")(o).spec.replicas, 1),
  at({ affinity: { nodeAffinity: {} } }, (o) => pod(o).spec.affinity, { nodeAffinity: {} }),
  at({ tolerations: [{ key: "a" }] }, (o) => pod(o).spec.tolerations, [{ key: "a" }]),
  at({ notationCerts: [CERTIFICATE, CERTIFICATE] }, names("KeyManagementProvider"), [
    "ratify-notation-inline-cert-0",
    "ratify-notation-inline-cert-1",
  ]),
  at({ notationCerts: [CERTIFICATE] }, (o) => parameters("notation")(o).verificationCertStores, {
    ca: { certs: ["ratify-notation-inline-cert-0"] },
  }),
  at({ notationCert: CERTIFICATE }, names("KeyManagementProvider"), [
    "ratify-notation-inline-cert",
  ]),
  at({ cosignKeys: [KEY] }, (o) => cosign(o).keys, [{ provider: "ratify-cosign-inline-key-0" }]),
  at({ notationCerts: [CERTIFICATE], notation: { enabled: false } }, names("Verifier"), []),
  at(
    {
      notationCerts: [CERTIFICATE, CERTIFICATE],
      notation: {
        trustPolicies: [{
          registryScopes: ["r.test/a"],
          level: "audit",
          trustedIdentities: ["x509.subject: C=SE, ST=S, O=O"],
          trustStores: ["ca:notationCerts[1]", "tsa:NotationCerts"],
        }],
      },
    },
    (o) => [parameters("notation")(o).verificationCertStores, notation(o)],
    [{
      ca: { "cert-0": ["ratify-notation-inline-cert-1"] },
      tsa: { "cert-1": ["ratify-notation-inline-cert-0"] },
    }, {
      name: "trustPolicy-0",
      registryScopes: ["r.test/a"],
      signatureVerification: { level: "audit" },
      trustStores: ["ca:cert-0", "tsa:cert-1"],
      trustedIdentities: ["x509.subject: C=SE, ST=S, O=O"],
    }],
  ),
  at(
    { cosign: { enabled: false }, cosignKeys: [KEY] },
    (o) => [names("Verifier")(o), store(o).cosignEnabled],
    [[], false],
  ),
  at({ cosign: { scopes: ["r.test/*"] }, cosignKeys: [KEY] }, (o) => cosign(o).scopes, [
    "r.test/*",
  ]),
  at({ cosign: { key: KEY } }, (o) => [parameters("cosign")(o).key, mounted("cosign-key")(o)], [
    "/usr/local/ratify-certs/cosign/cosign.pub",
    "ratify-cosign-certificate",
  ]),
  at(
    { cosign: { rekorURL: "https://rekor.test" }, cosignKeys: [KEY] },
    (o) => cosign(o).rekorURL,
    "https://rekor.test",
  ),
  at({ cosign: { tLogVerify: false }, cosignKeys: [KEY] }, (o) => cosign(o).tLogVerify, false),
  at({ cosign: { keyless: { ...KEYLESS, ctLogVerify: false } } }, (o) => cosign(o).keyless, {
    ...KEYLESS,
    ctLogVerify: false,
  }),
  at(
    {
      cosign: {
        keyless: {
          certificateIdentityRegExp: "^a@b\\.test$",
          certificateOIDCIssuerRegExp: "^https://a\\.test$",
        },
      },
    },
    (o) => cosign(o).keyless.certificateOIDCIssuerRegExp,
    "^https://a\\.test$",
  ),
  at(
    {
      vulnerabilityreport: {
        enabled: true,
        passthrough: false,
        schemaURL: "",
        createdAnnotationName: "created",
        maximumAge: "24h",
        disallowedSeverities: ["high"],
        denylistCVEs: ["CVE-1"],
        notaryProjectSignatureRequired: true,
      },
    },
    parameters("vulnerabilityreport"),
    {
      passthrough: false,
      createdAnnotationName: "created",
      maximumAge: "24h",
      disallowedSeverities: ["high"],
      denylistCVEs: ["CVE-1"],
      nestedReferences: "application/vnd.cncf.notary.signature",
    },
  ),
  at(
    { vulnerabilityreport: { enabled: true, passthrough: true } },
    parameters("vulnerabilityreport"),
    { passthrough: true },
  ),
  at(
    {
      sbom: {
        enabled: true,
        notaryProjectSignatureRequired: true,
        disallowedLicenses: ["AGPL"],
        disallowedPackages: [{ name: "p", version: "1" }],
      },
    },
    parameters("sbom"),
    {
      nestedReferences: "application/vnd.cncf.notary.signature",
      disallowedLicenses: ["AGPL"],
      disallowedPackages: [{ name: "p", version: "1" }],
    },
  ),
  at(
    { resources: { limits: { memory: "1Gi" } } },
    (o) => container(o).resources.limits.memory,
    "1Gi",
  ),
  at(
    { serviceAccount: { create: false, name: "mine" } },
    (o) => [pod(o).spec.serviceAccountName, names("ServiceAccount")(o)],
    ["mine", ["ratify-admin-upgrade-crds"]],
  ),
  at(
    { serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": "arn" } } },
    (o) => find("ServiceAccount", "ratify-admin")(o).metadata.annotations,
    { "eks.amazonaws.com/role-arn": "arn" },
  ),
  at(
    {
      gatekeeper: { version: "3.10.0" },
      featureFlags: { RATIFY_CERT_ROTATION: false },
      provider: { tls: { crt: "c", key: "k", caCert: "a" } },
    },
    (o) => [find("Provider")(o).apiVersion, find("Assign")(o).apiVersion],
    ["externaldata.gatekeeper.sh/v1alpha1", "mutations.gatekeeper.sh/v1beta1"],
  ),
  at(
    { gatekeeper: { namespace: "gk" }, provider: { clientAuth: { secretName: "ca" } } },
    (o) => find("Assign")(o).spec.match.excludedNamespaces,
    ["gk", "kube-system", "dapr-system", "gatekeeper-system"],
  ),
  at(
    { instrumentation: { metricsEnabled: false } },
    (o) => [arg("metrics-enabled")(o), container(o).ports.length],
    ["false", 2],
  ),
  at(
    { instrumentation: { metricsType: "Prometheus", metricsPort: 9000 } },
    (
      o,
    ) => [
      arg("metrics-port")(o),
      pod(o).metadata.annotations["prometheus.io/port"],
      arg("metrics-type")(o),
    ],
    ["9000", "9000", "Prometheus"],
  ),
  at(
    { azureWorkloadIdentity: { clientId: "c" } },
    (
      o,
    ) => [
      pod(o).metadata.labels["azure.workload.identity/use"],
      find("ServiceAccount", "ratify-admin")(o).metadata.annotations,
    ],
    ["true", { "azure.workload.identity/client-id": "c" }],
  ),
  at({}, (o) => pod(o).metadata.labels["azure.workload.identity/use"], undefined),
  at({ azureManagedIdentity: { tenantId: "t" } }, env("AZURE_TENANT_ID"), "t"),
  at(
    VAULT,
    (
      o,
    ) => [
      vault(o).refreshInterval,
      vault(o).parameters,
      parameters("notation")(o).verificationCertStores,
    ],
    ["30m", {
      vaultURI: "https://v.vault.azure.net/",
      tenantID: "tenant",
      clientID: "client",
      certificates: [{ name: "c" }],
    }, { ca: { certs: ["kmprovider-akv"] } }],
  ),
  at(
    { ...VAULT, azurekeyvault: { ...VAULT.azurekeyvault, keys: [{ name: "k", version: "1" }] } },
    (o) => cosign(o).keys,
    [{ provider: "kmprovider-akv" }],
  ),
  at(
    {
      ...VAULT,
      notation: {
        trustPolicies: [{ name: "p", registryScopes: ["*"], trustStores: ["ca:azureKeyVault"] }],
      },
    },
    (o) => parameters("notation")(o).verificationCertStores,
    { ca: { "cert-0": ["kmprovider-akv"] } },
  ),
  at(
    {
      azureWorkloadIdentity: { clientId: "c" },
      akvCertConfig: {
        enabled: true,
        vaultURI: "https://old.vault.azure.net/",
        tenantId: "t",
        cert1Name: "one",
        cert1Version: "1",
        cert2Name: "two",
        cert2Version: "2",
        certificates: [{ name: "three" }],
      },
    },
    (o) => vault(o).parameters.certificates,
    [{ name: "three" }, { name: "one", version: "1" }, { name: "two", version: "2" }],
  ),
  at(
    auth({ alibabacloudAcrBasicEnabled: true }, {
      alibabacloudAcrConfig: {
        defaultInstanceId: "d",
        acrInstancesConfig: [{ instanceName: "name", instanceId: "i" }],
      },
    }),
    authOf,
    {
      name: "alibabacloudAcrBasic",
      defaultInstanceId: "d",
      acrInstancesConfig: [{ instanceName: "name", instanceId: "i" }],
    },
  ),
  at({ oras: { useHttp: true } }, (o) => store(o).useHttp, true),
  at(
    auth(
      { azureWorkloadIdentityEnabled: true, azureContainerRegistryEndpoints: ["*.azurecr.io"] },
      { azureWorkloadIdentity: { clientId: "c" } },
    ),
    authOf,
    { name: "azureWorkloadIdentity", clientID: "c", endpoints: ["*.azurecr.io"] },
  ),
  at(
    auth({ azureManagedIdentityEnabled: true }, { azureManagedIdentity: { clientId: "m" } }),
    authOf,
    { name: "azureManagedIdentity", clientID: "m" },
  ),
  at(
    auth({
      awsEcrBasicEnabled: true,
      awsApiOverride: { enabled: true, endpoint: "e", partition: "p", region: "r" },
    }),
    (
      o,
    ) => [
      authOf(o),
      ...["ENDPOINT", "PARTITION", "REGION"].map((one) => env(`AWS_API_OVERRIDE_${one}`)(o)),
    ],
    [{ name: "awsEcrBasic" }, "e", "p", "r"],
  ),
  at(
    auth({ k8secretsEnabled: true, k8secretsNames: ["pull"] }),
    (o) => [authOf(o), role(o).at(-1)],
    [{ name: "k8Secrets", serviceAccountName: "ratify-admin", secrets: [{ secretName: "pull" }] }, {
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: ["pull"],
      verbs: ["get"],
    }],
  ),
  at(auth({ gcpArtifactRegistryEnabled: true }), authOf, { name: "gcpArtifactRegistry" }),
  at(
    { oras: { cache: { enabled: false, ttl: 60 } } },
    (o) => [store(o).cacheEnabled, store(o).ttl],
    [false, 60],
  ),
  at(
    { provider: { tls: { crt: "c", key: "k", caCert: "a", caKey: "s" } } },
    (o) => find("Secret")(o).data,
    { "tls.crt": "Yw==", "tls.key": "aw==", "ca.crt": "YQ==", "ca.key": "cw==" },
  ),
  at(
    { featureFlags: {}, provider: { tls: { crt: "c", key: "k", caCert: "a", caKey: "s" } } },
    (o) => [Object.keys(find("Secret")(o).data), find("Provider")(o).spec.caBundle],
    [["tls.crt", "tls.key", "ca.crt"], "YQ=="],
  ),
  at(
    { provider: { tls: { crt: "c", key: "k", cabundle: "Ym90aA==" } } },
    (o) => find("Provider")(o).spec.caBundle,
    "Ym90aA==",
  ),
  at(
    { provider: { timeout: { validationTimeoutSeconds: 9, mutationTimeoutSeconds: 3 } } },
    (o) => [
      settings(o).executor,
      ...o.filter((one) => one.kind === "Provider").map(({ spec }) => spec.timeout),
    ],
    [{ verificationRequestTimeout: 8900, mutationRequestTimeout: 2950 }, 9, 3],
  ),
  at(
    { provider: { cache: { enabled: false, cacheSizeMb: 64, ttl: "1m", name: "x" } } },
    (o) => ["cache-enabled", "cache-size", "cache-ttl"].map((one) => arg(one)(o)),
    ["false", "64", "1m"],
  ),
  at({ provider: { cache: { type: "dapr" } } }, arg("cache-type"), undefined),
  at({ provider: { enableMutation: false } }, (o) => [count("Assign")(o), names("Provider")(o)], [
    0,
    ["ratify-provider"],
  ]),
  at(
    { provider: { mutationExcludedNamespaces: ["ci"] } },
    (o) => find("Assign")(o).spec.match.excludedNamespaces,
    ["gatekeeper-system", "kube-system", "dapr-system", "ci"],
  ),
  at(
    { podAnnotations: { a: "b" }, podLabels: { c: "d" } },
    (o) => [pod, job].map((of) => [of(o).metadata.annotations.a, of(o).metadata.labels.c]),
    [["b", "d"], ["b", "d"]],
  ),
  at({ enableRuntimeDefaultSeccompProfile: false }, (o) => job(o).spec.securityContext, undefined),
  at(
    { healthPort: 9100 },
    (o) => [arg("health-port")(o), container(o).ports.at(-1).containerPort],
    [":9100", 9100],
  ),
  at(
    { rbac: { create: false } },
    (o) =>
      ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map((kind) => count(kind)(o)),
    [0, 0, 0, 0],
  ),
  at({ upgradeCRDs: { enabled: false } }, count("Job"), 0),
  at(
    { upgradeCRDs: { extraRules: [{ apiGroups: ["x"], resources: ["things"], verbs: ["get"] }] } },
    (o) => find("ClusterRole", "ratify-admin-upgrade-crds")(o).rules.at(-1).resources,
    ["things"],
  ),
  at(
    {
      crds: {
        affinity: { nodeAffinity: {} },
        tolerations: [{ key: "a" }],
        nodeSelector: { a: "b" },
        resources: { limits: { cpu: "1" } },
      },
    },
    (
      o,
    ) => [
      job(o).spec.affinity,
      job(o).spec.tolerations,
      job(o).spec.nodeSelector,
      job(o).spec.containers[0].resources,
    ],
    [{ nodeAffinity: {} }, [{ key: "a" }], { a: "b", "kubernetes.io/os": "linux" }, {
      limits: { cpu: "1" },
    }],
  ),
  at(
    { crds: { securityContext: { runAsUser: 7 } } },
    (o) => job(o).spec.containers[0].securityContext.runAsUser,
    7,
  ),
  at({ policy: { useRego: true } }, (o) => find("Policy")(o).spec.type, "rego-policy"),
  at(
    {
      logger: {
        formatter: "json",
        level: "debug",
        requestHeaders: { traceIDHeaderName: ["x-a", ""] },
      },
    },
    (o) => [settings(o).logger, env("RATIFY_LOG_LEVEL")(o)],
    [{ formatter: "json", requestHeaders: { traceIDHeaderName: ["x-a"] } }, "debug"],
  ),
  at({ crl: { cache: { enabled: false } } }, (o) => settings(o).crl, { cache: { enabled: false } }),
  at(
    {
      featureFlags: {
        RATIFY_CERT_ROTATION: true,
        RATIFY_EXPERIMENTAL_HIGH_AVAILABILITY: true,
        RATIFY_OTHER: false,
      },
    },
    (o) =>
      ["CERT_ROTATION", "EXPERIMENTAL_HIGH_AVAILABILITY", "OTHER"].map((one) =>
        env(`RATIFY_${one}`)(o)
      ),
    ["1", "1", "0"],
  ),
  at({ env: [{ name: "A", value: "b" }] }, (o) => container(o).env[0], { name: "A", value: "b" }),
  at(
    { dockerConfig: "{}" },
    (
      o,
    ) => [
      env("DOCKER_CONFIG")(o),
      mounted("docker-config")(o),
      find("Secret", "ratify-dockerconfig")(o).data,
    ],
    ["/usr/local/docker", "ratify-dockerconfig", { ".dockerconfigjson": "e30=" }],
  ),
  at(
    { registryCredsSecret: "creds" },
    (o) => [env("DOCKER_CONFIG")(o), mounted("docker-config")(o)],
    ["/usr/local/docker", "creds"],
  ),
  // What Assay adds.
  at(
    { image: { digest: `sha256:${"a".repeat(64)}` } },
    (o) => container(o).image,
    `registry.example/assay@sha256:${"a".repeat(64)}`,
  ),
  at(
    { imagePullSecrets: [{ name: "p" }] },
    (o) => [pod, job].map((of) => of(o).spec.imagePullSecrets),
    [[{ name: "p" }], [{ name: "p" }]],
  ),
  at({ nodeSelector: { a: "b" } }, (o) => pod(o).spec.nodeSelector, {
    a: "b",
    "kubernetes.io/os": "linux",
  }),
  at({ topologySpreadConstraints: [] }, (o) => pod(o).spec.topologySpreadConstraints, undefined),
  at(
    { priorityClassName: "high", terminationGracePeriodSeconds: 40, preStopSleepSeconds: 5 },
    (
      o,
    ) => [
      pod(o).spec.priorityClassName,
      pod(o).spec.terminationGracePeriodSeconds,
      container(o).lifecycle.preStop.sleep.seconds,
    ],
    ["high", 40, 5],
  ),
  at({ replicaCount: 2 }, count("PodDisruptionBudget"), 1),
  at(
    { podDisruptionBudget: { enabled: true, minAvailable: "50%" } },
    (o) => find("PodDisruptionBudget")(o).spec.minAvailable,
    "50%",
  ),
  at({ podDisruptionBudget: { enabled: false }, replicaCount: 2 }, count("PodDisruptionBudget"), 0),
  at(
    { networkPolicy: { enabled: true, metricsFrom: [{ podSelector: {} }] } },
    (o) =>
      find("NetworkPolicy")(o).spec.ingress.map((
        rule: Manifest,
      ) => [rule.ports[0].port, rule.from?.length]),
    [["https", 1], ["healthz", undefined], ["metrics", 1]],
  ),
  at(
    { serviceAccount: { labels: { a: "b" } } },
    (o) => find("ServiceAccount", "ratify-admin")(o).metadata.labels.a,
    "b",
  ),
  at(
    { featureFlags: {}, provider: { tls: { secretName: "mine", caCert: "a" } } },
    (o) => [pod(o).spec.volumes[1].projected.sources[0].secret.name, count("Secret")(o)],
    ["mine", 0],
  ),
  at({ provider: { tls: { keyType: "rsa" } } }, arg("tls-key-type"), "rsa"),
  at(
    { provider: { clientAuth: { enabled: false } } },
    (o) => [arg("ca-cert-file")(o), pod(o).spec.volumes[1].projected.sources.length],
    [undefined, 1],
  ),
  at(
    { provider: { clientAuth: { secretName: "s", secretKey: "k" } } },
    (o) => pod(o).spec.volumes[1].projected.sources[1].secret,
    { name: "s", items: [{ key: "k", path: "client-ca/ca.crt" }] },
  ),
  at(
    { provider: { clientAuth: { caCerts: [{ secretName: "s", secretKey: "k" }] } } },
    (o) => pod(o).spec.volumes[1].projected.sources[1].secret.name,
    "s",
  ),
];

function at(values: Values, look: ValueCase["look"], is: unknown): ValueCase {
  return { values: { ...BASE, ...values }, look, is };
}

function read(path: string): string {
  return Deno.readTextFileSync(`${import.meta.dirname}/../${path}`);
}
