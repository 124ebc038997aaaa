import assert from "node:assert/strict";
import { documents, problemsOf, yaml } from "./testing/resources.ts";

/** Files that are no resources, and resources that are wrong outside their spec. */
export const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["a text that is no YAML", "a: [1, 2\nb: 3\n", ["@"]],
  ["a tab as indentation", "kind: Store\nmetadata:\n\tname: x\n", ["@"]],
  ["a key twice", yaml("Store", "name: oras\nname: oras"), ["@"]],
  ["a tag of a language", yaml("Store", "name: !!js/function oras"), ["@"]],
  ["bytes", yaml("Store", "name: !!binary b3Jhcw=="), ["@"]],
  ["another version of YAML", `%YAML 1.1\n---\n${yaml("Store", "name: oras")}`, ["@"]],
  ["an alias without anchor", yaml("Store", "name: *store"), ["@"]],
  ["a member that means something to JavaScript", yaml("Store", "name: oras\n__proto__: {}"), ["@"]],
  ["a text instead of a resource", "oras\n", ["@"]],
  ["a list instead of a resource", "- kind: Store\n", ["@"]],
  ["no kind", "apiVersion: config.ratify.deislabs.io/v1beta1\n", ["@"]],
  ["a kind that is none", yaml("Stor", "name: oras"), ["@"]],
  ["a kind of Kubernetes", "apiVersion: v1\nkind: ConfigMap\n", ["@"]],
  ["a kind that is the name of a method", yaml("toString", "name: oras"), ["@"]],
  ["a kind that is a number", "kind: 5\n", ["@"]],
  ["no apiVersion", "kind: Store\nmetadata: {name: x}\nspec: {name: oras}\n", ["@"]],
  [
    "a version that is none",
    yaml("Store", "name: oras", { apiVersion: "config.ratify.deislabs.io/v1" }),
    ["@"],
  ],
  [
    "a version that the kind does not have",
    yaml("KeyManagementProvider", "type: inline", {
      apiVersion: "config.ratify.deislabs.io/v1alpha1",
    }),
    ["@"],
  ],
  [
    "no name",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nspec: {name: oras}\n",
    ["@"],
  ],
  ["a name in upper case", yaml("Store", "name: oras", { name: "Oras" }), ["@"]],
  ["a name that is a number", yaml("Store", "name: oras", { name: "5" }), ["@"]],
  ["a namespaced kind without namespace", yaml("NamespacedStore", "name: oras"), ["@"]],
  [
    "a namespace with a slash",
    yaml("NamespacedStore", "name: oras", { namespace: "a/b" }),
    ["@"],
  ],
  [
    "no spec",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nmetadata: {name: x}\n",
    ["@"],
  ],
  [
    "a spec that is a list",
    "apiVersion: config.ratify.deislabs.io/v1beta1\nkind: Store\nmetadata: {name: x}\nspec: []\n",
    ["@"],
  ],
  ["a misspelt member beside the spec", `${yaml("Store", "name: oras")}metdata: {}\n`, ["@"]],
  ["a list without items", "apiVersion: v1\nkind: List\n", ["@"]],
  ["an item of a list that is none", "kind: List\nitems:\n  - 5\n  - kind: X\n", ["@"]],
  [
    "two resources of one name",
    documents(yaml("Store", "name: oras"), yaml("Store", "name: oras")),
    ["@"],
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
    ["@"],
  ],
  ["several mistakes in several documents", `kind: A\n---\nkind: [\n---\nkind: B\n`, ["@"]],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`loadConfiguration refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
