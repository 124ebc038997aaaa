import assert from "node:assert/strict";
import type { FetchedProvider } from "../keys/mod.ts";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { yaml } from "./testing/resources.ts";

/** What a configuration has of one provider, and what is said of it. */
interface Compiled {
  readonly fetched: readonly FetchedProvider[];
  /** Without file, position and code. */
  readonly problems: readonly string[];
  readonly codes: readonly string[];
}

async function compile(
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Compiled> {
  const fetched: FetchedProvider[] = [];
  const { problems } = await loadConfiguration([{ path: "t.yaml", text }], {
    ownNamespace: "assay",
    surroundings: {
      env: (name) => env[name],
      readText: () => Promise.reject(new Deno.errors.NotFound()),
      now: () => new Date("2026-11-24T12:00:00Z"),
    },
    keys: {
      current: (provider) => {
        fetched.push(provider);
        return Promise.resolve({ certificates: [], keys: [], details: [] });
      },
    },
  });
  const told = problems.filter(({ text }) => !/for the cluster|is deprecated/.test(text));
  return {
    fetched,
    problems: told.map((problem) => formatProblem(problem).replace(/^.*\/x /, "")),
    codes: told.map(({ code }) => code),
  };
}

async function labels(text: string): Promise<readonly string[]> {
  const { fetched, problems } = await compile(text);
  assert.deepEqual(problems, []);
  return fetched.flatMap(({ entries }) => entries.map(({ label }) => label));
}

const VAULT = [
  "type: azurekeyvault",
  "parameters:",
  "  vaultURI: https://example.vault.azure.net/",
  "  tenantID: 11111111-2222-3333-4444-555555555555",
  "  clientID: 66666666-7777-8888-9999-000000000000",
  "  keys: [{name: k}]",
].join("\n");

const GCP = [
  "type: gcpkms",
  "parameters:",
  "  project: example-project",
  "  location: global",
  "  keyRing: ring",
  "  keys: [{name: k}]",
].join("\n");

const ALIBABA = "type: alibabacloudkms\nparameters:\n  region: cn-hangzhou\n  keys: [{name: k}]";

function cluster(spec: string): string {
  return yaml("KeyManagementProvider", spec);
}

function namespaced(spec: string, namespace = "team-a"): string {
  return yaml("NamespacedKeyManagementProvider", spec, { namespace });
}

Deno.test("a provider of a cloud has an entry for each thing that is named", async () => {
  const certificates = "certificates: [{name: ' c ', version: ' 01 '}, {name: c}]\n  keys";
  assert.deepEqual(await labels(cluster(VAULT.replace("keys", certificates))), [
    "certificate c 01",
    "certificate c",
    "key k",
  ]);
  assert.deepEqual(await labels(cluster(GCP.replace("{name: k}", "{name: k, version: '3'}"))), [
    "key k 3",
  ]);
  assert.deepEqual(
    await labels(cluster(`${ALIBABA}\n  certificates: [{name: cert-id}]`)),
    ["certificate cert-id", "key k"],
  );
});

Deno.test("a provider of a cloud says so when something is named twice", async () => {
  const text = cluster(VAULT.replace("{name: k}", "{name: k}, {name: 'k '}"));
  const { fetched, problems } = await compile(text);
  assert.deepEqual(problems, [
    "spec.parameters.keys[1]: is ignored: an entry above has the same name and version",
  ]);
  assert.equal(fetched[0]?.entries.length, 1);
});

Deno.test("a certificate store has the certificates that its YAML names", async () => {
  const store = (certificates: string): string =>
    yaml(
      "CertificateStore",
      VAULT.replace("type:", "provider:").replace(
        / {2}keys.*$/,
        `  certificates: |\n${certificates}`,
      ),
      { namespace: "assay" },
    );
  const list = [
    "    array:",
    "      - |",
    "        certificateName: a",
    "        certificateVersion: 0123",
    "      - |",
    '        certificateName: " b "',
    "      - certificateName: c",
  ].join("\n");
  // A number is not a version; as in every YAML it must be quoted.
  const text = list.replace("0123", "'0123'");
  assert.deepEqual(await labels(store(text)), [
    "certificate a 0123",
    "certificate b",
    "certificate c",
  ]);
  const wrong = [
    list,
    "    array: []",
    "    - certificateName: a",
    "    array: [{certificateName: '../a'}]",
    "    array: [{name: a}]",
    "    array: [certificateName]",
    "    array: [{certificateName: a, other: b}]",
    "    array: {",
  ];
  for (const each of wrong) {
    const { fetched, problems } = await compile(store(each));
    assert.deepEqual(problems, [
      "spec.parameters.certificates: must be YAML with array:, a list of YAML texts such as 'certificateName: release'",
    ], each);
    assert.deepEqual(fetched, []);
  }
});

/** Parameters that are wrong, and what is said of them. */
const WRONG: readonly (readonly [string, string])[] = [
  [
    VAULT.replace(".net/", ".net/secrets"),
    'spec.parameters.vaultURI: must be the address of a vault and nothing more, such as https://example.vault.azure.net; found "https://example.vault.azure.net/secrets"',
  ],
  [
    VAULT.replace("//example", "//user:password@example"),
    'spec.parameters.vaultURI: must be the address of a vault and nothing more, such as https://example.vault.azure.net; found "https://user:password@example.vault.azure.net/"',
  ],
  [
    VAULT.replace("11111111-2222-3333-4444-555555555555", "a/b"),
    'spec.parameters.tenantID: must be the id of a tenant or client; found "a/b"',
  ],
  [
    VAULT.replace("name: k", "name: a/b"),
    'spec.parameters.keys[0].name: must be a name of letters, digits and hyphens; found "a/b"',
  ],
  [
    VAULT.replace("name: k", "name: k, version: ../x"),
    'spec.parameters.keys[0].version: must be a version of letters and digits; found "../x"',
  ],
  [
    VAULT.replace("name: k", "name: k, versionHistoryLimit: 51"),
    "spec.parameters.keys[0].versionHistoryLimit: must be at most 50; found 51",
  ],
  [
    GCP.replace("name: k", "name: k, version: latest"),
    'spec.parameters.keys[0].version: must be a number such as 3; found "latest"',
  ],
  [
    GCP.replace("global", "a/b"),
    'spec.parameters.location: must be a location such as europe-west1; found "a/b"',
  ],
  [
    `${GCP}\n  endpoint: https://example.com/v1?x`,
    "spec.parameters.endpoint: must be an address and nothing more, such as https://example.com",
  ],
  [
    ALIBABA.replace("cn-hangzhou", "evil.com/"),
    'spec.parameters.region: must be a region such as cn-hangzhou; found "evil.com/"',
  ],
  [
    `${ALIBABA}\n  endpoint: https://user@example.com`,
    "spec.parameters.endpoint: must be an address and nothing more, such as https://example.com",
  ],
  [
    ALIBABA.replace("[{name: k}]", "[]"),
    "spec.parameters: must name at least one entry in certificates or keys",
  ],
];

for (const [spec, problem] of WRONG) {
  Deno.test(`a provider of a cloud is refused: ${problem}`, async () => {
    const { fetched, problems } = await compile(cluster(spec));
    assert.deepEqual(problems, [problem]);
    assert.deepEqual(fetched, []);
  });
}

Deno.test("a namespace has no provider whose only identity is Assay's own", async () => {
  for (const [spec, type] of [[GCP, "gcpkms"], [ALIBABA, "alibabacloudkms"]] as const) {
    const { fetched, problems, codes } = await compile(namespaced(spec));
    assert.deepEqual(problems, [
      `spec.type: must not be ${type} in a namespace: it is asked with Assay's own identity`,
    ]);
    assert.deepEqual(codes, ["OPERATION_FORBIDDEN"]);
    assert.deepEqual(fetched, []);
    assert.equal((await compile(namespaced(spec, "assay"))).fetched.length, 1);
  }
});

Deno.test("a namespace has a vault with an identity of its own, and not with Assay's", async () => {
  const own = { AZURE_CLIENT_ID: "66666666-7777-8888-9999-00000000000A" };
  const others = VAULT.replace("9999-000000000000", "9999-00000000000a");
  const refused = await compile(namespaced(others), own);
  assert.deepEqual(refused.codes, ["OPERATION_FORBIDDEN"]);
  assert.deepEqual(refused.problems, [
    "spec.parameters.clientID: must not be the identity of Assay itself in a namespace: it may reach vaults of others; use an identity that is for this namespace",
  ]);
  assert.deepEqual(refused.fetched, []);
  assert.equal((await compile(namespaced(VAULT), own)).fetched.length, 1);
  // Who may write into Assay's own namespace, or for the cluster, runs Assay.
  assert.equal((await compile(namespaced(others, "assay"), own)).fetched.length, 1);
  assert.equal((await compile(cluster(others), own)).fetched.length, 1);
});

Deno.test("a namespace has no vault outside of Azure, where a tenant could listen", async () => {
  const hosts = [
    "evil.com",
    "vault.azure.net.evil.com",
    "a.b.vault.azure.net",
    "vault.azure.net",
    "127.0.0.1",
    "metadata.google.internal",
    "evil.azure.net",
    "a.vault.azure.net:444",
  ];
  for (const host of hosts) {
    const text = namespaced(VAULT.replace("example.vault.azure.net", host));
    const { fetched, problems } = await compile(text);
    assert.match(problems[0] ?? "", /^spec\.parameters\.vaultURI: must be /, host);
    assert.deepEqual(fetched, []);
  }
  for (const host of ["a.vault.azure.cn", "a.vault.usgovcloudapi.net", "a.managedhsm.azure.net"]) {
    const text = namespaced(VAULT.replace("example.vault.azure.net", host));
    assert.equal((await compile(text)).fetched.length, 1, host);
  }
});
