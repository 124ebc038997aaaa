import assert from "node:assert/strict";
import { documents, problemsOf, yaml } from "./testing/resources.ts";

/** A Policy of the right name. */
function policy(spec: string): string {
  return yaml("Policy", spec, { name: "ratify-policy" });
}

/** A Policy of the type config-policy with these rules. */
function rules(text: string): string {
  return policy(`type: config-policy\nparameters:\n  artifactVerificationPolicies: ${text}`);
}

/** A Policy of the type threshold-policy, beside verifiers called a and b. */
function threshold(text: string): string {
  const spec = `type: threshold-policy\nparameters:\n  policy: ${text}`;
  const verifiers = ["a", "b"].map((name) =>
    yaml("Verifier", "name: sbom\nartifactTypes: a/b", { name })
  );
  return documents(policy(spec), ...verifiers);
}

/** Policies that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "another name",
    yaml("Policy", "type: config-policy\nparameters: {}", { name: "policy" }),
    ['t.yaml:3:18: error CONFIG_INVALID Policy/policy metadata.name: must be ratify-policy: no other policy takes effect; found "policy"'],
  ],
  [
    "another name in a namespace",
    yaml("NamespacedPolicy", "type: config-policy\nparameters: {}", {
      name: "policy",
      namespace: "team-a",
    }),
    ['t.yaml:3:18: error CONFIG_INVALID NamespacedPolicy/team-a/policy metadata.name: must be ratify-policy: no other policy takes effect; found "policy"'],
  ],
  ["no type", policy("parameters: {}"), [
    "t.yaml:5:3: error CONFIG_INVALID Policy/ratify-policy spec.type: is missing: text is required",
  ]],
  ["a type that is none", policy("type: cell-policy\nparameters: {}"), [
    't.yaml:5:9: error POLICY_PROVIDER_NOT_FOUND Policy/ratify-policy spec.type: must be config-policy, threshold-policy, rego-policy or cel-policy; found "cell-policy"',
  ]],
  ["no parameters", policy("type: config-policy"), [
    "t.yaml:5:3: error CONFIG_INVALID Policy/ratify-policy spec.parameters: is missing: an object is required",
  ]],
  ["a misspelt parameter", policy("type: config-policy\nparameters: {artifactPolicies: {}}"), [
    "t.yaml:6:16: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactPolicies: is not a known field; known are artifactVerificationPolicies",
  ]],
  ["a word in upper case", rules('{default: "Any"}'), [
    't.yaml:7:45: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactVerificationPolicies.default: must be one of any, all; found "Any" (did you mean any?)',
  ]],
  ["a word that is none", rules("{a/b: some}"), [
    't.yaml:7:41: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactVerificationPolicies["a/b"]: must be one of any, all; found "some"',
  ]],
  ["a truth value", rules("{a/b: true}"), [
    't.yaml:7:41: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactVerificationPolicies["a/b"]: must be one of any, all; found true',
  ]],
  ["rules that are a list", rules("[any]"), [
    "t.yaml:7:35: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactVerificationPolicies: must be an object; found a list",
  ]],
  ["an empty artifact type", rules('{"": any}'), [
    't.yaml:7:36: error CONFIG_INVALID Policy/ratify-policy spec.parameters.artifactVerificationPolicies[""]: must not have an empty name',
  ]],
  ["a threshold policy without policy", policy("type: threshold-policy\nparameters: {}"), [
    "t.yaml:6:15: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: is missing: an object is required",
  ]],
  ["a threshold policy without rules", threshold("{rules: []}"), [
    "t.yaml:7:21: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules: must have at least 1 entry",
  ]],
  ["a threshold of none", threshold("{threshold: 0, rules: [{verifierName: a}]}"), [
    "t.yaml:7:25: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.threshold: must be at least 1; found 0",
  ]],
  ["a threshold beyond the rules", threshold("{threshold: 2, rules: [{verifierName: a}]}"), [
    "t.yaml:7:25: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.threshold: must be at most 1, the number of rules that are not optional; found 2",
  ]],
  ["rules that are all optional", threshold("{rules: [{verifierName: a, optional: true}]}"), [
    "t.yaml:7:21: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules: must have a rule that is not optional",
  ]],
  [
    "a rule that is required and optional",
    threshold("{rules: [{verifierName: a}, {verifierName: b, required: true, optional: true}]}"),
    [
      "t.yaml:7:85: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[1].optional: must not stand beside required",
    ],
  ],
  ["a rule about nothing", threshold("{rules: [{required: true}]}"), [
    "t.yaml:7:22: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[0]: must have either verifierName or rules",
  ]],
  [
    "a rule about a verifier and a group",
    threshold("{rules: [{verifierName: a, rules: [{verifierName: b}]}]}"),
    [
      "t.yaml:7:22: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[0]: must have either verifierName or rules",
    ],
  ],
  ["a verifier that does not exist", threshold("{rules: [{verifierName: aa}]}"), [
    't.yaml:7:37: error RESOURCE_NOT_FOUND Policy/ratify-policy spec.parameters.policy.rules[0].verifierName: names a Verifier that does not exist; found "aa" (did you mean a?)',
  ]],
  ["a verifier's rule with a threshold", threshold("{rules: [{verifierName: a, threshold: 1}]}"), [
    "t.yaml:7:51: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[0].threshold: belongs to a group, which has rules",
  ]],
  [
    "a group's rule about artifacts",
    threshold("{rules: [{artifacts: all, rules: [{verifierName: a}]}]}"),
    [
      "t.yaml:7:34: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[0].artifacts: belongs to a rule with verifierName",
    ],
  ],
  [
    "groups that are too deep",
    threshold("{rules: [{rules: [{rules: [{rules: [{verifierName: a}]}]}]}]}"),
    [
      "t.yaml:7:41: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy.rules[0].rules[0].rules[0].rules: is not a known field; known are required, optional, verifierName, artifacts",
    ],
  ],
  ["a rego policy without module", policy("type: rego-policy\nparameters: {}"), [
    "t.yaml:6:15: error CONFIG_INVALID Policy/ratify-policy spec.parameters: must have policy or policyPath",
  ]],
  ["a module that is in one line", policy("type: RegoPolicy\nparameters: {policy: x}"), [
    "t.yaml:6:24: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: expecting `package` Missing package declaration.",
  ]],
  ["an empty module", policy("type: rego-policy\nparameters: {policy: ' '}"), [
    "t.yaml:6:24: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: the module is empty",
  ]],
  [
    "a module that is too large",
    policy(`type: rego-policy\nparameters: {policy: ${"x".repeat(262_145)}}`),
    [
      "t.yaml:6:24: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: the module must have at most 262144 bytes",
    ],
  ],
  [
    "a module with mistakes, each at its line and column",
    policy(
      "type: rego-policy\nparameters:\n  policy: |\n\n    package ratify.policy\n    import rego.v1\n    valid if { http.send({}); e := foo(1) }",
    ),
    [
      "t.yaml:11:18: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: there is no function http.send",
      "t.yaml:11:38: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: there is no function foo",
    ],
  ],
  [
    "a module in a folded text, at its beginning",
    policy(
      "type: rego-policy\nparameters:\n  policy: >\n    package ratify.policy\n\n    valid { foo(1) }",
    ),
    [
      "t.yaml:7:13: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policy: there is no function foo",
    ],
  ],
  [
    "a module that is not there",
    policy("type: rego-policy\nparameters: {policyPath: /nowhere/x.rego}"),
    [
      "t.yaml:6:28: error CONFIG_INVALID Policy/ratify-policy spec.parameters.policyPath: names a Rego module that cannot be read: it does not exist",
    ],
  ],
  [
    "an expression with a mistake",
    policy("type: cel-policy\nparameters:\n  expression: |\n    true ||\n      object.x"),
    [
      "t.yaml:9:9: error CONFIG_INVALID Policy/ratify-policy spec.parameters.expression: Unknown variable: object",
    ],
  ],
  ["no expression", policy("type: cel-policy\nparameters: {}"), [
    "t.yaml:6:15: error CONFIG_INVALID Policy/ratify-policy spec.parameters.expression: is missing: text is required",
  ]],
  [
    "a rego policy with a text for a truth value",
    policy("type: rego-policy\nparameters: {policy: x, passthroughEnabled: 'yes'}"),
    [
      't.yaml:6:47: error CONFIG_INVALID Policy/ratify-policy spec.parameters.passthroughEnabled: must be true or false; found "yes"',
    ],
  ],
  [
    "a file with a module in a namespace",
    yaml("NamespacedPolicy", "type: rego-policy\nparameters: {policyPath: /x.rego}", {
      name: "ratify-policy",
      namespace: "team-a",
    }),
    [
      "t.yaml:6:16: error CONFIG_INVALID NamespacedPolicy/team-a/ratify-policy spec.parameters.policyPath: must not be set in a namespace: it names files of the process",
    ],
  ],
  [
    "a type of v1alpha1 that is none",
    yaml("Policy", "parameters: {}", {
      name: "cellpolicy",
      apiVersion: "config.ratify.deislabs.io/v1alpha1",
    }),
    [
      "t.yaml:1:13: warning CONFIG_INVALID Policy/cellpolicy apiVersion: config.ratify.deislabs.io/v1alpha1 is deprecated; use config.ratify.deislabs.io/v1beta1",
      't.yaml:3:18: error POLICY_PROVIDER_NOT_FOUND Policy/cellpolicy metadata.name: must be config-policy, threshold-policy, rego-policy or cel-policy; found "cellpolicy"',
    ],
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`compilePolicy refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text), expected);
  });
}
