import assert from "node:assert/strict";
import { problemsOf, yaml } from "./testing/resources.ts";

const namespaced = { namespace: "team-a" };

/** A Store with these parameters. */
function store(parameters: string): string {
  return yaml("Store", `name: oras\nparameters:\n  ${parameters.replaceAll("\n", "\n  ")}`);
}

/** The same in a namespace. */
function tenantStore(parameters: string): string {
  return yaml(
    "NamespacedStore",
    `name: oras\nparameters:\n  ${parameters.replaceAll("\n", "\n  ")}`,
    namespaced,
  );
}

/** Stores that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["no type", yaml("Store", "version: 1.0.0"), [
    "t.yaml:5:3: error CONFIG_INVALID Store/x spec.name: is missing: text is required",
  ]],
  ["an empty type", yaml("Store", 'name: ""'), [
    "t.yaml:5:9: error CONFIG_INVALID Store/x spec.name: must not be empty",
  ]],
  ["a type that is none", yaml("Store", "name: dir"), [
    't.yaml:5:9: error PLUGIN_NOT_FOUND Store/x spec.name: must be oras or oci-layout; found "dir"',
  ]],
  ["an unknown field", yaml("Store", "name: oras\nparameter: {}"), [
    "t.yaml:6:3: error CONFIG_INVALID Store/x spec.parameter: is not a known field; did you mean parameters?",
  ]],
  ["parameters that are a text", yaml("Store", "name: oras\nparameters: none"), [
    't.yaml:6:15: error CONFIG_INVALID Store/x spec.parameters: must be an object; found "none"',
  ]],
  [
    "a plugin to download",
    yaml("Store", "name: oras\nsource: {artifact: registry.example.com/plugin:v1}"),
    ["t.yaml:6:3: error CONFIG_INVALID Store/x spec.source: must be removed: plugins are not downloaded; the built-in types need none"],
  ],
  ["a misspelt parameter", store("cosignEnable: true"), [
    "t.yaml:7:5: error CONFIG_INVALID Store/x spec.parameters.cosignEnable: is not a known field; did you mean cosignEnabled?",
  ]],
  ["a text for a truth value", store('useHttp: "true"'), [
    't.yaml:7:14: error CONFIG_INVALID Store/x spec.parameters.useHttp: must be true or false; found "true"',
  ]],
  ["a fraction for seconds", store("ttl: 1.5"), [
    "t.yaml:7:10: error CONFIG_INVALID Store/x spec.parameters.ttl: must be a whole number; found 1.5",
  ]],
  ["a negative number of seconds", store("ttl: -1"), [
    "t.yaml:7:10: error CONFIG_INVALID Store/x spec.parameters.ttl: must be at least 0; found -1",
  ]],
  ["a URL for a host", store("plainHttp: [http://registry.example.com]"), [
    't.yaml:7:17: error CONFIG_INVALID Store/x spec.parameters.plainHttp[0]: must be a registry host such as registry.example.com:5000; found "http://registry.example.com"',
  ]],
  ["a list for an object", store("mirrors: [a, b]"), [
    "t.yaml:7:14: error CONFIG_INVALID Store/x spec.parameters.mirrors: must be an object; found a list",
  ]],
  ["no mirrors for a host", store("mirrors: {docker.io: []}"), [
    't.yaml:7:26: error CONFIG_INVALID Store/x spec.parameters.mirrors["docker.io"]: must have at least 1 entry',
  ]],
  ["a pattern for a host of a bundle", store('caBundles: {"*.example.com": /ca.pem}'), [
    't.yaml:7:17: error CONFIG_INVALID Store/x spec.parameters.caBundles["*.example.com"]: must be a registry host such as registry.example.com:5000',
  ]],
  [
    "a bundle that holds no certificate",
    store('caBundles:\n  example.com: "-----BEGIN X-----\\n-----END X-----"'),
    ['t.yaml:8:20: error CERT_INVALID Store/x spec.parameters.caBundles["example.com"]: holds a X block on line 1; only CERTIFICATE blocks belong there. Put the certificate there as PEM text (BEGIN CERTIFICATE).'],
  ],
  ["an auth provider without name", store("authProvider: {configPath: /x}"), [
    "t.yaml:7:19: error CONFIG_INVALID Store/x spec.parameters.authProvider.name: is missing: text is required",
  ]],
  ["an auth provider that is none", store("authProvider: {name: k8secrets}"), [
    't.yaml:7:26: error CONFIG_INVALID Store/x spec.parameters.authProvider.name: must be one of dockerConfig, static, k8Secrets, azureWorkloadIdentity, azureManagedIdentity, awsEcrBasic, gcpArtifactRegistry, alibabacloudAcrBasic; found "k8secrets" (did you mean k8Secrets?)',
  ]],
  [
    "a field of another auth provider",
    store("authProvider: {name: dockerConfig, clientID: abc}"),
    ["t.yaml:7:40: error CONFIG_INVALID Store/x spec.parameters.authProvider.clientID: is not a known field; known are name, configPath"],
  ],
  [
    "files for a registry that is a URL",
    store(
      "authProvider:\n  name: static\n  registries:\n    https://r.example.com: {usernameFile: a, passwordFile: b}",
    ),
    ['t.yaml:10:9: error CONFIG_INVALID Store/x spec.parameters.authProvider.registries["https://r.example.com"]: must be a registry host such as registry.example.com:5000'],
  ],
  [
    "a misspelt file of a registry",
    store(
      "authProvider: {name: static, registries: {r.example.com: {usernameFile: a, passwordfile: b}}}",
    ),
    [
      't.yaml:7:62: error CONFIG_INVALID Store/x spec.parameters.authProvider.registries["r.example.com"].passwordFile: is missing: text is required',
      't.yaml:7:80: error CONFIG_INVALID Store/x spec.parameters.authProvider.registries["r.example.com"].passwordfile: is not a known field; did you mean passwordFile?',
    ],
  ],
  [
    "files of registries in a namespace",
    tenantStore(
      "authProvider: {name: static, registries: {r.example.com: {usernameFile: a, passwordFile: b}}}",
    ),
    ["t.yaml:7:46: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.authProvider.registries: must not be set in a namespace: it names files of the process"],
  ],
  [
    "an endpoint in a namespace that is no registry of Azure",
    tenantStore(
      "authProvider: {name: azureWorkloadIdentity, endpoints: [a.azurecr.io, registry.example.com]}",
    ),
    ['t.yaml:7:75: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.authProvider.endpoints[1]: must be a registry below azurecr.io, azurecr.us or azurecr.cn in a namespace; found "registry.example.com"'],
  ],
  [
    "a secret without name",
    store("authProvider: {name: k8Secrets, secrets: [{namespace: a}]}"),
    ["t.yaml:7:47: error CONFIG_INVALID Store/x spec.parameters.authProvider.secrets[0].secretName: is missing: text is required"],
  ],
  [
    "an endpoint with a pattern in the middle",
    store('authProvider: {name: azureWorkloadIdentity, endpoints: ["a.*.io"]}'),
    ['t.yaml:7:61: error CONFIG_INVALID Store/x spec.parameters.authProvider.endpoints[0]: must be a host, or *. and a domain; found "a.*.io"'],
  ],
  [
    "an instance without id",
    store("authProvider:\n  name: alibabacloudAcrBasic\n  acrInstancesConfig: [{instanceName: a}]"),
    ["t.yaml:9:28: error CONFIG_INVALID Store/x spec.parameters.authProvider.acrInstancesConfig[0].instanceId: is missing: text is required"],
  ],
  ["an address in a namespace", yaml("NamespacedStore", "name: oras\naddress: /x", namespaced), [
    "t.yaml:6:3: error CONFIG_INVALID NamespacedStore/team-a/x spec.address: must not be set in a namespace: it names files of the process",
  ]],
  ["a cache directory in a namespace", tenantStore("localCachePath: /var/cache"), [
    "t.yaml:7:21: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.localCachePath: must not be set in a namespace: it names files of the process",
  ]],
  ["a bundle file in a namespace", tenantStore("caBundles: {a.example.com: /ca.pem}"), [
    't.yaml:7:32: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.caBundles["a.example.com"]: must be PEM text in a namespace: a path names files of the process',
  ]],
  [
    "a docker configuration in a namespace",
    tenantStore("authProvider: {name: dockerConfig, configPath: /root/.docker/config.json}"),
    ["t.yaml:7:52: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.authProvider.configPath: must not be set in a namespace: it names files of the process"],
  ],
  [
    "a secret of another namespace",
    tenantStore("authProvider: {name: k8Secrets, secrets: [{secretName: a, namespace: team-b}]}"),
    ['t.yaml:7:74: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.authProvider.secrets[0].namespace: must be team-a, the store\'s own namespace; found "team-b"'],
  ],
  [
    "a secret of no namespace in a namespace",
    tenantStore("authProvider: {name: k8Secrets, secrets: [{secretName: a}]}"),
    ["t.yaml:7:47: error CONFIG_INVALID NamespacedStore/team-a/x spec.parameters.authProvider.secrets[0].namespace: must be team-a, the store's own namespace; found nothing"],
  ],
  [
    "a private key in a bundle",
    store(`caBundles:\n  example.com: |\n    -----BEGIN EC PRIVATE KEY-----\n    AAAA`),
    ['t.yaml:8:20: error CERT_INVALID Store/x spec.parameters.caBundles["example.com"]: holds a PRIVATE KEY, which must never be in a configuration. Remove it and treat the key as leaked: whoever can read the configuration can sign with it.'],
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compileStore refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
