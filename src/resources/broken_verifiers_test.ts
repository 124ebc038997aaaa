import assert from "node:assert/strict";
import { documents, notationSpec, problemsOf, provider, yaml } from "./testing/resources.ts";

const KMP = provider("ca"); // 25 lines
const namespaced = { namespace: "team-a" };

/** A Verifier of the type notation behind a provider `ca`, with a change to its text. */
function notation(from: string, to: string): string {
  const text = notationSpec(["ca"]);
  assert.ok(text.includes(from), from);
  return documents(KMP, yaml("Verifier", text.replace(from, to)));
}

/** A Verifier of another type with these parameters. */
function verifier(type: string, parameters: string): string {
  const spec = `name: ${type}\nartifactTypes: a/b\nparameters:\n  ${
    parameters.replaceAll("\n", "\n  ")
  }`;
  return yaml("Verifier", spec);
}

/** A Verifier of the type cosign with one trust policy. */
function cosign(policy: string): string {
  return verifier("cosign", `trustPolicies:\n  - ${policy.replaceAll("\n", "\n    ")}`);
}

/** Verifiers that are wrong, and what is said of them. */
export const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["no type", yaml("Verifier", "artifactTypes: a/b"), ["@"]],
  ["no artifact types", yaml("Verifier", "name: notation"), ["@"]],
  ["artifact types that are commas only", yaml("Verifier", 'name: sbom\nartifactTypes: " , "'), ["@"]],
  ["a list of artifact types", yaml("Verifier", "name: sbom\nartifactTypes: [a/b]"), ["@"]],
  ["a type that is none", yaml("Verifier", "name: notary\nartifactTypes: a/b"), ["@"]],
  ["a path as type", yaml("Verifier", "name: x\ntype: ../notation\nartifactTypes: a/b"), ["@"]],
  ["a number as type", yaml("Verifier", "name: x\ntype: 5\nartifactTypes: a/b"), ["@"]],
  [
    "a plugin to download",
    yaml("Verifier", "name: sbom\nartifactTypes: a/b\nsource: {artifact: a/b:v1}"),
    ["@"],
  ],
  [
    "an address in a namespace",
    yaml("NamespacedVerifier", "name: sbom\nartifactTypes: a/b\naddress: /plugins", namespaced),
    ["@"],
  ],
  ["no trust policy", yaml("Verifier", "name: notation\nartifactTypes: a/b"), ["@"]],
  ["a misspelt parameter", notation("trustPolicyDoc:", "trustPolicyDocument:"), ["@"]],
  ["a version without quotes", notation('version: "1.0"', "version: 1.0"), ["@"]],
  ["a version that is none", notation('version: "1.0"', 'version: "2.0"'), ["@"]],
  ["a level in upper case", notation("level: strict", "level: Strict"), ["@"]],
  [
    "an override of integrity",
    notation("level: strict", "level: strict, override: {integrity: log}"),
    ["@"],
  ],
  [
    "an override that is none",
    notation("level: strict", "level: strict, override: {expire: log}"),
    ["@"],
  ],
  ["a level of skip for everything", notation("level: strict", "level: skip"), ["@"]],
  ["scopes as a text", notation('["*"]', '"*"'), ["@"]],
  ["a scope with a wildcard", notation('["*"]', '["registry.example.com/*"]'), ["@"]],
  ["a trust store of no type", notation('["ca:acme"]', '["acme"]'), ["@"]],
  ["a trust store that is not configured", notation('["ca:acme"]', '["ca:acme", "tsa:acme"]'), ["@"]],
  [
    "an identity that is none",
    notation('trustedIdentities: ["*"]', 'trustedIdentities: ["CN=a"]'),
    ["@"],
  ],
  ["no identities", notation('        trustedIdentities: ["*"]', ""), ["@"]],
  ["a provider that does not exist", notation("acme: [ca]", "acme: [cb]"), ["@"]],
  ["a provider in a namespace that does not exist", notation("acme: [ca]", "acme: [team-a/ca]"), ["@"]],
  ["a store without providers", notation("acme: [ca]", "acme: []"), ["@"]],
  ["a store that a template left empty", notation("acme: [ca]", "acme: null"), ["@"]],
  ["a store that is a text", notation("acme: [ca]", "acme: ca"), ["@"]],
  ["a provider that is a number", notation("acme: [ca]", "acme: [5]"), ["@"]],
  ["a store with a blank in its name", notation("acme: [ca]", 'acme: [ca], "b c": [ca]'), ["@"]],
  ["both shapes of stores", notation("acme: [ca]}", "acme: [ca]}, acme: [ca]"), ["@"]],
  ["a type of store that is a text", notation("{ca: {acme: [ca]}}", "{ca: acme}"), ["@"]],
  ["a legacy store with the name of a type", notation("{ca: {acme: [ca]}}", "{ca: [ca]}"), ["@"]],
  ["stores that are a list", notation("{ca: {acme: [ca]}}", "[ca]"), ["@"]],
  [
    "mistakes in all parts at once",
    notation("{ca: {acme: [ca]}}", "{ca: {other: [cb]}}\n  userMetadata: {a: 1}\n  foo: 1"),
    ["@"],
  ],
  [
    "too many attempts",
    documents(KMP, yaml("Verifier", notationSpec(["ca"], "  maxSignatureAttempts: 1001"))),
    ["@"],
  ],
  [
    "a duration without unit",
    documents(KMP, yaml("Verifier", notationSpec(["ca"], "  staleWhileUnreachable: 5d"))),
    ["@"],
  ],
  [
    "certificate files in a namespace",
    documents(
      provider("ca"),
      yaml("NamespacedVerifier", notationSpec(["ca"], "  verificationCerts: [/etc]"), namespaced),
    ),
    ["@"],
  ],
  [
    "a provider of another namespace",
    documents(
      provider("ca", "team-b"),
      yaml("NamespacedVerifier", notationSpec(["team-b/ca"]), namespaced),
    ),
    ["@"],
  ],
  [
    "certificate files that do not exist",
    yaml(
      "Verifier",
      notationSpec(["ca"], "  verificationCerts: [/nonexistent/x]").replace(
        "  verificationCertStores: {ca: {acme: [ca]}}\n",
        "",
      ),
    ),
    ["@"],
  ],
  ["cosign without trust", verifier("cosign", "nestedArtifactTypes: []"), ["@"]],
  [
    "cosign with both modes",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]\nkey: /x").replace("    key:", "key:"),
    ["@"],
  ],
  ["cosign without keys", cosign("name: a\nscopes: ['*']"), ["@"]],
  ["cosign with an empty keyless part", cosign("name: a\nscopes: ['*']\nkeyless: {}"), ["@"]],
  [
    "cosign keys of two sources, a version without name, and a provider that does not exist",
    cosign("name: a\nscopes: ['*']\nkeys:\n  - {provider: k, file: /x, version: v1}"),
    ["@"],
  ],
  [
    "a hash that is none",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x, hashAlgorithm: md5}]"),
    ["@"],
  ],
  [
    "scopes that overlap",
    cosign("name: a\nscopes: [r.io/a/*, r.io/a/b]\nkeys: [{file: /x}]"),
    ["@"],
  ],
  ["a scope in upper case", cosign("name: a\nscopes: [r.io/A]\nkeys: [{file: /x}]"), ["@"]],
  ["* beside another scope", cosign("name: a\nscopes: ['*', r.io/a]\nkeys: [{file: /x}]"), ["@"]],
  [
    "a trusted root that does not exist",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]\ntrustedRoot: sigstore"),
    ["@"],
  ],
  [
    "cosign key files in a namespace",
    cosign("name: a\nscopes: ['*']\nkeys: [{file: /x}]").replace("kind: V", "kind: NamespacedV")
      .replace("name: x", "name: x, namespace: team-a"),
    ["@"],
  ],
  ["a package without name", verifier("sbom", "disallowedPackages: [{version: '1'}]"), ["@"]],
  ["a licence matching that is none", verifier("sbom", "licenseMatching: words"), ["@"]],
  ["a maximum age in days", verifier("vulnerabilityreport", "maximumAge: 1d"), ["@"]],
  ["a severity that is no list", verifier("vulnerabilityreport", "disallowedSeverities: high"), ["@"]],
  ["no schemas", verifier("schemavalidator", "version: 1.0.0"), ["@"]],
  ["no licences", verifier("licensechecker", "allowedLicenses: MIT"), ["@"]],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compileVerifier refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
