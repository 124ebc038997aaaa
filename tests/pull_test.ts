import assert from "node:assert/strict";
import { parse } from "yaml";
import { LayoutWriter } from "../src/stores/mod.ts";
import { parseDigest } from "../src/oci/mod.ts";
import {
  caseResources,
  contentCaseResources,
  cosignCaseResources,
  resource,
} from "./case_resources.ts";
import { type Case, corpusCase, corpusCases, layoutOf } from "./corpus.ts";
import { type LabRegistry, labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* `assay pull`: images out of a real registry into layouts, which must give the same verdicts. */

const program = await labRegistryProgram();
const path = "path" in program ? program.path : "";
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";

const RESOURCES = {
  notation: caseResources,
  cosign: cosignCaseResources,
  sbom: contentCaseResources,
  vulnerabilityreport: contentCaseResources,
  mixed: caseResources,
} as const;

interface World {
  readonly registry: LabRegistry;
  readonly folder: string;
  pull(...args: readonly string[]): Promise<CliRun>;
  /** Verifies a case in the Store that is given. */
  verify(one: Case, store: unknown): Promise<CliRun>;
}

function withRegistry(
  name: string,
  work: (world: World) => Promise<void>,
  referrersApi = true,
): void {
  Deno.test({
    name: `${name}${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      await using registry = await startLabRegistry(path, referrersApi);
      await using temporary = await temporaryFolder();
      const folder = temporary.path;
      const { host } = registry;
      const store = resource("Store", "store", {
        name: "oras",
        parameters: { plainHttp: [host], cosignEnabled: true },
      });
      await Deno.writeTextFile(`${folder}/registry.json`, JSON.stringify(store));
      await work({
        registry,
        folder,
        pull: (...args) =>
          runCli(["pull", ...args, "--to", `${folder}/images`, "-c", `${folder}/registry.json`]),
        verify: async (one, given) => {
          const list = JSON.parse(await RESOURCES[one.family](one));
          list.items[0] = given;
          await Deno.writeTextFile(`${folder}/${one.id}.json`, JSON.stringify(list));
          const image = `${host}/${one.repository.replace(/^[^/]+\//, "")}:${one.tag}`;
          return await runCli([
            "verify",
            image,
            "-c",
            `${folder}/${one.id}.json`,
            "-o",
            "json",
          ]);
        },
      });
    },
  });
}

/** What a verdict says, without what differs from run to run. */
function essence({ status, out }: CliRun): unknown {
  const { verdict, digest, verifierReports } = JSON.parse(out);
  return {
    status,
    verdict,
    digest,
    reports: (verifierReports ?? []).map((one: Record<string, unknown>) => [
      one["isSuccess"],
      one["artifactType"],
      one["errorReason"],
    ]).map((one: unknown) => JSON.stringify(one)).toSorted(),
  };
}

for (const referrersApi of [true, false]) {
  const how = referrersApi ? "the referrers API" : "referrers tags";
  withRegistry(
    `what was pulled by ${how} gives the verdicts of what was pushed`,
    async (world) => {
      const { registry, pull, verify } = world;
      const all = (await corpusCases()).filter((one, index) =>
        (index % (referrersApi ? 8 : 40) === 0 || one.config.nestedNotation !== undefined) &&
        !/corrupt|truncated|missing|too-large/.test(one.id)
      );
      assert.ok(all.length >= 7);
      const outcomes = new Set<string>();
      for (const one of all) {
        const repository = one.repository.replace(/^[^/]+\//, "");
        await registry.push(await layoutOf(one), repository);
        const image = `${registry.host}/${repository}:${one.tag}`;
        const pulled = await pull(image);
        assert.equal(pulled.status, 0, one.id + pulled.err);
        const repositories = { [`${registry.host}/${repository}`]: await layoutOf(one) };
        const original = resource("Store", "store", {
          name: "oci-layout",
          parameters: { repositories, cosignEnabled: true },
        });
        const outside = await verify(one, original);
        const inside = await verify(one, parse(pulled.out));
        assert.deepEqual(essence(inside), essence(outside), one.id);
        outcomes.add(JSON.parse(inside.out).verdict);
      }
      assert.ok(outcomes.has("allow") && outcomes.has("deny"), [...outcomes].join());
    },
    referrersApi,
  );
}

const signed = await corpusCase("notation-jws-rsa2048-chain3");

withRegistry("pull goes on where it ended, and mends what is damaged", async (world) => {
  const { registry, folder, pull } = world;
  await registry.push(await layoutOf(signed), "app");
  const image = `${registry.host}/app:${signed.tag}`;
  const layout = `${folder}/images/${registry.host.replace(":", "_")}/app`;
  const first = await pull(image);
  assert.equal(first.status, 0, first.err);
  assert.match(first.err, new RegExp(`${signed.imageDigest}: \\d+ contents, 1 attached, [1-9]`));
  const names = async (): Promise<string[]> =>
    (await Array.fromAsync(Deno.readDir(`${layout}/blobs/sha256`))).map(({ name }) => name)
      .toSorted();
  const whole = await names();
  assert.match((await pull(image)).err, /, 0 bytes fetched/);

  const [one = "", other = ""] = whole;
  await Deno.remove(`${layout}/blobs/sha256/${one}`);
  await Deno.writeTextFile(`${layout}/blobs/sha256/${other}`, "damaged");
  const again = await pull(image);
  assert.equal(again.status, 0);
  assert.deepEqual(await names(), whole);
  assert.match(again.err, /, [1-9]\d* bytes fetched/);
  const verdict = await runCli([
    "verify",
    `oci:${layout}:${signed.tag}`,
    "--as",
    `${signed.repository}:${signed.tag}`,
    "-c",
    await resourcesOf(signed, folder),
  ]);
  assert.equal(verdict.status, 0, verdict.out + verdict.err);
});

async function resourcesOf(one: Case, folder: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/resources.json`, await caseResources(one));
  return `${folder}/resources.json`;
}

withRegistry("pull --signatures-only leaves out what only running needs", async (world) => {
  const { registry, folder, pull, verify } = world;
  const repository = signed.repository.replace(/^[^/]+\//, "");
  await registry.push(await layoutOf(signed), repository);
  const run = await pull(`${registry.host}/${repository}:${signed.tag}`, "--signatures-only");
  assert.equal(run.status, 0, run.err);
  const layout = `${folder}/images/${registry.host.replace(":", "_")}/${repository}`;
  const read = async (digest: string): Promise<{ config: { digest: string } }> =>
    JSON.parse(await Deno.readTextFile(`${layout}/blobs/${digest.replace(":", "/")}`));
  const { config } = await read(signed.imageDigest);
  await assert.rejects(Deno.stat(`${layout}/blobs/${config.digest.replace(":", "/")}`));
  assert.equal((await verify(signed, parse(run.out))).status, 0);
});

withRegistry("pull --at says where the layouts will be", async ({ registry, pull }) => {
  await registry.push(await layoutOf(signed), "team/app");
  const { out } = await pull(`${registry.host}/team/app:${signed.tag}`, "--at", "/mnt/images/");
  const { parameters } = parse(out).spec;
  assert.deepEqual(parameters.repositories, {
    [`${registry.host}/team/app`]: `/mnt/images/${registry.host.replace(":", "_")}/team/app`,
  });
});

withRegistry(
  "pull fails where an image is not there, and where a folder may not be written",
  async (world) => {
    const { registry, folder, pull } = world;
    const absent = await pull(`${registry.host}/none:v1`);
    assert.equal(absent.status, 3);
    assert.equal(absent.out, "");
    await registry.push(await layoutOf(signed), "app");
    await Deno.writeTextFile(`${folder}/images`, "a file");
    const blocked = await pull(`${registry.host}/app:${signed.tag}`);
    assert.equal(blocked.status, 2);
    assert.match(blocked.err, /OUTPUT_FAILURE/);
  },
);

Deno.test("pull says what it needs", async () => {
  const cases: [readonly string[], RegExp][] = [
    [["r.example/app:v1"], /name a folder with --to/],
    [["--to", "/x"], /name an image/],
    [["oci:dir:v1", "--to", "/x"], /is in a layout already/],
  ];
  for (const [args, message] of cases) {
    const { status, err } = await runCli(["pull", ...args]);
    assert.equal(status, 2);
    assert.match(err, message);
  }
});

Deno.test("a layout that is written takes no tag from what a registry lists, and no bytes without their digest", async () => {
  await using folder = await temporaryFolder();
  const { signal } = new AbortController();
  const writer = await LayoutWriter.open(`${folder.path}/l`, signal);
  const digest = parseDigest(signed.imageDigest);
  const entry = (size: number, name: string): Parameters<typeof writer.add>[0] => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: size === 1 ? digest : parseDigest(`sha256:${"0".repeat(64)}`),
    size,
    annotations: { "org.opencontainers.image.ref.name": name, kept: "yes" },
  });
  writer.add(entry(1, "x"), "v1");
  writer.add(entry(2, "v1"), undefined);
  await writer.save();
  const { manifests } = JSON.parse(await Deno.readTextFile(`${folder.path}/l/index.json`));
  assert.deepEqual(
    manifests.map((one: { annotations: unknown }) => one.annotations),
    [{ "kept": "yes", "org.opencontainers.image.ref.name": "v1" }, { kept: "yes" }],
  );
  // A tag that moves is of one image only.
  const again = await LayoutWriter.open(`${folder.path}/l`, signal);
  again.add(entry(2, "x"), "v1");
  await again.save();
  const moved = JSON.parse(await Deno.readTextFile(`${folder.path}/l/index.json`)).manifests;
  assert.equal(JSON.stringify(moved).match(/"v1"/g)?.length, 1);

  await assert.rejects(writer.write(entry(1, "x"), new Uint8Array(1)), { code: "OUTPUT_FAILURE" });
  assert.deepEqual(
    await Array.fromAsync(Deno.readDir(`${folder.path}/l`)).then((all) => all.length),
    2,
  );
});
