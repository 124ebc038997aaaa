import assert from "node:assert/strict";
import { documents, notationSpec, problemsOf, provider, yaml } from "./testing/resources.ts";

const KMP = provider("ca");
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

/** Verifiers that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["no type", yaml("Verifier", "artifactTypes: a/b"), [
    "t.yaml:5:3: error CONFIG_INVALID Verifier/x spec.name: is missing: text is required",
  ]],
  ["no artifact types", yaml("Verifier", "name: notation"), [
    "t.yaml:5:3: error CONFIG_INVALID Verifier/x spec.artifactTypes: is missing: text is required",
    "t.yaml:5:3: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc: is missing: an object is required",
  ]],
  ["artifact types that are commas only", yaml("Verifier", 'name: sbom\nartifactTypes: " , "'), [
    't.yaml:6:18: error CONFIG_INVALID Verifier/x spec.artifactTypes: must name at least one artifact type, or *; found " , "',
  ]],
  ["a list of artifact types", yaml("Verifier", "name: sbom\nartifactTypes: [a/b]"), [
    "t.yaml:6:18: error CONFIG_INVALID Verifier/x spec.artifactTypes: must be text; found a list",
  ]],
  ["a type that is none", yaml("Verifier", "name: notary\nartifactTypes: a/b"), [
    't.yaml:5:9: error PLUGIN_NOT_FOUND Verifier/x spec.name: must be one of notation, cosign, attestation, sbom, vulnerabilityreport, schemavalidator, licensechecker; found "notary"',
  ]],
  ["a path as type", yaml("Verifier", "name: x\ntype: ../notation\nartifactTypes: a/b"), [
    't.yaml:6:9: error PLUGIN_NOT_FOUND Verifier/x spec.type: must be one of notation, cosign, attestation, sbom, vulnerabilityreport, schemavalidator, licensechecker; found "../notation" (did you mean notation?)',
  ]],
  ["a number as type", yaml("Verifier", "name: x\ntype: 5\nartifactTypes: a/b"), [
    "t.yaml:6:9: error CONFIG_INVALID Verifier/x spec.type: must be text; found 5: put it in quotes",
  ]],
  [
    "a plugin to download",
    yaml("Verifier", "name: sbom\nartifactTypes: a/b\nsource: {artifact: a/b:v1}"),
    [
      "t.yaml:7:3: error CONFIG_INVALID Verifier/x spec.source: must be removed: plugins are not downloaded; the built-in types need none",
    ],
  ],
  [
    "an address in a namespace",
    yaml("NamespacedVerifier", "name: sbom\nartifactTypes: a/b\naddress: /plugins", namespaced),
    [
      "t.yaml:7:3: error CONFIG_INVALID NamespacedVerifier/team-a/x spec.address: must not be set in a namespace: it names files of the process",
    ],
  ],
  ["no trust policy", yaml("Verifier", "name: notation\nartifactTypes: a/b"), [
    "t.yaml:5:3: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc: is missing: an object is required",
  ]],
  ["a misspelt parameter", notation("trustPolicyDoc:", "trustPolicyDocument:"), [
    "t.yaml:31:5: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc: is missing: an object is required",
    "t.yaml:32:5: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDocument: is not a known field; did you mean trustPolicyDoc?",
  ]],
  ["a version without quotes", notation('version: "1.0"', "version: 1.0"), [
    "t.yaml:33:16: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.version: must be text; found 1: put it in quotes",
  ]],
  ["a version that is none", notation('version: "1.0"', 'version: "2.0"'), [
    't.yaml:33:16: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.version: must be "1.0"; found "2.0"',
  ]],
  ["a level in upper case", notation("level: strict", "level: Strict"), [
    't.yaml:37:42: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].signatureVerification.level: must be one of strict, permissive, audit, skip; found "Strict" (did you mean strict?)',
  ]],
  [
    "an override of integrity",
    notation("level: strict", "level: strict, override: {integrity: log}"),
    ["t.yaml:37:72: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].signatureVerification.override.integrity: integrity is always enforced and must not be overridden"],
  ],
  [
    "an override that is none",
    notation("level: strict", "level: strict, override: {expire: log}"),
    ["t.yaml:37:61: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].signatureVerification.override.expire: is not a known field; did you mean expiry?"],
  ],
  ["a level of skip for everything", notation("level: strict", "level: skip"), [
    't.yaml:37:42: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].signatureVerification.level: level "skip" must not be used with the scope "*": name the repositories whose signatures are not verified',
    't.yaml:38:24: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustStores: must be empty with level "skip"',
    't.yaml:39:30: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustedIdentities: must be empty with level "skip"',
  ]],
  ["scopes as a text", notation('["*"]', '"*"'), [
    't.yaml:36:27: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].registryScopes: must be a list; found "*"',
  ]],
  ["a scope with a wildcard", notation('["*"]', '["registry.example.com/*"]'), [
    't.yaml:36:28: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].registryScopes[0]: must be "registry/repository" without wildcards, or "*" alone; found "registry.example.com/*"',
  ]],
  ["a trust store of no type", notation('["ca:acme"]', '["acme"]'), [
    't.yaml:38:25: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustStores[0]: must be TYPE:NAME with a type of ca, signingAuthority, tsa and a name of letters, digits, "_", ".", "-"; found "acme"',
  ]],
  ["a trust store that is not configured", notation('["ca:acme"]', '["ca:acme", "tsa:acme"]'), [
    "t.yaml:38:36: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustStores[1]: names the trust store tsa:acme, which verificationCertStores does not configure; configured: ca:acme",
  ]],
  [
    "an identity that is none",
    notation('trustedIdentities: ["*"]', 'trustedIdentities: ["CN=a"]'),
    ['t.yaml:39:31: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustedIdentities[0]: must be "x509.subject: <distinguished name>" or "*"; found "CN=a"'],
  ],
  ["no identities", notation('        trustedIdentities: ["*"]', ""), [
    't.yaml:35:11: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustedIdentities: must name at least one identity, such as "x509.subject: C=US, ST=WA, O=example", or "*" for any',
  ]],
  ["a provider that does not exist", notation("acme: [ca]", "acme: [cb]"), [
    "t.yaml:31:42: error RESOURCE_NOT_FOUND Verifier/x spec.parameters.verificationCertStores.ca.acme[0]: there is no KeyManagementProvider cb (did you mean ca?)",
  ]],
  ["a provider in a namespace that does not exist", notation("acme: [ca]", "acme: [team-a/ca]"), [
    "t.yaml:31:42: error RESOURCE_NOT_FOUND Verifier/x spec.parameters.verificationCertStores.ca.acme[0]: there is no NamespacedKeyManagementProvider team-a/ca",
  ]],
  ["a store without providers", notation("acme: [ca]", "acme: []"), [
    "t.yaml:31:41: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca.acme: has no certificates: list at least one key management provider",
  ]],
  ["a store that a template left empty", notation("acme: [ca]", "acme: null"), [
    "t.yaml:31:41: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca.acme: has no certificates: list at least one key management provider",
  ]],
  ["a store that is a text", notation("acme: [ca]", "acme: ca"), [
    't.yaml:31:41: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca.acme: must be a list of key management providers; found "ca"',
  ]],
  ["a provider that is a number", notation("acme: [ca]", "acme: [5]"), [
    "t.yaml:31:42: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca.acme[0]: must be the name of a key management provider; found 5",
  ]],
  ["a store with a blank in its name", notation("acme: [ca]", 'acme: [ca], "b c": [ca]'), [
    't.yaml:31:47: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca["b c"]: must be a name of letters, digits, "_", "." and "-": no trust policy can name it',
  ]],
  ["both shapes of stores", notation("acme: [ca]}", "acme: [ca]}, acme: [ca]"), [
    "t.yaml:31:48: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.acme: must stand under one of ca, signingAuthority, tsa, as there is ca beside it: the two shapes must not be mixed",
  ]],
  ["a type of store that is a text", notation("{ca: {acme: [ca]}}", "{ca: acme}"), [
    't.yaml:31:34: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca: must be an object of store names with lists of providers; found "acme"',
  ]],
  ["a legacy store with the name of a type", notation("{ca: {acme: [ca]}}", "{ca: [ca]}"), [
    "t.yaml:31:34: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores.ca: must be an object of store names; for a store that is called ca, write ca: {ca: […]}",
  ]],
  ["stores that are a list", notation("{ca: {acme: [ca]}}", "[ca]"), [
    "t.yaml:31:29: error CONFIG_INVALID Verifier/x spec.parameters.verificationCertStores: must be an object; found a list",
  ]],
  [
    "mistakes in all parts at once",
    notation("{ca: {acme: [ca]}}", "{ca: {other: [cb]}}\n  userMetadata: {a: 1}\n  foo: 1"),
    [
      "t.yaml:31:43: error RESOURCE_NOT_FOUND Verifier/x spec.parameters.verificationCertStores.ca.other[0]: there is no KeyManagementProvider cb (did you mean ca?)",
      "t.yaml:32:23: error CONFIG_INVALID Verifier/x spec.parameters.userMetadata.a: must be text; found 1: put it in quotes",
      "t.yaml:33:5: error CONFIG_INVALID Verifier/x spec.parameters.foo: is not a known field; known are trustPolicyDoc, verificationCertStores, verificationCerts, userMetadata, maxSignatureAttempts, allowedRevocationHosts, staleWhileUnreachable, version",
      "t.yaml:40:25: error CONFIG_INVALID Verifier/x spec.parameters.trustPolicyDoc.trustPolicies[0].trustStores[0]: names the trust store ca:acme, which verificationCertStores does not configure; configured: ca:other",
    ],
  ],
  [
    "too many attempts",
    documents(KMP, yaml("Verifier", notationSpec(["ca"], "  maxSignatureAttempts: 1001"))),
    ["t.yaml:40:27: error CONFIG_INVALID Verifier/x spec.parameters.maxSignatureAttempts: must be at most 1000; found 1001"],
  ],
  [
    "a duration without unit",
    documents(KMP, yaml("Verifier", notationSpec(["ca"], "  staleWhileUnreachable: 5d"))),
    ['t.yaml:40:28: error CONFIG_INVALID Verifier/x spec.parameters.staleWhileUnreachable: must be a duration such as 30s, 10m or 1h30m; found "5d"'],
  ],
  [
    "certificate files in a namespace",
    documents(
      provider("ca"),
      yaml("NamespacedVerifier", notationSpec(["ca"], "  verificationCerts: [/etc]"), namespaced),
    ),
    ["t.yaml:40:5: error CONFIG_INVALID NamespacedVerifier/team-a/x spec.parameters.verificationCerts: must not be set in a namespace: it names files of the process"],
  ],
  [
    "a provider of another namespace",
    documents(
      provider("ca", "team-b"),
      yaml("NamespacedVerifier", notationSpec(["team-b/ca"]), namespaced),
    ),
    ["t.yaml:31:42: error OPERATION_FORBIDDEN NamespacedVerifier/team-a/x spec.parameters.verificationCertStores.ca.acme[0]: must be a provider of namespace team-a or of the cluster; found team-b/ca"],
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
    ["t.yaml:16:25: error CERT_INVALID Verifier/x spec.parameters.verificationCerts[0]: The certificates in /nonexistent/x cannot be read: it does not exist"],
  ],
  ["a package without name", verifier("sbom", "disallowedPackages: [{version: '1'}]"), [
    "t.yaml:8:26: error CONFIG_INVALID Verifier/x spec.parameters.disallowedPackages[0].name: is missing: text is required",
  ]],
  ["a licence matching that is none", verifier("sbom", "licenseMatching: words"), [
    't.yaml:8:22: error CONFIG_INVALID Verifier/x spec.parameters.licenseMatching: must be one of word, expression; found "words" (did you mean word?)',
  ]],
  ["a maximum age in days", verifier("vulnerabilityreport", "maximumAge: 1d"), [
    't.yaml:8:17: error CONFIG_INVALID Verifier/x spec.parameters.maximumAge: must be a duration such as 30s, 10m or 1h30m; found "1d"',
  ]],
  ["a severity that is no list", verifier("vulnerabilityreport", "disallowedSeverities: high"), [
    't.yaml:8:27: error CONFIG_INVALID Verifier/x spec.parameters.disallowedSeverities: must be a list; found "high"',
  ]],
  ["no schemas", verifier("schemavalidator", "version: 1.0.0"), [
    "t.yaml:8:5: error CONFIG_INVALID Verifier/x spec.parameters.schemas: is missing: an object is required",
  ]],
  [
    "a schema at an address",
    verifier("schemavalidator", "schemas: {a/b: 'https://e.com/s.json'}"),
    [
      't.yaml:8:20: error CONFIG_INVALID Verifier/x spec.parameters.schemas["a/b"]: must be the path of a file, file:///path, or the schema itself: schemas are not fetched',
    ],
  ],
  [
    "a schema on another host",
    verifier("schemavalidator", "schemas: {a/b: 'file://host/s.json'}"),
    [
      't.yaml:8:20: error CONFIG_INVALID Verifier/x spec.parameters.schemas["a/b"]: must be the path of a file, file:///path, or the schema itself: schemas are not fetched',
    ],
  ],
  ["a schema that does not exist", verifier("schemavalidator", "schemas: {a/b: /no/such.json}"), [
    't.yaml:8:20: error CONFIG_INVALID Verifier/x spec.parameters.schemas["a/b"]: names a JSON schema that cannot be read: it does not exist',
  ]],
  ["a schema that is a number", verifier("schemavalidator", "schemas: {a/b: 1}"), [
    't.yaml:8:20: error CONFIG_INVALID Verifier/x spec.parameters.schemas["a/b"]: must be text or an object; found 1',
  ]],
  [
    "a schema that refers elsewhere",
    verifier("schemavalidator", "schemas: {a/b: {$ref: 'x.json'}}"),
    [
      't.yaml:8:20: error CONFIG_INVALID Verifier/x spec.parameters.schemas["a/b"]: refers to x.json, which is not in it: schemas are not fetched',
    ],
  ],
  [
    "a schema in a file in a namespace",
    yaml(
      "NamespacedVerifier",
      "name: schemavalidator\nartifactTypes: a/b\nparameters: {schemas: {a/b: /s.json}}",
      namespaced,
    ),
    ['t.yaml:7:31: error CONFIG_INVALID NamespacedVerifier/team-a/x spec.parameters.schemas["a/b"]: must not be set in a namespace: it names files of the process'],
  ],
  [
    "a signed time without signature",
    verifier("vulnerabilityreport", "requireSignedCreated: true"),
    [
      "t.yaml:8:27: error CONFIG_INVALID Verifier/x spec.parameters.requireSignedCreated: needs nestedReferences with the artifact type of the signature that reports must have",
    ],
  ],
  ["reports unread, with a warning", verifier("vulnerabilityreport", "passthrough: true"), [
    "t.yaml:1:1: warning CONFIG_INVALID there is no Store for the cluster: without one, no image can be verified",
    "t.yaml:1:1: warning CONFIG_INVALID there is no Policy for the cluster: without one, no image can be verified",
    "t.yaml:8:18: warning CONFIG_INVALID Verifier/x spec.parameters.passthrough: accepts every report unread: whoever reads the answer must judge the report in it",
  ]],
  ["no licences", verifier("licensechecker", "allowedLicenses: MIT"), [
    't.yaml:8:22: error CONFIG_INVALID Verifier/x spec.parameters.allowedLicenses: must be a list; found "MIT"',
  ]],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compileVerifier refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
