import assert from "node:assert/strict";
import { RecordFolder } from "../src/records/mod.ts";
import { caseResources, cosignCaseResources } from "./case_resources.ts";
import { type Case, corpusCase, corpusCases, layoutOf } from "./corpus.ts";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResources, demoResourcesWith } from "./demo_images.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { askVerify, startTestService } from "./service.ts";
import { type TemporaryFolder, temporaryFolder } from "./temp.ts";

/*
 * Verdicts are recorded, and repeated under the same and under other configurations, offline: the
 * folders that images came from are gone by then.
 */

const NOW = new Date("2026-11-24T12:00:00Z");

async function record(folder: TemporaryFolder, ...args: readonly string[]): Promise<CliRun> {
  return await runCli(["verify", ...args, "--record", `${folder.path}/r.jsonl`]);
}

async function replay(folder: TemporaryFolder, ...args: readonly string[]): Promise<CliRun> {
  return await runCli(["replay", `${folder.path}/r.jsonl`, ...args], { now: new Date(0) });
}

/** The demo's resources with a text of theirs replaced. */
async function altered(folder: TemporaryFolder, from: string, to: string): Promise<string> {
  const text = await Deno.readTextFile(`${folder.path}/config/resources.yaml`);
  assert.ok(text.includes(from), from);
  const path = `${folder.path}/altered.yaml`;
  await Deno.writeTextFile(path, text.replaceAll(from, to));
  return path;
}

Deno.test("replay gives every image of the corpus the recorded verdict under the same configuration", async () => {
  await using folder = await temporaryFolder();
  const verdicts: Record<string, number> = {};
  for (const one of await corpusCases()) {
    const resources = await resourcesOf(one);
    if (resources === undefined) continue;
    await Deno.writeTextFile(`${folder.path}/c.json`, resources);
    const as = `${one.repository}:${one.tag}`;
    const image = `oci:${await layoutOf(one)}:${one.tag}`;
    const first = await record(folder, image, "--as", as, "--config", `${folder.path}/c.json`);
    verdicts[first.status] = (verdicts[first.status] ?? 0) + 1;
    if (first.status === 2) continue; // a trust policy that names a store which is not there
    const again = await replay(folder, "--config", `${folder.path}/c.json`);
    assert.equal(again.status, 0, one.id + again.out);
  }
  for (const status of [0, 1, 3]) assert.ok((verdicts[status] ?? 0) > 5, JSON.stringify(verdicts));
  assert.ok((verdicts[2] ?? 0) < 3, JSON.stringify(verdicts));
});

async function resourcesOf(one: Case): Promise<string | undefined> {
  if (one.config.notation !== undefined) return await caseResources(one);
  return one.config.cosign === undefined ? undefined : await cosignCaseResources(one);
}

Deno.test("replay tells which verdicts a stricter configuration would change, and why", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await record(folder, DEMO_SIGNED, DEMO_UNSIGNED, "--config", config);
  const strict = await altered(folder, "O=Vector Works North", "O=Somebody Else");
  const text = await replay(folder, "--config", strict);
  assert.equal(text.status, 1);
  assert.match(text.out, /^ALLOW -> DENY {2}demo\.example\.com\/signed:v1\n {2}digest {2}sha256:/);
  assert.match(text.out, /before {2}at least one valid .* 1 of 1 is valid\n {2}after {3}.*identit/);
  assert.match(text.out, /\n2 records: 1 same, 1 changed, 0 unknown\n$/);
  const json = await replay(folder, "--config", strict, "--output", "json");
  const { outcome, image, before, after, time } = JSON.parse(json.out);
  assert.deepEqual(
    { outcome, image, before, after, time },
    {
      outcome: "changed",
      image: DEMO_SIGNED,
      before: "allow",
      after: "deny",
      time: NOW.toISOString(),
    },
  );
});

Deno.test("replay judges as of the time of the record", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await record(folder, DEMO_SIGNED, "--config", config, "--at", "2061-01-01T00:00:00Z");
  const again = await replay(folder, "--config", config, "--all");
  assert.equal(again.status, 0);
  assert.match(again.out, /^DENY.*\n.*\n {2}as of {3}2061-01-01T00:00:00.000Z/);
});

Deno.test("a new verdict that hangs on what was not recorded is unknown", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await record(folder, DEMO_SIGNED, DEMO_UNSIGNED, "--config", config);
  const cosign = await altered(
    folder,
    "    repositories:",
    "    cosignEnabled: true\n    repositories:",
  );
  const unlisted = await replay(folder, "--config", cosign);
  assert.equal(unlisted.status, 3, unlisted.out);
  assert.match(unlisted.out, /^DENY -> UNKNOWN {2}demo\.example\.com\/unsigned:v1/);
  assert.match(
    unlisted.out,
    /after {3}The record does not have what cosign attaches under the tag/,
  );
  await Deno.remove(`${folder.path}/content`, { recursive: true });
  const gone = await replay(folder, "--config", config, "--output", "json");
  assert.equal(gone.status, 3);
  const { after, error, why } = JSON.parse(gone.out);
  assert.deepEqual([after, error], ["unknown", "RECORD_INCOMPLETE"]);
  assert.match(why, /^The record does not have the manifest sha256:/);
});

Deno.test("a record of the same verification is the same text, and has no secret", async () => {
  await using folder = await temporaryFolder();
  const secret = "hunter2-planted";
  const registry = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const known = request.headers.get("authorization") !== null;
    const headers = { "www-authenticate": 'Basic realm="x"' };
    return new Response(null, known ? { status: 503 } : { status: 401, headers });
  });
  const host = `127.0.0.1:${registry.addr.port}`;
  const auths = { [host]: { auth: btoa(`user:${secret}`) } };
  await Deno.writeTextFile(`${folder.path}/docker.json`, JSON.stringify({ auths }));
  const config = await demoResourcesWith(folder.path, {
    plainHttp: [host],
    authProvider: { name: "dockerConfig", configPath: `${folder.path}/docker.json` },
  });
  const texts = [];
  for (let run = 0; run < 2; run++) {
    const { status } = await record(folder, `${host}/app:1`, "--config", config);
    assert.equal(status, 3);
    texts.push(await Deno.readTextFile(`${folder.path}/r.jsonl`));
  }
  await registry.shutdown();
  assert.equal(texts[0], texts[1]);
  assert.match(texts[0] ?? "", /"verdict":"undecided"/);
  for (const text of [secret, btoa(`user:${secret}`)]) assert.ok(!texts[0]?.includes(text));
  assert.equal((await replay(folder, "--config", config)).status, 0); // the registry is gone
});

Deno.test("a service records each verification once, and what it recorded can be replayed", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  const records = new RecordFolder({
    folder: `${folder.path}/records`,
    now: () => NOW,
    report: () => {},
  });
  {
    await using service = await startTestService({
      folder: folder.path,
      config: [config],
      options: { record: records.start },
    });
    for (let round = 0; round < 3; round++) {
      await askVerify(service.host, [DEMO_SIGNED, DEMO_UNSIGNED]);
    }
  }
  await records[Symbol.asyncDispose]();
  const all = await runCli(["replay", `${folder.path}/records`, "--config", config, "--all"]);
  assert.equal(all.status, 0, all.err);
  assert.match(all.out, /^ALLOW {2}demo\.example\.com\/signed:v1/m);
  assert.match(all.out, /\n2 records: 2 same, 0 changed, 0 unknown\n$/);
});

Deno.test("replay refuses what is not a record, names the line, and reads past one that was cut short", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  const path = `${folder.path}/r.jsonl`;
  await record(folder, DEMO_SIGNED, "--config", config);
  const line = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, line + line.slice(0, 100));
  assert.match((await replay(folder, "--config", config)).out, /^1 records: 1 same/);
  const wrong: readonly (readonly [string, RegExp])[] = [
    [`${line}nonsense\n`, /r\.jsonl:2 cannot be read: it is not JSON/],
    [line.replace('"version":1', '"version":2'), /r\.jsonl:1 cannot be read: .*version/],
    [line.replaceAll("sha256:", "sha256:../../"), /r\.jsonl:1 cannot be read/],
    [line.replace('"verdict":"allow"', '"verdict":"yes"'), /r\.jsonl:1 cannot be read: .*verdict/],
  ];
  for (const [text, expected] of wrong) {
    await Deno.writeTextFile(path, text);
    const { status, err } = await replay(folder, "--config", config);
    assert.equal(status, 2);
    assert.match(err, expected);
  }
  const missing = await runCli(["replay", `${folder.path}/none`, "--config", config]);
  assert.deepEqual([missing.status, /No such file/.test(missing.err)], [2, true]);
  const empty = await runCli(["replay", `${folder.path}/config`, "--config", config]);
  assert.deepEqual([empty.status, /no file named \*\.jsonl/.test(empty.err)], [2, true]);
  assert.equal((await runCli(["replay", "--config", config])).status, 2);
});

Deno.test("content that was altered is as good as none", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await record(folder, DEMO_SIGNED, "--config", config);
  for await (const { name } of Deno.readDir(`${folder.path}/content`)) {
    const path = `${folder.path}/content/${name}`;
    const bytes = await Deno.readFile(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await Deno.writeFile(path, bytes);
  }
  const { status, out } = await replay(folder, "--config", config);
  assert.equal(status, 3, out);
});

Deno.test("what plugins and responders say is as in the record; what they were not asked is unknown", async () => {
  await using folder = await temporaryFolder();
  const one = await corpusCase("notation-crl-good");
  const text = await caseResources(one);
  await Deno.writeTextFile(`${folder.path}/c.json`, text.replace('"strict"', '"audit"'));
  await Deno.writeTextFile(`${folder.path}/strict.json`, text);
  const image = [`oci:${await layoutOf(one)}:${one.tag}`, "--as", `${one.repository}:${one.tag}`];
  const strict = `${folder.path}/strict.json`;
  assert.equal((await record(folder, ...image, "--config", strict)).status, 3); // nobody answers
  assert.equal((await replay(folder, "--config", strict)).status, 0);
  // A record in which nobody asked: where the policy skips revocation.
  const skips = JSON.stringify(
    JSON.parse(text),
    (key, value) =>
      key === "signatureVerification" ? { ...value, override: { revocation: "skip" } } : value,
  );
  await Deno.writeTextFile(`${folder.path}/skips.json`, skips);
  assert.equal((await record(folder, ...image, "--config", `${folder.path}/skips.json`)).status, 0);
  const { status, out } = await replay(folder, "--config", strict);
  assert.equal(status, 3, out);
  assert.match(out, /The record does not have whether certificate [0-9a-f]{64} was revoked/);
});

Deno.test("records of a service keep to their room, and say when they are lost", async () => {
  await using folder = await temporaryFolder();
  const reports: { lost: number; why: string | undefined }[] = [];
  let clock = 0;
  const path = `${folder.path}/records`;
  const records = new RecordFolder({
    folder: path,
    now: () => new Date(clock++ * 1000),
    report: (state) => reports.push(state),
    maxBytes: 3000,
    maxFileBytes: 1000,
  });
  const write = async (text: string): Promise<void> => {
    records.write(text);
    await records[Symbol.asyncDispose]();
  };
  for (let index = 0; index < 8; index++) await write(`${index}`.repeat(999));
  const names = (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
  assert.deepEqual(
    names.map((name) => name.slice(0, 19)),
    [5, 6, 7].map((second) => `1970-01-01T00-00-0${second}`),
  );
  await Deno.remove(path, { recursive: true });
  await Deno.writeTextFile(path, "in the way");
  for (const text of ["a", "b"]) await write(text.repeat(10));
  await Deno.remove(path);
  await write("c");
  assert.equal(reports.length, 2);
  assert.deepEqual([reports[0]?.lost, reports[1]], [0, { lost: 2, why: undefined }]);
  assert.ok(reports[0]?.why);
});

Deno.test("serve refuses a record-dir beside its state-dir", async () => {
  for (
    const args of [["--record-dir", "/tmp/r"], ["--record-dir", "/s/../r", "--state-dir", "/s"], [
      "--record-dir",
      "/state2",
      "--state-dir",
      "/state",
    ]]
  ) {
    await using folder = await temporaryFolder();
    const config = await demoResources(folder.path);
    const base = [
      "serve",
      "--insecure-http",
      "--http",
      "127.0.0.1:0",
      "--health-port",
      "127.0.0.1:0",
    ];
    const { status, err } = await runCli([...base, "--config", config, ...args]);
    assert.equal(status, 2);
    assert.match(err, /--record-dir must be a folder at or below that of --state-dir/);
  }
});
