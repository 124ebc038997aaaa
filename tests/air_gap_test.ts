import assert from "node:assert/strict";
import { compileRuntime, type ProgramRun, runProgram } from "./binary.ts";
import { labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * From a machine with a network to one without: `k8s/air-gap/collect.sh` outside, with a registry, and
 * `verify-inside.sh` and the service in a network namespace that has the loopback address and nothing else.
 */

const PROJECT = new URL("../", import.meta.url).pathname;
const SCRIPTS = `${PROJECT}k8s/air-gap`;
const DENO = Deno.execPath();
const ENV = { ...Deno.env.toObject(), DENO, ASSAY_BINARY: "", PULL: "", ASSAY: "" };

const registryProgram = await labRegistryProgram();
const isolation = await findIsolation();
const runtime = await compileRuntime();
const missing = "missing" in registryProgram
  ? registryProgram.missing
  : isolation === undefined
  ? "no network namespace may be made here"
  : undefined;

/** How a program is started in a network namespace of its own; undefined where that is not permitted. */
async function findIsolation(): Promise<readonly string[] | undefined> {
  for (const how of ["-n", "-rn"]) {
    const args = [how, "sh", "-c", 'ip link set lo up && exec "$@"', "inside"];
    try {
      if ((await runProgram("unshare", [...args, "true"], ENV)).status === 0) return args;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

function inside(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProgramRun> {
  return runProgram("unshare", [...isolation ?? [], ...args], env);
}

/** What is verified: the configuration of the demonstration, for images under the registry's name. */
async function writeConfiguration(folder: string): Promise<void> {
  const text = await Deno.readTextFile(`${PROJECT}config/demo/resources.yaml`);
  const resources = text.split("---\n").filter((one) => !/^kind: Store$/m.test(one));
  await Deno.mkdir(`${folder}/policies`);
  await Deno.writeTextFile(`${folder}/policies/resources.yaml`, resources.join("---\n"));
}

/** The whole path with one program. */
async function carry(
  program: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  mutual: boolean,
): Promise<void> {
  const out = `${folder}/carried`;
  await writeConfiguration(folder);
  const path = "path" in registryProgram ? registryProgram.path : "";
  await using registry = await startLabRegistry(path);
  for (const name of ["signed", "unsigned"]) {
    await registry.push(`${PROJECT}config/demo/${name}`, `demo/${name}`);
  }
  const image = (name: string): string => `${registry.host}/demo/${name}:v1`;
  const write = (name: string, text: string): Promise<void> =>
    Deno.writeTextFile(`${folder}/${name}`, text);
  await write("images.txt", `# what runs inside\n${image("signed")} # signed\n\n`);
  await write(
    "registry.json",
    JSON.stringify({
      apiVersion: "config.ratify.deislabs.io/v1beta1",
      kind: "Store",
      metadata: { name: "registry" },
      spec: { name: "oras", parameters: { plainHttp: [registry.host] } },
    }),
  );
  const withProgram = { ...env, ASSAY: program, PULL: `--config ${folder}/registry.json` };
  const collect = (...config: readonly string[]): Promise<ProgramRun> =>
    runProgram(`${SCRIPTS}/collect.sh`, [out, out, `${folder}/images.txt`, ...config], withProgram);

  const refused = await collect(`${folder}/policies`, `${PROJECT}config/samples/store-static.yaml`);
  assert.equal(refused.status, 2, "a Store of one's own is refused");
  assert.match(refused.err, /store-static\.yaml has a Store: leave it out/);
  const collected = await collect(`${folder}/policies`);
  assert.equal(collected.status, 0, collected.err);
  const [sum = ""] = collected.out.split(" ");

  const [command = "", ...before] = program.split(" ");
  const elsewhere = await runProgram(
    command,
    [...before, "pull", image("signed"), "--to", `${PROJECT}.work/elsewhere`]
      .concat("-c", `${folder}/registry.json`),
    env,
  );
  assert.equal(elsewhere.status, 2);
  assert.match(elsewhere.err, /may write below its state folder only.*OUTPUT_FAILURE/);

  // Inside, the registry is as good as gone.
  const ask = await inside(
    [command, ...before, "resolve", image("signed"), "-c", `${folder}/registry.json`],
    env,
  );
  assert.equal(ask.status, 3, ask.out + ask.err);

  const verify = (...args: readonly string[]): Promise<ProgramRun> =>
    inside([`${out}/verify-inside.sh`, out, ...args], withProgram);
  const verified = await verify(sum);
  assert.equal(verified.status, 0, verified.out + verified.err);
  assert.match(verified.out, new RegExp(`^ALLOW {2}${image("signed")}$`, "m"));

  await Deno.mkdir(`${folder}/served`);
  const served = await inside(
    [DENO, "run", "--frozen", "--no-check", "--quiet", "-A", "tests/air_gap_inside.ts"]
      .concat(program, `${out}/config`, `${folder}/served`, mutual ? "mutual" : "server")
      .concat(image("signed"), image("unsigned")),
    env,
  );
  assert.equal(served.status, 0, served.err);
  const { response, stranger } = JSON.parse(served.out);
  const [signed, unsigned] = response.items;
  assert.equal(signed.value.isSuccess, true, served.out);
  // It was not carried in: nobody knows whether it is signed.
  assert.match(unsigned.error, /^REPOSITORY_OPERATION_FAILURE/);
  assert.equal(stranger, mutual ? "refused" : "answered");

  // What was changed on the way is noticed, also what was added.
  assert.equal((await verify("0".repeat(64))).status, 2);
  await Deno.writeTextFile(`${out}/config/more.yaml`, "kind: List\nitems: []\n");
  const added = await verify(sum);
  assert.equal(added.status, 2);
  assert.match(added.err, /of which \d+ are listed/);
  await Deno.remove(`${out}/config/more.yaml`);
  await Deno.writeTextFile(`${out}/config/resources.yaml`, "\n", { append: true });
  const changed = await verify(sum);
  assert.equal(changed.status, 2);
  assert.match(changed.err, /config\/resources\.yaml: FAILED/);

  // An image that is not signed stops the line.
  await write("images.txt", `${image("signed")}\n${image("unsigned")}\n`);
  assert.equal((await collect(`${folder}/policies`)).status, 0);
  const denied = await verify();
  assert.equal(denied.status, 1, denied.err);
  assert.match(denied.out, new RegExp(`^DENY {2}${image("unsigned")}$`, "m"));
}

Deno.test({
  name: `images, trust and configuration are carried in, verified and served without a network${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== undefined,
  fn: async () => {
    await using folder = await temporaryFolder();
    const env = { ...ENV, ASSAY_STATE_DIR: folder.path };
    await carry(`${PROJECT}dev assay`, folder.path, env, true);
  },
});

if (runtime !== "no tool") {
  const why = missing ?? ("missing" in runtime ? runtime.missing : undefined);
  Deno.test({
    name: `the binary does so too, with what it may write to as the only folder${
      why === undefined ? "" : ` (skipped: ${why})`
    }`,
    ignore: why !== undefined,
    fn: async () => {
      await using folder = await temporaryFolder();
      const env = { ...ENV, ASSAY_STATE_DIR: `${folder.path}/state`, ASSAY_PLUGINS: "" };
      const pair = "missing" in runtime ? {} : { DENO: runtime.deno, DENORT_BIN: runtime.denort };
      const compiled = await runProgram(
        `${PROJECT}dev`,
        ["compile", `${folder.path}/dist`],
        { ...env, ...pair },
      );
      assert.equal(compiled.status, 0, compiled.err);
      const binary = `${folder.path}/dist/assay`;
      await Deno.mkdir(`${folder.path}/state`);
      await carry(binary, `${folder.path}/state`, { ...env, ASSAY_BINARY: binary }, false);
    },
  });
}
