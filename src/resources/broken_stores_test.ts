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
export const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["no type", yaml("Store", "version: 1.0.0"), ["@"]],
  ["an empty type", yaml("Store", 'name: ""'), ["@"]],
  ["a type that is none", yaml("Store", "name: dir"), ["@"]],
  ["an unknown field", yaml("Store", "name: oras\nparameter: {}"), ["@"]],
  ["parameters that are a text", yaml("Store", "name: oras\nparameters: none"), ["@"]],
  [
    "a plugin to download",
    yaml("Store", "name: oras\nsource: {artifact: registry.example.com/plugin:v1}"),
    ["@"],
  ],
  ["a misspelt parameter", store("cosignEnable: true"), ["@"]],
  ["a text for a truth value", store('useHttp: "true"'), ["@"]],
  ["a fraction for seconds", store("ttl: 1.5"), ["@"]],
  ["a negative number of seconds", store("ttl: -1"), ["@"]],
  ["a URL for a host", store("plainHttp: [http://registry.example.com]"), ["@"]],
  ["a list for an object", store("mirrors: [a, b]"), ["@"]],
  ["no mirrors for a host", store("mirrors: {docker.io: []}"), ["@"]],
  ["a pattern for a host of a bundle", store('caBundles: {"*.example.com": /ca.pem}'), ["@"]],
  [
    "a bundle that holds no certificate",
    store('caBundles:\n  example.com: "-----BEGIN X-----\\n-----END X-----"'),
    ["@"],
  ],
  ["an auth provider without name", store("authProvider: {configPath: /x}"), ["@"]],
  ["an auth provider that is none", store("authProvider: {name: k8secrets}"), ["@"]],
  [
    "a field of another auth provider",
    store("authProvider: {name: dockerConfig, clientID: abc}"),
    ["@"],
  ],
  [
    "a secret without name",
    store("authProvider: {name: k8Secrets, secrets: [{namespace: a}]}"),
    ["@"],
  ],
  [
    "an endpoint with a pattern in the middle",
    store('authProvider: {name: azureWorkloadIdentity, endpoints: ["a.*.io"]}'),
    ["@"],
  ],
  [
    "an instance without id",
    store("authProvider:\n  name: alibabacloudAcrBasic\n  acrInstancesConfig: [{instanceName: a}]"),
    ["@"],
  ],
  ["an address in a namespace", yaml("NamespacedStore", "name: oras\naddress: /x", namespaced), ["@"]],
  ["a cache directory in a namespace", tenantStore("localCachePath: /var/cache"), ["@"]],
  ["a bundle file in a namespace", tenantStore("caBundles: {a.example.com: /ca.pem}"), ["@"]],
  [
    "a docker configuration in a namespace",
    tenantStore("authProvider: {name: dockerConfig, configPath: /root/.docker/config.json}"),
    ["@"],
  ],
  [
    "a secret of another namespace",
    tenantStore("authProvider: {name: k8Secrets, secrets: [{secretName: a, namespace: team-b}]}"),
    ["@"],
  ],
  [
    "a secret of no namespace in a namespace",
    tenantStore("authProvider: {name: k8Secrets, secrets: [{secretName: a}]}"),
    ["@"],
  ],
  [
    "a private key in a bundle",
    store(`caBundles:\n  example.com: |\n    -----BEGIN EC PRIVATE KEY-----\n    AAAA`),
    ["@"],
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compileStore refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
