import assert from "node:assert/strict";
import type { ArtifactReport, Decision, ReferrerReport } from "../report/mod.ts";
import { createRegoPolicy, type RegoPolicyConfiguration } from "./rego_policy.ts";
import type { PolicyInput } from "./policy_provider.ts";

const WASM = await WebAssembly.compile(
  await Deno.readFile(new URL("../resources/rego.bin", import.meta.url)),
);
const HEAD = "package ratify.policy\n";
const NOTATION = "application/vnd.cncf.notary.signature";

function report(
  outcome: ArtifactReport["outcome"],
  more: Partial<ArtifactReport> = {},
): ArtifactReport {
  return {
    subject: "registry.example.com/app:v1",
    subjectDigest: "sha256:0",
    verifierName: "notation",
    verifierType: "notation",
    referenceDigest: "sha256:1",
    artifactType: NOTATION,
    outcome,
    message: "",
    checks: [],
    ...(outcome === "success"
      ? {}
      : { failure: { reason: "expiry", remedy: "", transient: outcome === "undecided" } }),
    ...more,
  };
}

function referrer(
  reports: readonly ArtifactReport[],
  nested: readonly ReferrerReport[] = [],
): ReferrerReport {
  return {
    subject: "registry.example.com/app:v1",
    referenceDigest: "sha256:1",
    artifactType: NOTATION,
    reports,
    nested,
  };
}

function make(source: string, passthrough = false): (input: Partial<PolicyInput>) => Decision {
  const result = createRegoPolicy(WASM, { source, passthrough });
  assert.ok("policy" in result, JSON.stringify(result));
  return (input) => result.policy.decide({ reports: [], listingComplete: true, ...input });
}

function problems(source: string, more: Partial<RegoPolicyConfiguration> = {}): unknown {
  const result = createRegoPolicy(WASM, { source, passthrough: false, ...more });
  return "problems" in result
    ? result.problems.map(({ message, place }) =>
      place === undefined ? message : `${place.line}:${place.column} ${message}`
    )
    : result.syntax;
}

const good = referrer([report("success")]);
const bad = referrer([report("failure")]);
const open = referrer([report("undecided")]);

Deno.test("the interpreter imports nothing, so that a policy can reach nothing", () => {
  assert.deepEqual(WebAssembly.Module.imports(WASM), []);
});

const SYNTAX: readonly [name: string, source: string, syntax: "v0" | "v1"][] = [
  ["rules with bodies only", "valid { count(input.verifierReports) > 0 }", "v0"],
  ["a default with a single sign", "default valid = false\nvalid { input.x }", "v0"],
  ["partial sets in brackets", "bad[x] { x := input.x[_] }\nvalid { count(bad) == 0 }", "v0"],
  ["imported keywords", "import future.keywords.if\nvalid if { input.x }", "v1"],
  [
    "keywords of the future",
    "import future.keywords\nvalid { some x in input.x; x }",
    "v0",
  ],
  ["rego.v1 imported", "import rego.v1\nvalid if { some x in input.x; x }", "v1"],
  ["version 1 by its keywords", "valid if { every x in input.x { x } }", "v1"],
  [
    "version 1 with contains",
    "bad contains x if some x in input.x\nvalid if count(bad) == 0",
    "v1",
  ],
  ["what is the same in both", "default valid := false", "v1"],
  ["a constant", "valid := true", "v1"],
];
for (const [name, source, syntax] of SYNTAX) {
  Deno.test(`createRegoPolicy reads ${name} as Rego ${syntax}`, () => {
    assert.equal(problems(HEAD + source), syntax);
  });
}

const REFUSED: readonly [name: string, source: string, expected: readonly string[]][] = [
  ["what cannot be parsed", `${HEAD}valid { x = }`, ["2:7 expecting }"]],
  ["no package", "valid { true }", [
    "1:1 expecting `package` Missing package declaration.",
  ]],
  ["another package", "package other\nvalid { true }", [
    "1:1 must be package ratify.policy; found package other",
  ]],
  ["no rule of the name", `${HEAD}allow { true }`, ["there must be a rule valid in the module"]],
  ["an unknown function", `${HEAD}valid { not foo(1) }`, ["2:13 there is no function foo"]],
  [
    "unknown functions where nobody looks",
    `${HEAD}f(x) { bar(x) }\nvalid { input.never; f(1) }\nvalid { data.x.y(1) }`,
    ["2:8 there is no function bar", "4:9 there is no function data.x.y"],
  ],
  ["the network", `${HEAD}valid { http.send({"method": "get", "url": "http://127.0.0.1/"}) }`, [
    "2:9 there is no function http.send",
  ]],
  ["the environment", `${HEAD}valid { opa.runtime().env.HOME }`, [
    "2:9 there is no function opa.runtime",
  ]],
  ["the time of day", `${HEAD}valid { time.now_ns() > 0 }`, [
    "2:9 there is no function time.now_ns",
  ]],
  ["an unsafe variable", `${HEAD}valid { y }`, ["2:9 use of undefined variable `y` is unsafe"]],
  ["another value than a truth value", `${HEAD}valid = "yes"`, [
    'valid must be true or false; it is "yes"',
  ]],
  ["a set for a value", `${HEAD}valid[x] { x := 1 }`, [
    "valid must be true or false; it is [1]",
  ]],
  ["two values at once", `${HEAD}valid = true { true }\nvalid = false { true }`, [
    "3:1 rule conflicts with rule at policy.rego:2:1",
  ]],
  ["recursion", `${HEAD}f(x) = f(x)\nvalid { f(1) }`, [
    "it takes more steps or memory than a policy may",
  ]],
  ["a text that is nested too deep", `${HEAD}valid = ${"[\n".repeat(10_000)}`, [
    "it is too long, too deep, or takes too many steps to read",
  ]],
];
for (const [name, source, expected] of REFUSED) {
  Deno.test(`createRegoPolicy refuses ${name}`, () => {
    assert.deepEqual(problems(source), expected);
    assert.deepEqual(problems(source, { passthrough: true }), expected);
  });
}

Deno.test("the problem is told in the syntax that the module is written in", () => {
  assert.deepEqual(problems(`${HEAD}ok if { true }\nvalid if { x = }`), [
    "3:14 expecting `}` while parsing set",
  ]);
  assert.deepEqual(problems(`${HEAD}ok { true }\nvalid { x = }`), ["3:7 expecting }"]);
});

const ANY = make(
  `${HEAD}default valid = false\nvalid { input.verifierReports[_].verifierReports[_].isSuccess }`,
);

Deno.test("only true lets an image in", () => {
  assert.equal(ANY({ referrers: [good] }).decision, "allow");
  assert.equal(ANY({ referrers: [bad] }).decision, "deny");
  assert.equal(ANY({}).decision, "deny");
  const undefinedRule = make(
    `${HEAD}valid { input.verifierReports[_].verifierReports[_].isSuccess }`,
  );
  assert.deepEqual(undefinedRule({ referrers: [bad] }), {
    decision: "deny",
    explanation: "data.ratify.policy.valid is undefined",
  });
  const text = make(
    `${HEAD}valid = x { x := input.verifierReports[_].verifierReports[_].extensions.x }`,
  );
  for (const x of ["true", 1, [true], { a: true }, null]) {
    const odd = referrer([report("success", { extensions: { x } })]);
    assert.equal(text({ referrers: [odd] }).decision, "deny");
  }
});

Deno.test("what is undecided is no success, and a no beside it is undecided", () => {
  assert.deepEqual(ANY({ referrers: [bad, open] }), {
    decision: "undecided",
    explanation: "data.ratify.policy.valid is false",
    transient: true,
  });
  assert.equal(ANY({ referrers: [good, open] }).decision, "allow");
  const nested = referrer([report("success")], [open]);
  const never = make(`${HEAD}default valid = false`);
  assert.equal(never({ referrers: [nested] }).decision, "undecided");
});

Deno.test("over an incomplete list nothing is decided", () => {
  const always = make(`${HEAD}valid = true`);
  assert.equal(always({ referrers: [good] }).decision, "allow");
  assert.equal(always({ referrers: [good], listingComplete: false }).decision, "undecided");
});

Deno.test("passthrough never says yes", () => {
  const passthrough = make(`${HEAD}valid = true`, true);
  assert.equal(passthrough({ referrers: [good] }).decision, "deny");
  assert.equal(passthrough({ referrers: [open] }).decision, "undecided");
});

Deno.test("what must be attached to an artifact is asked by its types, not of the module", () => {
  const always = make(`${HEAD}valid = true`);
  const nestedTypes = [NOTATION];
  assert.equal(always({ reports: [], nestedTypes }).decision, "deny");
  assert.equal(always({ reports: [report("success")], nestedTypes }).decision, "allow");
});

const TRIGGER = 'input.verifierReports[_].subject == "registry.example.com/app:v1"';
const HOSTILE: readonly [name: string, body: string][] = [
  [
    "a comprehension of 10^9 elements",
    "count([1 | numbers.range(1,1000)[_]; numbers.range(1,1000)[_]; numbers.range(1,1000)[_]]) > 0",
  ],
  ["a list of 10^9 numbers", "count(numbers.range(1, 1000000000)) > 0"],
  ["a huge shift", "bits.lsh(1, 1000000000) > 0"],
  ["numbers that double their length", `${"f(".repeat(26)}10${")".repeat(26)} > 0`],
  ["texts that double their length", `count(${"g(".repeat(30)}"ab"${")".repeat(30)}) > 0`],
  ["a network of 2^24 addresses", 'count(net.cidr_expand("10.0.0.0/8")) > 0'],
  ["recursion", "h(1)"],
];
for (const [name, body] of HOSTILE) {
  Deno.test(`an evaluation that is stopped fails, and the next one works: ${name}`, () => {
    // The samples are of another repository's tag, so that it shows only here.
    const functions = 'f(x) = x * x\ng(x) = concat("", [x, x])\nh(x) = h(x)\n';
    const source =
      `${HEAD}${functions}bomb { ${body} }\nvalid { input.verifierReports[_].artifactType == "bomb"; bomb }\nvalid { ${TRIGGER} ; input.verifierReports[_].artifactType == "${NOTATION}" }`;
    const decide = make(source);
    const bomb = { ...good, artifactType: "bomb" };
    const decision = decide({ referrers: [bomb] });
    assert.ok(decision.decision === "undecided", decision.decision);
    assert.deepEqual([decision.transient, decision.cause?.code], [
      false,
      "POLICY_EVALUATION_FAILURE",
    ]);
    assert.equal(decide({ referrers: [good] }).decision, "allow");
    assert.equal(decide({ referrers: [bomb] }).decision, "undecided");
  });
}

Deno.test("a policy that is stopped again and again is asked only now and then", () => {
  const decide = make(
    `${HEAD}valid { input.verifierReports[0].artifactType == "bomb"; count(numbers.range(1, 1000000000)) > 0 }`,
  );
  const bomb = (index: number): string => {
    const one = { ...good, artifactType: "bomb", subject: `registry.example.com/app:${index}` };
    const decision = decide({ referrers: [one] });
    assert.ok(
      decision.decision === "undecided" && decision.cause?.code === "POLICY_EVALUATION_FAILURE",
    );
    assert.equal(decision.cause.transient, decision.transient);
    return decision.transient ? "not asked" : "stopped";
  };
  const asked = Array.from({ length: 103 }, (_, index) => bomb(index));
  assert.deepEqual(
    asked.flatMap((answer, index) => answer === "stopped" ? [index] : []),
    [0, 1, 2, 52, 102],
  );
});

Deno.test("the same input takes the same steps: what is stopped once is stopped each time", () => {
  const body = "count([1 | numbers.range(1,1000)[_]; numbers.range(1,1000)[_]]) > 0";
  const decide = make(`${HEAD}valid { count(input.verifierReports) == 1; ${body} }`);
  const outcomes = Array.from(
    { length: 4 },
    (_, index) =>
      decide({ referrers: [referrer([report("success", { message: `${index}` })])] }).decision,
  );
  assert.equal(new Set(outcomes).size, 1, outcomes.join(" "));
});
