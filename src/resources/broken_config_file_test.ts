import assert from "node:assert/strict";
import { problemsOf } from "./testing/resources.ts";

/** What every case has beside its mistake, on the last line. */
const REST = `"policy": {"plugin": {"name": "config-policy"}}}`;

/** Files called config.json that are wrong, and what is said of them. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["a text that is no JSON", `{"store": {}\n"policy": {}}`, [
    "config.json:2:1: error CONFIG_INVALID a comma or } is missing",
  ]],
  ["a member twice", `{"store": {},\n "store": {}}`, [
    'config.json:2:2: error CONFIG_INVALID the member "store" occurs twice',
  ]],
  ["a comma at the end", `{"crl": {},}`, [
    "config.json:1:12: error CONFIG_INVALID a member name in quotes is missing",
  ]],
  ["a member that means something to JavaScript", `{"crl": {\n"__proto__": {}}}`, [
    'config.json:2:1: error CONFIG_INVALID a member must not be named "__proto__"',
  ]],
  ["a misspelt section beside a mistake", `{"stores": {},\n"crl": 5,\n${REST}`, [
    "config.json:1:2: warning CONFIG_INVALID stores: is ignored: it is not a known section; did you mean store?",
    "config.json:2:8: error CONFIG_INVALID crl: must be an object; found 5",
  ]],
  ["a section that is a list", `{"store": [],\n${REST}`, [
    "config.json:1:11: error CONFIG_INVALID store: must be an object; found a list",
  ]],
  ["a section without plugins", `{"store": {"version": "1.0.0"},\n${REST}`, [
    "config.json:1:11: error CONFIG_INVALID store.plugins: is missing: a list is required",
  ]],
  ["no plugins", `{"verifier": {"plugins": []},\n${REST}`, [
    "config.json:1:26: error CONFIG_INVALID verifier.plugins: must have at least 1 entry",
  ]],
  ["a plugin that is a text", `{"store": {"plugins": [\n  "oras"]},\n${REST}`, [
    'config.json:2:3: error CONFIG_INVALID store.plugins[0]: must be an object; found "oras"',
  ]],
  [
    "an unknown member of a section",
    `{"store": {"plugin": {},\n"plugins": [{"name": "oras"}]},\n${REST}`,
    ["config.json:1:12: error CONFIG_INVALID store.plugin: is not a known field; did you mean plugins?"],
  ],
  ["a plugin without name", `{"store": {"plugins": [{"ttl": 5}]},\n${REST}`, [
    "config.json:1:24: error CONFIG_INVALID store.plugins[0].name: is missing: text is required",
  ]],
  ["a name that is a number", `{"verifier": {"plugins": [{"name": 5}]},\n${REST}`, [
    "config.json:1:36: error CONFIG_INVALID verifier.plugins[0].name: must be text that is not empty; found 5",
  ]],
  ["an unknown store", `{"store": {"plugins": [{"name": "dir"}]},\n${REST}`, [
    'config.json:1:33: error PLUGIN_NOT_FOUND Store/dir store.plugins[0].name: must be oras or oci-layout; found "dir"',
  ]],
  [
    "a misspelt parameter",
    `{"store": {"plugins": [{"name": "oras", "cosignEnable": true}]},\n${REST}`,
    ["config.json:1:41: error CONFIG_INVALID Store/oras store.plugins[0].cosignEnable: is not a known field; did you mean cosignEnabled?"],
  ],
  [
    "parameters of a verifier that are wrong",
    `{"verifier": {"plugins": [\n  {"name": "s", "type": "schemavalidator", "artifactTypes": "a/b", "schemas": 1}]},\n${REST}`,
    ["config.json:2:79: error CONFIG_INVALID Verifier/s verifier.plugins[0].schemas: must be an object; found 1"],
  ],
  ["a policy without plugin", `{"policy": {"version": "1.0.0"}}`, [
    "config.json:1:12: error CONFIG_INVALID policy.plugin: is missing: an object is required",
  ]],
  ["a policy that is none", `{"policy": {"plugin": {"name": "cel"}}}`, [
    'config.json:1:32: error POLICY_PROVIDER_NOT_FOUND Policy/cel policy.plugin.name: must be config-policy, threshold-policy, rego-policy or cel-policy; found "cel"',
  ]],
  [
    "a policy with a wrong word",
    `{"policy": {"plugin": {"name": "configPolicy",\n "artifactVerificationPolicies": {"a/b": "Any"}}}}`,
    ['config.json:2:42: error CONFIG_INVALID Policy/configPolicy policy.plugin.artifactVerificationPolicies["a/b"]: must be one of any, all; found "Any" (did you mean any?)'],
  ],
  ["a timeout of zero", `{"executor": {"verificationRequestTimeout": 0},\n${REST}`, [
    "config.json:1:45: error CONFIG_INVALID executor.verificationRequestTimeout: must be at least 1; found 0",
  ]],
  ["a negative timeout", `{"executor": {"mutationRequestTimeout": -5},\n${REST}`, [
    "config.json:1:41: error CONFIG_INVALID executor.mutationRequestTimeout: must be at least 1; found -5",
  ]],
  ["a timeout in words", `{"executor": {"mutationRequestTimeout": "1s"},\n${REST}`, [
    'config.json:1:41: error CONFIG_INVALID executor.mutationRequestTimeout: must be a number; found "1s"',
  ]],
  ["a timeout of days", `{"executor": {"mutationRequestTimeout": 1e9},\n${REST}`, [
    "config.json:1:41: error CONFIG_INVALID executor.mutationRequestTimeout: must be at most 3600000; found 1000000000",
  ]],
  ["a misspelt timeout", `{"executor": {"verificationTimeout": 5},\n${REST}`, [
    "config.json:1:15: error CONFIG_INVALID executor.verificationTimeout: is not a known field; known are verificationRequestTimeout, mutationRequestTimeout, tenancy",
  ]],
  ["a formatter that is none", `{"logger": {"formatter": "xml"},\n${REST}`, [
    'config.json:1:26: error CONFIG_INVALID logger.formatter: must be one of text, json, logstash; found "xml"',
  ]],
  [
    "a header that is none",
    `{"logger": {"requestHeaders": {"traceIDHeaderName": ["x request id"]}},\n${REST}`,
    ['config.json:1:53: error CONFIG_INVALID logger.requestHeaders.traceIDHeaderName: must be the name of a request header, or a list of them; found "x request id"'],
  ],
  [
    "a header that is a number",
    `{"logger": {"requestHeaders": {"traceIDHeaderName": 5}},\n${REST}`,
    ["config.json:1:53: error CONFIG_INVALID logger.requestHeaders.traceIDHeaderName: must be text or a list; found 5"],
  ],
  ["a switch that is a text", `{"crl": {"cache": {"enabled": "true"}},\n${REST}`, [
    'config.json:1:31: error CONFIG_INVALID crl.cache.enabled: must be true or false; found "true"',
  ]],
  ["null", "null", [
    "config.json:1:1: error CONFIG_INVALID must be a resource, with apiVersion, kind, metadata and spec; found nothing (null)",
  ]],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`readConfigFile refuses ${name}`, async () => {
    assert.deepEqual(await problemsOf(text, { path: "config.json" }), expected);
  });
}
