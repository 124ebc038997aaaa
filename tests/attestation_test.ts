import assert from "node:assert/strict";
import { createConfigPolicy } from "../src/policy/mod.ts";
import type { ArtifactReport } from "../src/report/mod.ts";
import {
  type Condition,
  exactly,
  parsePath,
  type PredicatePath,
  PROVENANCE_PATHS,
} from "../src/verifiers/mod.ts";
import { forgeBundle, forgeInstance, forgeKey, forgeSigner, type Json } from "./forge/mod.ts";
import { IMAGE, judgeCosign, KEYLESS, keySource } from "./judge_cosign.ts";

/* Attestations: in-toto statements in bundles, by their signers and what they say. */

const INSTANCE = await forgeInstance();
const SIGNER = await forgeSigner(INSTANCE);
const KEY = await forgeKey("P-256", "attestation key");
const SLSA_V1 = "https://slsa.dev/provenance/v1";
const SLSA_V02 = "https://slsa.dev/provenance/v0.2";

const PREDICATES: Readonly<Record<string, Json>> = {
  [SLSA_V1]: {
    buildDefinition: {
      buildType: "https://build.example/v1",
      externalParameters: { workflow: { repository: "https://forge.example/org/app" } },
    },
    runDetails: { builder: { id: "https://build.example/builder" }, list: [{ a: 1 }, { a: 2 }] },
  },
  [SLSA_V02]: {
    buildType: "https://build.example/v1",
    builder: { id: "https://build.example/builder" },
    invocation: { configSource: { uri: "git+https://forge.example/org/app.git@refs/heads/main" } },
  },
};

function named(name: keyof typeof PROVENANCE_PATHS, value: string): Condition {
  const paths = PROVENANCE_PATHS[name].map((path) => parsePath(path) as PredicatePath);
  return name === "sourceRepository"
    ? { name, paths, test: { kind: "repository", repository: value } }
    : { name, paths, test: { kind: "in", values: [value] } };
}

function at(path: string, test: Condition["test"]): Condition {
  return { name: path, paths: [parsePath(path) as PredicatePath], test };
}

async function judge(
  conditions: readonly Condition[],
  predicateType = SLSA_V1,
  by: "key" | "certificate" = "certificate",
): Promise<{ outcome: string; reason: string | undefined; checks: Record<string, string> }> {
  const signer = by === "key" ? KEY : SIGNER;
  const bundle = await forgeBundle({
    instance: INSTANCE,
    signer,
    artifact: IMAGE.bytes,
    kind: "dsse",
    predicateType,
    predicate: PREDICATES[predicateType] ?? {},
  });
  const result = await judgeCosign({
    bundle,
    instance: INSTANCE,
    policy: {
      requireLog: true,
      signers: by === "key" ? { kind: "keys", sources: [keySource(KEY)] } : KEYLESS,
    },
    attestation: { predicateTypes: [SLSA_V1, SLSA_V02], conditions },
  });
  return {
    outcome: result.outcome,
    reason: result.failure?.reason,
    checks: Object.fromEntries(result.checks.map(({ name, outcome }) => [name, outcome])),
  };
}

const NAMED = [
  named("builderID", "https://build.example/builder"),
  named("buildType", "https://build.example/v1"),
  named("sourceRepository", "https://forge.example/org/app"),
];

for (const type of [SLSA_V1, SLSA_V02]) {
  for (const by of ["key", "certificate"] as const) {
    Deno.test(`attestation: ${type} by a ${by} with all that is asked of it`, async () => {
      const { outcome, checks } = await judge(NAMED, type, by);
      assert.equal(outcome, "success");
      for (const { name } of NAMED) assert.equal(checks[name], "passed");
    });
  }

  Deno.test(`attestation: ${type} with another builder, type or repository`, async () => {
    for (const name of ["builderID", "buildType", "sourceRepository"] as const) {
      const { outcome, reason } = await judge([named(name, "https://x.example/org/app")], type);
      assert.deepEqual([outcome, reason], ["failure", "attestation.condition"], name);
    }
  });
}

Deno.test("attestation: every condition is reported, also after one that is not met", async () => {
  const conditions = [
    at("$.runDetails.builder.id", { kind: "in", values: ["x"] }),
    at("$.runDetails.list[0].a", { kind: "in", values: [1, 5] }),
    at("$.nothing", { kind: "in", values: [true] }),
  ];
  const { outcome, reason, checks } = await judge(conditions);
  assert.deepEqual([outcome, reason], ["failure", "attestation.condition"]);
  assert.deepEqual(
    conditions.map(({ name }) => checks[name]),
    ["failed", "passed", "failed"],
  );
});

const CONDITIONS: readonly (readonly [string, Condition["test"], boolean])[] = [
  ["$.runDetails.list[*].a", { kind: "in", values: [2] }, true],
  ["$.runDetails.list[*].a", { kind: "in", values: [3] }, false],
  ["$.runDetails.list[1].a", { kind: "in", values: [1] }, false],
  ["$.runDetails.list[0].a", { kind: "in", values: ["1"] }, false],
  ["runDetails['builder'].id", { kind: "in", values: ["https://build.example/builder"] }, true],
  ["$.runDetails.builder", { kind: "in", values: ["https://build.example/builder"] }, false],
  ["$.__proto__", { kind: "in", values: ["x"] }, false],
  ["$.runDetails.builder.id", { kind: "matches", matcher: exactly("x") }, false],
  [
    "$.runDetails.list",
    { kind: "matches", matcher: { wanted: "all", matches: () => true } },
    false,
  ],
];

for (const [path, test, met] of CONDITIONS) {
  Deno.test(`attestation: ${path} ${JSON.stringify(test)} is ${met ? "" : "not "}met`, async () => {
    assert.equal((await judge([at(path, test)])).outcome, met ? "success" : "failure");
  });
}

Deno.test("attestation: a statement of another type is none of the verifier's business", async () => {
  for (const type of ["https://sigstore.dev/cosign/sign/v1", "https://spdx.dev/Document"]) {
    const { reason } = await judge([], type);
    assert.equal(reason, "not_applicable");
  }
});

Deno.test("parsePath refuses what is no path", () => {
  for (
    const text of [
      "",
      "$",
      "$.",
      "$..a",
      "a b",
      "$.a[",
      "$.a[01]",
      "$.a[-1]",
      "$['a]",
      "$.a]",
      "a".repeat(501),
      "$.a".repeat(40),
    ]
  ) {
    assert.equal(parsePath(text), undefined, text);
  }
});

function report(parts: Partial<ArtifactReport>): ArtifactReport {
  return {
    subject: "",
    subjectDigest: "",
    verifierName: "cosign",
    verifierType: "cosign",
    referenceDigest: "",
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    outcome: "success",
    message: "",
    checks: [],
    ...parts,
  };
}

const NOT_APPLICABLE = { reason: "not_applicable", remedy: "", transient: false } as const;
const FAILED = { reason: "cosign.signature", remedy: "", transient: false } as const;

Deno.test("config policy: signatures in bundles and in the older form are one kind", () => {
  const type = "application/vnd.dev.cosign.artifact.sig.v1+json";
  for (const listed of [type, "application/vnd.dev.sigstore.bundle.v0.3+json"]) {
    const policy = createConfigPolicy({ artifactVerificationPolicies: { [listed]: "any" } });
    const reports = [
      report({ outcome: "failure", failure: FAILED, artifactType: type }),
      report({}),
    ];
    assert.equal(policy.decide({ reports, listingComplete: true }).decision, "allow");
    const [failed] = reports;
    const alone = failed === undefined ? [] : [failed];
    assert.equal(policy.decide({ reports: alone, listingComplete: true }).decision, "deny");
  }
});

Deno.test("config policy: an attestation neither stands for a signature nor spoils one", () => {
  const policy = createConfigPolicy({ artifactVerificationPolicies: { default: "all" } });
  const decide = (...reports: readonly ArtifactReport[]): string =>
    policy.decide({ reports, listingComplete: true }).decision;
  const other = report({ outcome: "failure", failure: NOT_APPLICABLE });
  assert.equal(decide(report({}), other), "allow");
  assert.equal(decide(other), "deny");
  const attestation = report({ verifierName: "slsa", verifierType: "attestation" });
  assert.equal(decide(report({}), other, attestation), "allow");
  const bad = { ...attestation, outcome: "failure", failure: FAILED } as const;
  assert.equal(decide(report({}), bad), "deny");
  const needs = createConfigPolicy({
    artifactVerificationPolicies: { default: "any", "attestation/slsa": "any" },
  });
  const input = (...reports: readonly ArtifactReport[]): string =>
    needs.decide({ reports, listingComplete: true }).decision;
  assert.equal(input(report({})), "deny");
  assert.equal(input(report({}), attestation), "allow");
  assert.equal(input(report({}), report({ ...attestation, verifierName: "other" })), "deny");
});
