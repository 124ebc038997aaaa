import assert from "node:assert/strict";
import { verifyImage } from "../src/engine/mod.ts";
import { parseReference, repositoryName } from "../src/oci/mod.ts";
import type { ImageReport } from "../src/report/mod.ts";
import { loadConfiguration } from "../src/resources/mod.ts";
import { type ArtifactStore, openLayout, openRegistryStore } from "../src/stores/mod.ts";
import { caseResources } from "./case_resources.ts";
import { type Case, corpusCase, layoutOf } from "./corpus.ts";
import { type LabRegistry, labRegistryProgram, startLabRegistry } from "./labreg.ts";

/*
 * Images of the corpus in a real registry: verdicts must be those that the same images have in a layout,
 * with few requests, and whatever goes wrong on the way must leave the image undecided.
 */

const program = await labRegistryProgram();
const path = "path" in program ? program.path : "";
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";

/** Cases with policies for all repositories, for the scope names the registry, whose port is not known before. */
const CASES = [
  "notation-jws-rsa2048-chain1",
  "notation-cose-p384-chain3",
  "notation-jws-signing-authority",
  "notation-jws-index",
  "notation-cose-index-child-unsigned",
  "notation-jws-bad-and-good",
  "notation-two-bad",
  "notation-unsigned",
  "notation-jws-untrusted-root",
  "notation-cose-identity-case",
  "notation-jws-expired-signature",
  "notation-jws-tampered-payload",
  "notation-cose-other-digest",
  "notation-jws-x5c-missing-root",
  "notation-jws-two-layers",
  "notation-cose-artifact-type-other",
  "notation-jws-blob-claims-too-large",
  "notation-cose-subject-size-differs",
  "notation-jws-missing-blob",
  "notation-cose-large-payload",
  "notation-sixty-signatures-last-good",
];

const SIGNED = "notation-jws-rsa2048-chain1";

for (const referrersApi of [true, false]) {
  const title = referrersApi ? "with" : "without";
  Deno.test({
    name:
      `images in a registry ${title} the referrers API have the verdicts of the corpus${skipped}`,
    ignore: skipped !== "",
    fn: async (test) => {
      await using registry = await startLabRegistry(path, referrersApi);
      for (const id of CASES) {
        await test.step(id, async () => {
          const one = await corpusCase(id);
          await push(registry, one);
          const fromLayout = await verify(one, layoutReference(one), await openCase(one));
          const { digest } = fromLayout;
          assert.equal(digest, one.imageDigest);
          const byDigest = await verify(one, referenceTo(registry, one), openLab(registry));
          assert.deepEqual(summary(byDigest), summary(fromLayout));
          const byTag = await verify(one, referenceTo(registry, one, one.tag), openLab(registry));
          assert.deepEqual(summary(byTag), summary(fromLayout));
          assert.equal(byDigest.verdict.verdict === "allow", one.expected.success);
        });
      }
    },
  });
}

Deno.test({
  name: `an image by digest takes four requests, one more for cosign's tag${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path);
    const one = await corpusCase(SIGNED);
    await push(registry, one);
    await registry.requests();
    await verify(one, referenceTo(registry, one), openLab(registry));
    assert.equal(await registry.requests(), 4);
    await verify(one, referenceTo(registry, one), openLab(registry, true));
    assert.equal(await registry.requests(), 5);
    await using without = await startLabRegistry(path, false);
    await push(without, one);
    const store = openLab(without);
    await without.requests();
    await verify(one, referenceTo(without, one), store);
    assert.equal(await without.requests(), 5);
    await verify(one, referenceTo(without, one), store);
    assert.equal(await without.requests(), 4);
  },
});

/** Faults of the lab registry, and what they leave of a verdict. */
const FAULTS: Readonly<Record<string, readonly [codes: readonly string[], transient: boolean]>> = {
  "429": [["GET_SUBJECT_DESCRIPTOR_FAILURE"], true],
  "500": [["GET_SUBJECT_DESCRIPTOR_FAILURE"], true],
  "401": [["AUTH_DENIED"], false],
  hang: [["DEADLINE_EXCEEDED"], true],
  reset: [["GET_SUBJECT_DESCRIPTOR_FAILURE"], true],
  garbage: [["GET_SUBJECT_DESCRIPTOR_FAILURE"], true],
};

for (const [fault, [codes, transient]] of Object.entries(FAULTS)) {
  Deno.test({
    name: `a registry with the fault ${fault} leaves the image undecided${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      await using registry = await startLabRegistry(path);
      const one = await corpusCase(SIGNED);
      await push(registry, one);
      await registry.set(`fault=${fault}`);
      // Long enough for all tries; what does not answer at all is not waited for that long.
      const time = fault === "hang" ? 300 : 10_000;
      for (const tag of [undefined, one.tag]) {
        const report = await verify(one, referenceTo(registry, one, tag), openLab(registry), time);
        assert.ok(report.verdict.verdict === "undecided", report.verdict.verdict);
        assert.ok(codes.includes(report.verdict.cause.code), report.verdict.cause.message);
        assert.equal(report.verdict.cause.transient, transient);
      }
    },
  });
}

Deno.test({
  name: `a registry with a fault now and then does not change the verdict${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path);
    const one = await corpusCase(SIGNED);
    await push(registry, one);
    await registry.set("fault=500&rate=0.2");
    const report = await verify(one, referenceTo(registry, one), openLab(registry));
    // Five failures in a row are rare, and are no denial either.
    assert.notEqual(report.verdict.verdict, "deny");
  },
});

function openLab(registry: LabRegistry, cosignEnabled = false): ArtifactStore {
  const plainHttp = [registry.host];
  return openRegistryStore({ userAgent: "assay/test", plainHttp, cosignEnabled });
}

async function openCase(one: Case): Promise<ArtifactStore> {
  return await openLayout(await layoutOf(one), { cosignEnabled: false });
}

async function push(registry: LabRegistry, one: Case): Promise<void> {
  await registry.push(await layoutOf(one), repositoryOf(one));
}

function repositoryOf(one: Case): string {
  return `corpus/${one.id}`;
}

function referenceTo(registry: LabRegistry, one: Case, tag?: string): string {
  const name = `${registry.host}/${repositoryOf(one)}`;
  return tag === undefined ? `${name}@${one.imageDigest}` : `${name}:${tag}`;
}

function layoutReference(one: Case): string {
  return `${one.repository}@${one.imageDigest}`;
}

async function verify(
  one: Case,
  reference: string,
  store: ArtifactStore,
  milliseconds = 20_000,
): Promise<ImageReport> {
  const text = await caseResources(one);
  const { configuration } = await loadConfiguration([{ path: "resources.json", text }]);
  assert.ok(configuration !== undefined);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    return await verifyImage(
      {
        reference: parseReference(reference),
        repository: repositoryName(parseReference(reference)),
        name: reference,
        scope: "",
        stores: () => Promise.resolve([store]),
      },
      configuration,
      { signal: controller.signal, now: new Date() },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** What of a report does not depend on where the image was. */
function summary(report: ImageReport): unknown {
  const { digest, verdict, artifacts } = report;
  return {
    digest,
    verdict: verdict.verdict,
    code: verdict.verdict === "allow" ? undefined : verdict.cause.code,
    artifacts: artifacts
      .map(({ referenceDigest, outcome, failure }) =>
        `${referenceDigest} ${outcome} ${failure?.reason}`
      ).sort(),
  };
}
