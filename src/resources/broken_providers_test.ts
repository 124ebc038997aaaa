import assert from "node:assert/strict";
import { CERTIFICATE, pemValue, problemsOf, PUBLIC_KEY, yaml } from "./testing/resources.ts";

/** A provider of the type inline; the text begins on line 9, column 5. */
function inline(contentType: string, text: string): string {
  return yaml(
    "KeyManagementProvider",
    `type: inline\nparameters:\n  contentType: ${contentType}\n${pemValue(text)}`,
  );
}

function vault(parameters: string): string {
  return yaml(
    "KeyManagementProvider",
    `type: azurekeyvault\nparameters:\n  ${parameters.replaceAll("\n", "\n  ")}`,
  );
}

function certificateStore(spec: string): string {
  return yaml("CertificateStore", spec, { namespace: "team-a" });
}

const PRIVATE_KEY = CERTIFICATE.replaceAll("CERTIFICATE", "PRIVATE KEY");

/** Providers that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["no type", yaml("KeyManagementProvider", "parameters: {}"), [
    "t.yaml:5:3: error CONFIG_INVALID KeyManagementProvider/x spec.type: is missing: text is required",
  ]],
  ["a type that is none", yaml("KeyManagementProvider", "type: vault\nparameters: {}"), [
    't.yaml:5:9: error CONFIG_INVALID KeyManagementProvider/x spec.type: must be one of inline, file, tuf, azurekeyvault, hashicorpvault, awskms, gcpkms, alibabacloudkms; found "vault"',
  ]],
  [
    "a type in upper case",
    yaml("KeyManagementProvider", "type: Inline\nparameters: {}"),
    ['t.yaml:5:9: error CONFIG_INVALID KeyManagementProvider/x spec.type: must be one of inline, file, tuf, azurekeyvault, hashicorpvault, awskms, gcpkms, alibabacloudkms; found "Inline" (did you mean inline?)'],
  ],
  ["no parameters", yaml("KeyManagementProvider", "type: inline"), [
    "t.yaml:5:3: error CONFIG_INVALID KeyManagementProvider/x spec.parameters: is missing: an object is required",
  ]],
  ["empty parameters of a template", yaml("KeyManagementProvider", "type: inline\nparameters:"), [
    "t.yaml:6:14: error CONFIG_INVALID KeyManagementProvider/x spec.parameters: is missing: an object is required",
  ]],
  ["an unknown field", yaml("KeyManagementProvider", "type: inline\nparams: {}"), [
    "t.yaml:5:3: error CONFIG_INVALID KeyManagementProvider/x spec.parameters: is missing: an object is required",
    "t.yaml:6:3: error CONFIG_INVALID KeyManagementProvider/x spec.params: is not a known field; known are type, refreshInterval, maxStaleness, parameters",
  ]],
  ["no content type", yaml("KeyManagementProvider", "type: inline\nparameters: {value: a}"), [
    "t.yaml:6:15: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.contentType: is missing: one of certificate, key, trustedRoot is required",
  ]],
  ["a content type that is none", inline("certificates", CERTIFICATE), [
    't.yaml:7:18: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.contentType: must be one of certificate, key, trustedRoot; found "certificates" (did you mean certificate?)',
  ]],
  ["an empty value", inline("certificate", "").replace(/ \|\n\s*$/, ' ""\n'), [
    "t.yaml:8:12: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.value: must not be empty",
  ]],
  ["a value without certificate", inline("certificate", "hello"), [
    "t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: holds no certificate (BEGIN CERTIFICATE). Put the certificate there as PEM text (BEGIN CERTIFICATE).",
  ]],
  ["a certificate without end", inline("certificate", CERTIFICATE.slice(0, 200)), [
    "t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: cannot be read: PEM: BEGIN CERTIFICATE has no END (line 1). Put the certificate there as PEM text (BEGIN CERTIFICATE).",
  ]],
  [
    "a certificate that is cut",
    inline("certificate", CERTIFICATE.replace(/\n.*\n-----END/, "\n-----END")),
    ["t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: cannot be read: DER: an element is cut off at offset 0 (block on line 1). Put the certificate there as PEM text (BEGIN CERTIFICATE)."],
  ],
  ["a key for a certificate", inline("certificate", PUBLIC_KEY), [
    "t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: holds a PUBLIC KEY block on line 1; only CERTIFICATE blocks belong there. Put the certificate there as PEM text (BEGIN CERTIFICATE).",
  ]],
  ["a private key", inline("certificate", PRIVATE_KEY), [
    "t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: holds a PRIVATE KEY, which must never be in a configuration. Remove it and treat the key as leaked: whoever can read the configuration can sign with it.",
  ]],
  ["a private key beside a certificate", inline("certificate", CERTIFICATE + PRIVATE_KEY), [
    "t.yaml:8:12: error CERT_INVALID KeyManagementProvider/x spec.parameters.value: holds a PRIVATE KEY, which must never be in a configuration. Remove it and treat the key as leaked: whoever can read the configuration can sign with it.",
  ]],
  ["a private key for a key", inline("key", PRIVATE_KEY), [
    "t.yaml:8:12: error KEY_INVALID KeyManagementProvider/x spec.parameters.value: holds a PRIVATE KEY, which must never be in a configuration. Remove it and treat the key as leaked: whoever can read the configuration can sign with it.",
  ]],
  ["a certificate for a key", inline("key", CERTIFICATE), [
    "t.yaml:8:12: error KEY_INVALID KeyManagementProvider/x spec.parameters.value: holds a CERTIFICATE block; it must be PUBLIC KEY or RSA PUBLIC KEY. Put the key there as PEM text (BEGIN PUBLIC KEY).",
  ]],
  ["two keys", inline("key", PUBLIC_KEY + PUBLIC_KEY), [
    "t.yaml:8:12: error KEY_INVALID KeyManagementProvider/x spec.parameters.value: holds 2 blocks; write one provider for each key. Put the key there as PEM text (BEGIN PUBLIC KEY).",
  ]],
  ["no key", inline("key", "hello"), [
    "t.yaml:8:12: error KEY_INVALID KeyManagementProvider/x spec.parameters.value: holds no public key (BEGIN PUBLIC KEY). Put the key there as PEM text (BEGIN PUBLIC KEY).",
  ]],
  ["a trusted root that is no JSON", inline("trustedRoot", "{"), [
    "t.yaml:8:12: error TRUSTED_ROOT_INVALID KeyManagementProvider/x spec.parameters.value: is not the JSON of a Sigstore trusted root: JSON: a member name in quotes is missing (line 2, column 1). Put the content of a trusted_root.json there, complete and unchanged.",
  ]],
  ["a trusted root that is a list", inline("trustedRoot", "[]"), [
    "t.yaml:8:12: error TRUSTED_ROOT_INVALID KeyManagementProvider/x spec.parameters.value: is not the JSON of a Sigstore trusted root: protobuf JSON: the message is not an object. Put the content of a trusted_root.json there, complete and unchanged.",
  ]],
  ["a trusted root without media type", inline("trustedRoot", "{}"), [
    't.yaml:8:12: error TRUSTED_ROOT_INVALID KeyManagementProvider/x spec.parameters.value: is not the JSON of a Sigstore trusted root: protobuf JSON: its mediaType is "", not application/vnd.dev.sigstore.trustedroot+json;version=0.1. Put the content of a trusted_root.json there, complete and unchanged.',
  ]],
  [
    "a provider of files without a file",
    yaml("KeyManagementProvider", "type: file\nparameters: {}"),
    [
      "t.yaml:6:15: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.contentType: is missing: one of certificate, key, trustedRoot is required",
      "t.yaml:6:15: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.path: is missing: text is required",
    ],
  ],
  [
    "a provider of files in a namespace",
    yaml(
      "NamespacedKeyManagementProvider",
      "type: file\nparameters: {contentType: key, path: /x}",
    ).replace("name: x", "name: x, namespace: team-a"),
    [
      "t.yaml:6:34: error CONFIG_INVALID NamespacedKeyManagementProvider/team-a/x spec.parameters.path: must not be set in a namespace: it names files of the process",
    ],
  ],
  [
    "a vault without entries",
    vault("vaultURI: https://a.vault.azure.net\ntenantID: t\nclientID: c"),
    [
      "t.yaml:7:5: error CONFIG_INVALID KeyManagementProvider/x spec.parameters: must name at least one entry in certificates or keys",
    ],
  ],
  [
    "a vault without its address, with an entry without name",
    vault("tenantID: t\nclientID: c\nkeys: [{version: v}]"),
    [
      "t.yaml:7:5: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.vaultURI: is missing: text is required",
      "t.yaml:9:12: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.keys[0].name: is missing: text is required",
    ],
  ],
  [
    "a vault over plain HTTP",
    vault("vaultURI: http://a.vault.azure.net\ntenantID: t\nclientID: c\nkeys: [{name: k}]"),
    [
      't.yaml:7:15: error CONFIG_INVALID KeyManagementProvider/x spec.parameters.vaultURI: must be an address such as https://example.com; found "http://a.vault.azure.net"',
    ],
  ],
  [
    "a refresh interval that is none",
    yaml(
      "KeyManagementProvider",
      "type: azurekeyvault\nrefreshInterval: daily\nparameters: {vaultURI: 'https://a.b', tenantID: t, clientID: c, keys: [{name: k}]}",
    ),
    [
      't.yaml:6:20: error CONFIG_INVALID KeyManagementProvider/x spec.refreshInterval: must be a duration such as 30s, 10m or 1h30m; found "daily"',
    ],
  ],
  ["a certificate store without provider", certificateStore("parameters: {}"), [
    "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    "t.yaml:5:3: error CONFIG_INVALID CertificateStore/team-a/x spec.provider: is missing: text is required",
  ]],
  ["a certificate store of no kind", certificateStore("provider: x\nparameters: {}"), [
    "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    't.yaml:5:13: error CONFIG_INVALID CertificateStore/team-a/x spec.provider: must be one of inline, azurekeyvault; found "x"',
  ]],
  ["a certificate store without value", certificateStore("provider: inline\nparameters: {}"), [
    "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    "t.yaml:6:15: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.value: is missing: text is required",
  ]],
  [
    "a certificate store with an object",
    certificateStore("provider: inline\nparameters: {value: {}}"),
    [
      "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
      "t.yaml:6:23: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.value: must be text; found an object",
    ],
  ],
  [
    "a certificate store with a broken certificate",
    certificateStore("provider: Inline\nparameters: {value: abc}"),
    [
      "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
      "t.yaml:6:23: error CERT_INVALID CertificateStore/team-a/x spec.parameters.value: holds no certificate (BEGIN CERTIFICATE). Put the certificate there as PEM text (BEGIN CERTIFICATE).",
    ],
  ],
  [
    "a certificate store of a vault",
    certificateStore("provider: azurekeyvault\nparameters: {vaultURI: x}"),
    [
      "t.yaml:1:1: warning CONFIG_INVALID CertificateStore/team-a/x: CertificateStore is deprecated; use NamespacedKeyManagementProvider",
      "t.yaml:6:15: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.tenantID: is missing: text is required",
      "t.yaml:6:15: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.clientID: is missing: text is required",
      "t.yaml:6:15: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.certificates: is missing: text is required",
      't.yaml:6:26: error CONFIG_INVALID CertificateStore/team-a/x spec.parameters.vaultURI: must be an address such as https://example.com; found "x"',
    ],
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compileProvider refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
