import assert from "node:assert/strict";
import { documents, problemsOf, yaml } from "./testing/resources.ts";

/** Files that are no resources, and resources that are wrong outside their spec. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["a text that is no YAML", "a: [1, 2\nb: 3\n", [
    "t.yaml:2:1: error CONFIG_INVALID flow sequence in block collection must be sufficiently indented and end with a ]",
  ]],
  ["a tab as indentation", "kind: Store\nmetadata:\n\tname: x\n", [
    "t.yaml:3:1: error CONFIG_INVALID tabs are not allowed as indentation",
  ]],
  ["a key twice", yaml("Store", "name: oras\nname: oras"), [
    't.yaml:6:3: error CONFIG_INVALID the key "name" occurs twice',
  ]],
  ["a tag of a language", yaml("Store", "name: !!js/function oras"), [
    "t.yaml:5:9: error CONFIG_INVALID unresolved tag: tag:yaml.org,2002:js/function",
  ]],
  ["bytes", yaml("Store", "name: !!binary b3Jhcw=="), [
    "t.yaml:5:18: error CONFIG_INVALID the tag tag:yaml.org,2002:binary is not allowed",
  ]],
  ["another version of YAML", `%YAML 1.1\n---\n${yaml("Store", "name: oras")}`, [
    "t.yaml:2:1: error CONFIG_INVALID the document says that it is YAML 1.1; it must be YAML 1.2",
  ]],
  ["an alias without anchor", yaml("Store", "name: *store"), [
    "t.yaml:5:9: error CONFIG_INVALID the alias *store has no anchor before it",
  ]],
  ["a member that means something to JavaScript", yaml("Store", "name: oras\n__proto__: {}"), [
    't.yaml:6:3: error CONFIG_INVALID a member must not be named "__proto__"',
  ]],
  ["a text instead of a resource", "oras\n", [
    't.yaml:1:1: error CONFIG_INVALID must be a resource, with apiVersion, kind, metadata and spec; found "oras"',
  ]],
  ["a list instead of a resource", "- kind: Store\n", [
    "t.yaml:1:1: error CONFIG_INVALID must be a resource, with apiVersion, kind, metadata and spec; found a list",
  ]],
  ["no kind", "apiVersion: config.ratify.deislabs.io/v1beta1\n", [
    "t.yaml:1:1: error CONFIG_INVALID kind: is missing: one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List is required",
  ]],
  ["a kind that is none", yaml("Stor", "name: oras"), [
    't.yaml:2:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "Stor" (did you mean Store?)',
  ]],
  ["a kind of Kubernetes", "apiVersion: v1\nkind: ConfigMap\n", [
    't.yaml:2:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "ConfigMap"',
  ]],
  ["a kind that is the name of a method", yaml("toString", "name: oras"), [
    't.yaml:2:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "toString"',
  ]],
  ["a kind that is a number", "kind: 5\n", [
    "t.yaml:1:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found 5",
  ]],
  ["no apiVersion", "kind: Store\nmetadata: {name: x}\nspec: {name: oras}\n", [
    "t.yaml:1:1: error CONFIG_INVALID Store/x apiVersion: is missing: config.ratify.deislabs.io/v1beta1 or config.ratify.deislabs.io/v1alpha1 is required",
  ]],
  [
    "a version that is none",
    yaml("Store", "name: oras", { apiVersion: "config.ratify.deislabs.io/v1" }),
    ['t.yaml:1:13: error CONFIG_INVALID Store/x apiVersion: must be config.ratify.deislabs.io/v1beta1 or config.ratify.deislabs.io/v1alpha1; found "config.ratify.deislabs.io/v1"'],
  ],
  [
    "a version that the kind does not have",
    yaml("KeyManagementProvider", "type: inline", {
      apiVersion: "config.ratify.deislabs.io/v1alpha1",
    }),
    ['t.yaml:1:13: error CONFIG_INVALID KeyManagementProvider/x apiVersion: must be config.ratify.deislabs.io/v1beta1; found "config.ratify.deislabs.io/v1alpha1"'],
  ],
  [
    "no name",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nspec: {name: oras}\n",
    ["t.yaml:1:1: error CONFIG_INVALID Store metadata.name: is missing: every resource has a name"],
  ],
  ["a name in upper case", yaml("Store", "name: oras", { name: "Oras" }), [
    't.yaml:3:18: error CONFIG_INVALID Store/Oras metadata.name: must consist of lower-case letters, digits, "-" and "."; found "Oras"',
  ]],
  ["a name that is a number", yaml("Store", "name: oras", { name: "5" }), [
    't.yaml:3:18: error CONFIG_INVALID Store metadata.name: must consist of lower-case letters, digits, "-" and "."; found 5',
  ]],
  ["a namespaced kind without namespace", yaml("NamespacedStore", "name: oras"), [
    "t.yaml:3:11: error CONFIG_INVALID NamespacedStore/x metadata.namespace: is missing: a NamespacedStore belongs to a namespace",
  ]],
  [
    "a namespace with a slash",
    yaml("NamespacedStore", "name: oras", { namespace: "a/b" }),
    ['t.yaml:3:32: error CONFIG_INVALID NamespacedStore/a/b/x metadata.namespace: must consist of lower-case letters, digits and "-"; found "a/b"'],
  ],
  [
    "no spec",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nmetadata: {name: x}\n",
    ["t.yaml:1:1: error CONFIG_INVALID Store/x spec: is missing: an object is required"],
  ],
  [
    "a spec that is a list",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nmetadata: {name: x}\nspec: []\n",
    ["t.yaml:4:7: error CONFIG_INVALID Store/x spec: must be an object; found a list"],
  ],
  ["a misspelt member beside the spec", `${yaml("Store", "name: oras")}metdata: {}\n`, [
    "t.yaml:6:1: error CONFIG_INVALID Store/x metdata: is not a known field; did you mean metadata?",
  ]],
  ["a list without items", "apiVersion: v1\nkind: List\n", [
    "t.yaml:1:1: error CONFIG_INVALID List items: must be a list of resources; found nothing",
  ]],
  ["an item of a list that is none", "kind: List\nitems:\n  - 5\n  - kind: X\n", [
    "t.yaml:3:5: error CONFIG_INVALID must be a resource, with apiVersion, kind, metadata and spec; found 5",
    't.yaml:4:11: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "X"',
  ]],
  [
    "two resources of one name",
    documents(yaml("Store", "name: oras"), yaml("Store", "name: oras")),
    ["t.yaml:7:1: error CONFIG_INVALID Store/x: is already defined, as Store/x, at t.yaml:1:1"],
  ],
  [
    "two policies of one namespace under different versions",
    documents(
      yaml("Policy", "type: config-policy\nparameters: {}", { name: "ratify-policy" }),
      yaml("Policy", "parameters: {}", {
        name: "configpolicy",
        apiVersion: "config.ratify.deislabs.io/v1alpha1",
      }),
    ),
    [
      "t.yaml:8:1: error CONFIG_INVALID Policy/configpolicy: is already defined, as Policy/ratify-policy, at t.yaml:1:1",
      "t.yaml:8:13: warning CONFIG_INVALID Policy/configpolicy apiVersion: config.ratify.deislabs.io/v1alpha1 is deprecated; use config.ratify.deislabs.io/v1beta1",
    ],
  ],
  ["several mistakes in several documents", `kind: A\n---\nkind: [\n---\nkind: B\n`, [
    't.yaml:1:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "A"',
    "t.yaml:4:1: error CONFIG_INVALID flow sequence in block collection must be sufficiently indented and end with a ]",
    't.yaml:5:7: error CONFIG_INVALID kind: must be one of Store, NamespacedStore, Verifier, NamespacedVerifier, Policy, NamespacedPolicy, KeyManagementProvider, NamespacedKeyManagementProvider, CertificateStore, List; found "B"',
  ]],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`loadConfiguration refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
