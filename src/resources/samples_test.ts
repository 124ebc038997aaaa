import assert from "node:assert/strict";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { readSources } from "./source.ts";

const ROOT = `${import.meta.dirname}/../..`;
const NOW = new Date("2026-11-24T12:00:00Z");

/** Samples that give verdicts by themselves. */
const COMPLETE = ["config.json", "namespaces.yaml", "notation-levels.yaml", "notation.yaml"];

/** Samples of some resources, which others must stand beside. */
const PARTS = [
  "alibabacloudkms.yaml",
  "attestation.yaml",
  "cel-policy.yaml",
  "awskms.yaml",
  "azurekeyvault.yaml",
  "cosign-key.yaml",
  "cosign-keyless.yaml",
  "cosign-private.yaml",
  "gcpkms.yaml",
  "hashicorpvault.yaml",
  "key.yaml",
  "sbom.yaml",
  "rego-policy.yaml",
  "schemavalidator.yaml",
  "store.yaml",
  "store-alibaba-cloud.yaml",
  "store-aws.yaml",
  "store-azure.yaml",
  "store-gcp.yaml",
  "store-static.yaml",
  "threshold-policy.yaml",
  "vulnerabilityreport.yaml",
];

async function load(name: string): ReturnType<typeof loadConfiguration> {
  const [source] = await readSources([`${ROOT}/config/samples/${name}`]);
  // The sample names its certificates as seen from the project's folder.
  const text = source?.text.replace('"config/samples', `"${ROOT}/config/samples`) ?? "";
  return await loadConfiguration([{ path: name, text }], { now: NOW });
}

Deno.test("every sample is in one of the lists", async () => {
  const names = (await readSources([`${ROOT}/config/samples`]))
    .map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  assert.deepEqual(names, [...COMPLETE, ...PARTS].sort());
});

for (const name of COMPLETE) {
  Deno.test(`the sample ${name} is a complete configuration without problems`, async () => {
    const { configuration, problems } = await load(name);
    assert.deepEqual(problems.map(formatProblem), []);
    const { stores, verifiers, policy } = configuration?.forScope("") ?? {};
    assert.deepEqual([stores?.length, verifiers?.length, policy?.type], [1, 1, "config-policy"]);
  });
}

for (const name of PARTS) {
  Deno.test(`the sample ${name} has no problem but what must stand beside it`, async () => {
    const { configuration, problems } = await load(name);
    assert.ok(configuration !== undefined, problems.map(formatProblem).join("\n"));
    for (const { text } of problems) assert.match(text, /^there is no [A-Za-z]+ for the cluster/);
  });
}
