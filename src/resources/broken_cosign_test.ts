import assert from "node:assert/strict";
import { problemsOf, yaml } from "./testing/resources.ts";

/** A Verifier of this type with these parameters. */
function verifier(type: string, parameters: string): string {
  const spec = `name: ${type}\nartifactTypes: a/b\nparameters:\n  ${
    parameters.replaceAll("\n", "\n  ")
  }`;
  return yaml("Verifier", spec);
}

/** One of the type cosign with one trust policy. */
function cosign(policy: string): string {
  return verifier("cosign", `trustPolicies:\n  - ${policy.replaceAll("\n", "\n    ")}`);
}

/** A key file that there is; the cases write /x for it, to be short. */
const KEY = `${import.meta.dirname}/testing/key.pub`;

const SCOPES = Array.from({ length: 3000 }, (_, index) => `r.io/${index}`);

/** Verifiers of the type cosign that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["cosign without trust", verifier("cosign", "nestedArtifactTypes: []"), [
    "t.yaml:8:5: error CONFIG_INVALID Verifier/x spec.parameters: must have trustPolicies, or a key: without either every signer would be accepted",
  ]],
  [
    "cosign with both modes",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]\nkey: /x").replace("    key:", "key:"),
    [
      "t.yaml:12:10: error CONFIG_INVALID Verifier/x spec.parameters.key: must not stand beside trustPolicies",
    ],
  ],
  ["cosign without keys", cosign("name: a\nscopes: ['*']"), [
    "t.yaml:9:9: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0]: must have exactly one of keys and keyless",
  ]],
  ["cosign with an empty keyless part", cosign("name: a\nscopes: ['*']\nkeyless: {}"), [
    "t.yaml:11:18: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keyless: must have exactly one of certificateIdentity and certificateIdentityRegExp",
    "t.yaml:11:18: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keyless: must have exactly one of certificateOIDCIssuer and certificateOIDCIssuerRegExp",
  ]],
  [
    "cosign keys of two sources, a version without name, and a provider that does not exist",
    cosign("name: a\nscopes: ['*']\nkeys:\n  - {provider: k, file: /x, version: v1}"),
    [
      "t.yaml:12:13: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keys[0]: must have exactly one of provider and file",
      "t.yaml:12:24: error RESOURCE_NOT_FOUND Verifier/x spec.parameters.trustPolicies[0].keys[0].provider: there is no KeyManagementProvider k",
      "t.yaml:12:46: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keys[0].version: needs a name beside it",
    ],
  ],
  [
    "a hash that is none",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x, hashAlgorithm: md5}]"),
    [
      't.yaml:11:42: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].keys[0].hashAlgorithm: must be one of sha256, sha384, sha512; found "md5"',
    ],
  ],
  [
    "scopes that overlap",
    cosign("name: a\nscopes: [r.io/a/*, r.io/a/b]\nkeys: [{file: /x}]"),
    [
      't.yaml:10:28: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].scopes[1]: overlaps with the scope "r.io/a/*"',
    ],
  ],
  ["a scope in upper case", cosign("name: a\nscopes: [r.io/A]\nkeys: [{file: /x}]"), [
    't.yaml:10:18: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].scopes[0]: must be in lower case, with * at the end only; found "r.io/A"',
  ]],
  ["* beside another scope", cosign("name: a\nscopes: ['*', r.io/a]\nkeys: [{file: /x}]"), [
    't.yaml:10:18: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].scopes[0]: "*" must be the only scope of its policy',
  ]],
  [
    "a trusted root that does not exist",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]\ntrustedRoot: sigstore"),
    [
      "t.yaml:12:22: error RESOURCE_NOT_FOUND Verifier/x spec.parameters.trustPolicies[0].trustedRoot: there is no KeyManagementProvider sigstore",
    ],
  ],
  [
    "cosign key files in a namespace",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]").replace("kind: V", "kind: NamespacedV")
      .replace("name: x", "name: x, namespace: team-a"),
    [
      "t.yaml:11:23: error CONFIG_INVALID NamespacedVerifier/team-a/x spec.parameters.trustPolicies[0].keys[0].file: must not be set in a namespace: it names files of the process",
    ],
  ],
  [
    "two cosign policies of one name and one scope",
    verifier(
      "cosign",
      "trustPolicies:\n  - {name: a, scopes: [r.io/a], keys: [{file: /x}]}\n  - {name: a, scopes: [r.io/a], keys: [{file: /x}]}",
    ),
    [
      't.yaml:10:16: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[1].name: must be unique; "a" is used by an earlier policy',
      't.yaml:10:28: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[1].scopes[0]: overlaps with the scope "r.io/a"',
    ],
  ],
  [
    "a cosign scope that ends in the middle of a name, which is worth a warning",
    cosign("name: a\nscopes: [r.io/prod*, 'r.io/b/*']\nkeys: [{file: /x}]"),
    [
      "t.yaml:1:1: warning CONFIG_INVALID there is no Store for the cluster: without one, no image can be verified",
      "t.yaml:1:1: warning CONFIG_INVALID there is no Policy for the cluster: without one, no image can be verified",
      "t.yaml:10:18: warning CONFIG_INVALID Verifier/x spec.parameters.trustPolicies[0].scopes[0]: also applies to every longer name: write r.io/prod/* for what is below",
    ],
  ],
  [
    "too many cosign scopes in all",
    cosign(
      `name: a\nscopes: [${SCOPES.slice(0, 1000)}]\nkeys: [{file: /x}]`,
    ) + ["b", "c"].map((name, index) =>
      `      - {name: ${name}, scopes: [${
        SCOPES.slice((index + 1) * 1000, (index + 2) * 1000)
      }], keys: [{file: /x}]}\n`
    ).join(""),
    [
      "t.yaml:9:7: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicies: must have at most 2000 scopes in all; found 3000",
    ],
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`checkCosign refuses ${name}`, async () => {
    const readable = text.replaceAll("{file: /x}", `{file: ${KEY}}`);
    assert.deepEqual(await problemsOf(readable), expected);
  });
}
