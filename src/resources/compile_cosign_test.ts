import assert from "node:assert/strict";
import { forgeInstance, forgeKey } from "../../tests/forge/mod.ts";
import { temporaryFolder } from "../../tests/temp.ts";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { publicGoodTrustedRoot, stagingTrustedRoot } from "./default_trusted_root.ts";
import type { SigstoreVariable } from "./sigstore_variables.ts";
import { COMPLETE, problemsOf, yaml } from "./testing/resources.ts";

/* Cosign and attestation verifiers beyond their trust policies: expressions, files, environment. */

const KEYLESS = "certificateIdentity: a@b.example, certificateOIDCIssuer: 'https://i.example'";

function keyless(fields: string): string {
  return yaml(
    "Verifier",
    `name: cosign
artifactTypes: a/b
parameters:
  trustPolicies:
    - name: a
      scopes: ["*"]
      keyless: {${fields}}`,
  );
}

/** The problems that are not about what stands beside the one resource. */
async function problems(text: string): Promise<string[]> {
  return (await problemsOf(text)).filter((problem) => !problem.includes("for the cluster"));
}

Deno.test("an expression for an identity is compiled when the configuration is loaded", async () => {
  const issuer = "certificateOIDCIssuer: 'https://i.example'";
  assert.deepEqual(await problems(keyless(`certificateIdentityRegExp: '^a(b$', ${issuer}`)), [
    "t.yaml:11:46: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keyless.certificateIdentityRegExp: is not a regular expression in RE2 syntax: missing closing ): `^a(b$`",
  ]);
  assert.deepEqual(await problems(keyless(`certificateIdentityRegExp: '^(?=a)$', ${issuer}`)), [
    "t.yaml:11:46: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keyless.certificateIdentityRegExp: is not a regular expression in RE2 syntax: invalid or unsupported Perl syntax: `(?=`",
  ]);
  assert.deepEqual(await problems(keyless(`certificateIdentityRegExp: 'a.*', ${issuer}`)), [
    "t.yaml:11:46: warning CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keyless.certificateIdentityRegExp: fits every text that has a match in it: write ^(?:…)$ for the whole text",
  ]);
  assert.deepEqual(await problems(keyless(`certificateIdentityRegExp: '^a.*$', ${issuer}`)), []);
});

Deno.test("an address of a log must be one that can be asked", async () => {
  const policy = (url: string): string =>
    keyless(KEYLESS).replace('scopes: ["*"]', `scopes: ["*"]\n        rekorURL: '${url}'`);
  for (const url of ["https://rekor.example", "http://rekor.svc:3000/base"]) {
    assert.deepEqual(await problems(policy(url)), []);
  }
  for (const url of ["ftp://rekor.example", "rekor.example", "file:///x"]) {
    assert.equal((await problems(policy(url))).length, 1, url);
  }
});

Deno.test("nestedArtifactTypes is what must be attached to a signature", async () => {
  const nested = async (parameters: string): Promise<readonly string[] | undefined> => {
    const text = `${COMPLETE}---\n` +
      keyless(KEYLESS).replace("parameters:", `parameters:${parameters}`);
    const { configuration } = await loadConfiguration([{ path: "t.yaml", text }]);
    const { verifiers = [] } = configuration?.forScope("") ?? {};
    return verifiers.find(({ name }) => name === "x")?.nestedReferences;
  };
  assert.deepEqual(await nested("\n    nestedArtifactTypes: [a/b]"), ["a/b"]);
  assert.equal(await nested(""), undefined);
});

Deno.test("the trusted roots that come with the program can be read", () => {
  for (const root of [publicGoodTrustedRoot(), stagingTrustedRoot()]) {
    assert.ok(root.transparencyLogs.length >= 2);
    assert.ok(root.certificateLogs.length >= 2);
    assert.ok(root.certificateAuthorities.length >= 1);
    assert.ok(root.timestampAuthorities.length >= 1);
  }
});

Deno.test("a trusted root that is old is worth a warning, where it is used", async () => {
  const load = async (text: string, now: string): Promise<string[]> => {
    const { problems } = await loadConfiguration([{ path: "t.yaml", text: COMPLETE + text }], {
      now: new Date(now),
    });
    return problems.map(formatProblem);
  };
  const text = `---\n${keyless(KEYLESS)}`;
  assert.deepEqual(await load(text, "2026-11-24T00:00:00Z"), []);
  const [warning, ...more] = await load(text, "2027-10-20T00:00:00Z");
  assert.deepEqual(more, []);
  assert.match(warning ?? "", /warning .* as it was 365 days ago/);
  const key = `${import.meta.dirname}/testing/key.pub`;
  const keys = text.replace(/keyless: .*/, `keys: [{file: ${key}}]\n        tLogVerify: false`);
  assert.deepEqual(await load(keys, "2027-10-20T00:00:00Z"), []);
});

Deno.test("the environment names files for parts of the trusted root", async () => {
  const instance = await forgeInstance();
  const pemOf = (spki: Uint8Array): string =>
    `-----BEGIN PUBLIC KEY-----\n${
      (spki.toBase64().match(/.{1,64}/g) ?? []).join("\n")
    }\n-----END PUBLIC KEY-----\n`;
  await using folder = await temporaryFolder();
  const path = (name: string): string => `${folder.path}/${name}`;
  await Deno.writeTextFile(path("root.pem"), instance.intermediate.pem + instance.root.pem);
  await Deno.writeTextFile(path("log.pub"), pemOf(instance.log.spki));
  await Deno.writeTextFile(path("bad.pub"), "no key");
  const load = async (
    variables: Partial<Record<SigstoreVariable, string>>,
  ): Promise<{ generation: string | undefined; problems: string[]; files: readonly string[] }> => {
    const text = `${COMPLETE}---\n${keyless(KEYLESS)}`;
    const { configuration, problems, referencedFiles } = await loadConfiguration(
      [{ path: "t.yaml", text }],
      { env: (name) => variables[name] },
    );
    return {
      generation: configuration?.generation,
      problems: problems.map(formatProblem),
      files: referencedFiles,
    };
  };
  const plain = await load({});
  const changed = await load({
    SIGSTORE_ROOT_FILE: path("root.pem"),
    SIGSTORE_REKOR_PUBLIC_KEY: path("log.pub"),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: path("log.pub"),
  });
  assert.deepEqual([plain.problems, changed.problems], [[], []]);
  assert.notEqual(plain.generation, changed.generation);
  assert.deepEqual(changed.files.toSorted(), [path("log.pub"), path("root.pem")]);
  const bad = await load({ SIGSTORE_REKOR_PUBLIC_KEY: path("bad.pub") });
  assert.equal(bad.generation, undefined);
  assert.match(
    bad.problems.join(),
    /KEY_INVALID .*SIGSTORE_REKOR_PUBLIC_KEY is of no use: The file/,
  );
});

Deno.test("a file provider gives what its file has, and says what is wrong with it", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/file`;
  const instance = await forgeInstance();
  const load = async (contentType: string): Promise<string> => {
    const text = yaml(
      "KeyManagementProvider",
      `type: file\nparameters: {contentType: ${contentType}, path: ${file}}`,
    );
    const { configuration } = await loadConfiguration([{ path: "t.yaml", text }]);
    try {
      const { certificates, keys, trustedRoot } = configuration?.trust.material("x", "") ??
        { certificates: [], keys: [], trustedRoot: undefined };
      return `${certificates.length} ${keys.length} ${trustedRoot === undefined ? 0 : 1}`;
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  };
  assert.match(await load("key"), /cannot be read: it does not exist/);
  await Deno.writeTextFile(file, JSON.stringify(instance.trustedRoot));
  assert.equal(await load("trustedRoot"), "0 0 1");
  assert.match(await load("key"), /file holds no public key/);
  await Deno.writeTextFile(file, instance.root.pem);
  assert.equal(await load("certificate"), "1 0 0");
  assert.match(await load("trustedRoot"), /is not the JSON of a Sigstore trusted root/);
  const key = await forgeKey("P-256");
  const lines = key.spki.toBase64().match(/.{1,64}/g) ?? [];
  await Deno.writeTextFile(
    file,
    `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`,
  );
  assert.equal(await load("key"), "0 1 0");
});

const ATTESTATION = `name: attestation
artifactTypes: application/vnd.dev.sigstore.bundle.v0.3+json
parameters:
  trustPolicies:
    - name: a
      scopes: ["*"]
      keyless: {${KEYLESS}}
`;

const BROKEN: readonly (readonly [string, string, readonly string[]])[] = [
  ["without predicate types", "", [
    "t.yaml:8:5: error CONFIG_INVALID Verifier/x spec.parameters.predicateTypes: is missing: a list is required",
  ]],
  ["with a predicate type that nobody knows", "  predicateTypes: [slsa]", [
    't.yaml:12:22: error CONFIG_INVALID Verifier/x spec.parameters.predicateTypes[0]: must be one of slsaprovenance, slsaprovenance02, slsaprovenance1, spdx, spdxjson, cyclonedx, vuln, link, custom, or an address; found "slsa"',
  ]],
  [
    "with a path that is none",
    "  predicateTypes: [slsaprovenance1]\n  conditions: [{path: '$..a', equals: 1}]",
    [
      "t.yaml:13:25: error CONFIG_INVALID Verifier/x spec.parameters.conditions[0].path: must be a path such as $.runDetails.builder.id, $.list[0] or $['a name'][*]; found \"$..a\"",
    ],
  ],
  [
    "with two tests in a condition",
    "  predicateTypes: [slsaprovenance1]\n  conditions: [{path: '$.a', equals: 1, matches: '^x$'}]",
    [
      "t.yaml:13:18: error CONFIG_INVALID Verifier/x spec.parameters.conditions[0]: must have exactly one of equals, in and matches",
    ],
  ],
  [
    "with an expression that is none",
    "  predicateTypes: ['https://x.example/p']\n  conditions: [{path: '$.a', matches: '('}]",
    [
      "t.yaml:13:41: error CONFIG_INVALID Verifier/x spec.parameters.conditions[0].matches: is not a regular expression in RE2 syntax: missing closing ): `(`",
    ],
  ],
];

for (const [name, more, expected] of BROKEN) {
  Deno.test(`compileAttestation refuses a verifier ${name}`, async () => {
    assert.deepEqual(await problems(yaml("Verifier", ATTESTATION + more)), expected);
  });
}

Deno.test("compileAttestation takes every kind of condition", async () => {
  const more = `  predicateTypes: [slsaprovenance1, 'https://x.example/p']
  builderID: https://b.example
  sourceRepository: https://s.example/r
  buildType: https://t.example
  conditions:
    - {path: $.a, equals: true}
    - {path: $.b, in: [1, x]}
    - {path: $.c, matches: '^x$'}`;
  assert.deepEqual(await problems(yaml("Verifier", ATTESTATION + more)), []);
});
