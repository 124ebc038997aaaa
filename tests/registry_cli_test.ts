import assert from "node:assert/strict";
import { caseResources, resource } from "./case_resources.ts";
import { type Case, corpusCase, layoutOf } from "./corpus.ts";
import { type LabRegistry, labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* The commands on images in a real registry over plain HTTP, which the configuration allows for its host. */

const program = await labRegistryProgram();
const path = "path" in program ? program.path : "";
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";

const signed = await corpusCase("notation-jws-rsa2048-chain3");
const unsigned = await corpusCase("notation-unsigned");
const scoped = await corpusCase("notation-jws-scope-exact");

type Command = (...args: readonly string[]) => Promise<CliRun>;

/** Runs a test with a registry that has the images, and a configuration that reaches it. */
function withRegistry(name: string, work: (host: string, cli: Command) => Promise<void>): void {
  Deno.test({
    name: `${name}${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      await using registry = await startLabRegistry(path);
      for (const one of [signed, unsigned, scoped]) await push(registry, one);
      await using folder = await temporaryFolder();
      const cli = async (...args: readonly string[]): Promise<CliRun> => {
        const one = args.some((arg) => arg.includes(scoped.id)) ? scoped : signed;
        await Deno.writeTextFile(`${folder.path}/r.json`, await configuration(one, registry.host));
        return await runCli([...args, "--config", folder.path]);
      };
      await work(registry.host, cli);
    },
  });
}

async function push(registry: LabRegistry, one: Case): Promise<void> {
  await registry.push(await layoutOf(one), one.id);
}

/** The resources of a case, with a Store that asks the registry over plain HTTP. */
async function configuration(one: Case, host: string): Promise<string> {
  const list = JSON.parse(await caseResources(one));
  const parameters = { plainHttp: [host], cosignEnabled: true };
  list.items[0] = resource("Store", "store", { name: "oras", parameters });
  return JSON.stringify(list);
}

withRegistry(
  "verify gives verdicts on images in a registry, by tag and by digest",
  async (host, cli) => {
    const allowed = await cli("verify", `${host}/${signed.id}:${signed.tag}`);
    assert.equal(allowed.status, 0, allowed.out + allowed.err);
    assert.match(
      allowed.out,
      new RegExp(`^ALLOW {2}${host}/${signed.id}:v1\n {2}digest {2}${signed.imageDigest}`),
    );
    assert.equal((await cli("verify", `${host}/${signed.id}@${signed.imageDigest}`)).status, 0);
    const denied = await cli("verify", `${host}/${unsigned.id}:${unsigned.tag}`, "-o", "json");
    assert.equal(denied.status, 1);
    const report = JSON.parse(denied.out);
    assert.equal(report.cause.code, "NO_VERIFIER_REPORT");
    assert.equal(report.reference, `${host}/${unsigned.id}:${unsigned.tag}`);
  },
);

withRegistry(
  "verify is undecided about an image that the registry does not have",
  async (host, cli) => {
    const run = await cli("verify", `${host}/${signed.id}:none`, "-o", "json");
    assert.equal(run.status, 3);
    const { verdict, cause } = JSON.parse(run.out);
    assert.equal(verdict, "undecided");
    assert.equal(cause.code, "REPOSITORY_OPERATION_FAILURE");
    assert.equal(cause.transient, false);
  },
);

withRegistry(
  "verify is undecided, for now, when the registry does not answer",
  async (_host, cli) => {
    const run = await cli("verify", "127.0.0.1:1/app:v1", "-o", "json", "--timeout", "2s");
    assert.equal(run.status, 3);
    assert.equal(JSON.parse(run.out).cause.transient, true);
  },
);

withRegistry(
  "verify --as matches scopes against another name than the registry's",
  async (host, cli) => {
    const image = `${host}/${scoped.id}:${scoped.tag}`;
    const named = await cli(
      "verify",
      image,
      "--as",
      `${scoped.repository}:${scoped.tag}`,
      "-o",
      "json",
    );
    assert.equal(named.status, 0, named.out);
    assert.equal(JSON.parse(named.out).reference, `${scoped.repository}:${scoped.tag}`);
  },
);

withRegistry("resolve and discover ask the registry", async (host, cli) => {
  const resolved = await cli("resolve", `${host}/${signed.id}:${signed.tag}`);
  assert.deepEqual(resolved, { status: 0, out: `${signed.imageDigest}\n`, err: "" });
  const tree = await cli("discover", `${host}/${signed.id}:${signed.tag}`);
  assert.match(
    tree.out,
    new RegExp(`└── application/vnd.cncf.notary.signature {2}${signed.referrers[0]?.digest}`),
  );
});

withRegistry("a registry is asked over TLS unless its host is named in plainHttp", async (host) => {
  const run = await runCli(["resolve", `${host}/${signed.id}:${signed.tag}`, "--timeout", "5s"]);
  assert.deepEqual([run.status, run.out], [3, ""]);
});
