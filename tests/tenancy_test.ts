import assert from "node:assert/strict";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResources } from "./demo_images.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { askVerify, startTestService } from "./service.ts";
import { type TemporaryFolder, temporaryFolder } from "./temp.ts";

/*
 * Resources of namespaces beside those of the cluster: in their place, and, with `tenancy: tighten`, in
 * addition to them.
 */

const GOOD = "O=Vector Works North";
const WRONG = "O=Somebody Else";

/** The demo, with signers that the cluster and the namespace `team-a` trust; no verifier of its own if undefined. */
async function configure(
  folder: TemporaryFolder,
  cluster: string,
  tenant: string | undefined,
): Promise<string> {
  await Deno.remove(`${folder.path}/config`, { recursive: true }).catch(() => {});
  const config = await demoResources(folder.path);
  const file = `${config}/resources.yaml`;
  const text = await Deno.readTextFile(file);
  const verifier = text.split(/^---$/m).find((part) => part.includes("\nkind: Verifier\n")) ??
    assert.fail();
  const own = tenant === undefined ? [] : [
    verifier.replace("kind: Verifier", "kind: NamespacedVerifier")
      .replace("  name: notation", "  name: own\n  namespace: team-a").replace(GOOD, tenant),
  ];
  await Deno.writeTextFile(file, [text.replace(GOOD, cluster), ...own].join("\n---\n"));
  return config;
}

const verify = (config: string, ...args: readonly string[]): Promise<CliRun> =>
  runCli(["verify", "--config", config, ...args]);

/** Exit status by the signers that cluster and namespace trust: replace, tighten. */
const CASES = [
  [GOOD, undefined, 0, 0],
  [GOOD, GOOD, 0, 0],
  [GOOD, WRONG, 1, 1],
  [WRONG, GOOD, 0, 1],
  [WRONG, WRONG, 1, 1],
  [WRONG, undefined, 1, 1],
] as const;

Deno.test("verify --namespace follows the tenancy: replace lets a namespace weaken, tighten does not", async () => {
  await using folder = await temporaryFolder();
  for (const [cluster, tenant, replace, tighten] of CASES) {
    const config = await configure(folder, cluster, tenant);
    const args = [DEMO_SIGNED, "--namespace", "team-a"];
    assert.equal((await verify(config, ...args)).status, replace);
    assert.equal((await verify(config, ...args, "--tenancy", "replace")).status, replace);
    assert.equal((await verify(config, ...args, "--tenancy", "tighten")).status, tighten);
    const others = [DEMO_SIGNED, "--namespace", "team-b", "--tenancy", "tighten"];
    assert.equal((await verify(config, ...others)).status, cluster === GOOD ? 0 : 1);
    await Deno.writeTextFile(`${config}/config.json`, '{"executor": {"tenancy": "tighten"}}');
    assert.equal((await verify(config, ...args)).status, tighten);
    assert.equal((await verify(config, ...args, "--tenancy", "replace")).status, replace);
  }
});

Deno.test("verify explains a joint verdict: both conditions, and whose each artifact's report is", async () => {
  await using folder = await temporaryFolder();
  const config = await configure(folder, WRONG, GOOD);
  const args = [DEMO_SIGNED, "--namespace", "team-a", "--tenancy", "tighten"];
  const { out } = await verify(config, ...args);
  assert.match(out, /^DENY /);
  assert.match(out, /verifier notation \(cluster\)/);
  assert.match(out, /verifier own \(namespace team-a\)/);
  assert.match(out, /Why: {3}cluster: denied: .*; namespace team-a: allowed: /);
  const json = JSON.parse((await verify(config, ...args, "--output", "json")).out);
  assert.deepEqual(
    json.verifierReports.map((one: { origin: string; isSuccess: boolean }) => [
      one.origin,
      one.isSuccess,
    ]),
    [["cluster", false], ["namespace team-a", true]],
  );
  const wrong = await verify(config, ...args.slice(0, -1), "loosen");
  assert.equal(wrong.status, 2);
  assert.match(wrong.err, /--tenancy must be replace or tighten; found "loosen"/);
});

Deno.test("each verification of a joint verdict is recorded, and replayed as it was", async () => {
  await using folder = await temporaryFolder();
  const config = await configure(folder, WRONG, GOOD);
  const record = `${folder.path}/r.jsonl`;
  const args = [DEMO_SIGNED, "--namespace", "team-a", "--tenancy", "tighten", "--record", record];
  assert.equal((await verify(config, ...args)).status, 1);
  const again = await runCli(["replay", record, "--config", config, "--all"]);
  assert.equal(again.status, 0, again.out + again.err);
  assert.match(again.out, /2 records: 2 same, 0 changed, 0 unknown/);
});

Deno.test("keys with a namespace get the verdict of the tenancy, also from what is remembered", async () => {
  await using folder = await temporaryFolder();
  const config = await configure(folder, WRONG, GOOD);
  const keys = ["", "[team-a]", "[team-b]"].map((scope) => scope + DEMO_SIGNED);
  const outcomes = async (host: string): Promise<boolean[]> => {
    const { json } = await askVerify(host, [...keys, `[team-a]${DEMO_UNSIGNED}`]);
    return json.response.items.map(({ value }: { value: { isSuccess: boolean } }) =>
      value.isSuccess
    );
  };
  await using replacing = await startTestService({
    folder: `${folder.path}/replace`,
    config: [config],
  });
  await using tightening = await startTestService({
    folder: `${folder.path}/tighten`,
    config: [config],
  });
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await outcomes(replacing.host), [false, true, false, false]);
  }
  await Deno.writeTextFile(`${config}/config.json`, '{"executor": {"tenancy": "tighten"}}');
  await tightening.configuration.reload();
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await outcomes(tightening.host), [false, false, false, false]);
  }
});
