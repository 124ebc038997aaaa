import assert from "node:assert/strict";
import { readTrustedRoot } from "../src/keys/mod.ts";
import { ConfigurationFiles, formatProblem, loadConfiguration } from "../src/resources/mod.ts";
import { TufRefresher } from "../src/tuf/mod.ts";
import { resource } from "./case_resources.ts";
import { forgeInstance, forgeTuf, type Json, serveTuf } from "./forge/mod.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* A trusted root over TUF, from the resource to the configuration in force. */

const NAME = "trusted_root.json";
const TRUSTED = JSON.stringify((await forgeInstance()).trustedRoot);
const OTHER = JSON.stringify((await forgeInstance("another")).trustedRoot);
const FILES = await forgeTuf({ targets: { [NAME]: TRUSTED } });
const ROOT = new TextDecoder().decode(FILES.get("1.root.json"));

function provider(parameters: Json, more: Json = {}): string {
  const spec = {
    type: "tuf",
    parameters: { mirrors: ["https://t.example"], ...parameters },
    ...more,
  };
  return JSON.stringify(resource("KeyManagementProvider", "roots", spec));
}

async function problems(text: string, now?: Date): Promise<string[]> {
  const file = { path: "t.json", text };
  const loaded = await loadConfiguration([file], now === undefined ? {} : { now });
  return loaded.problems.map(formatProblem).filter((one) => !one.includes("for the cluster"));
}

const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  "without a root": [provider({}), /spec.parameters: must have exactly one of root and rootFile$/],
  "with two roots": [provider({ root: ROOT, rootFile: "/x" }), /must have exactly one of root and/],
  "with a root that is none": [
    provider({ root: "{}" }),
    /TRUSTED_ROOT_INVALID .* spec.parameters.root: root.json cannot be read/,
  ],
  "with a file that is not there": [
    provider({ rootFile: "/nowhere/root.json" }),
    /spec.parameters.rootFile: The file \/nowhere\/root.json cannot be read/,
  ],
  "without mirrors": [provider({ root: ROOT, mirrors: [] }), /spec.parameters.mirrors: /],
  "with a mirror that is no address": [
    provider({ root: ROOT, mirrors: ["file:///x"] }),
    /spec.parameters.mirrors\[0\]: must be an address such as/,
  ],
  "with a target that leads elsewhere": [
    provider({ root: ROOT, target: "../x" }),
    /spec.parameters.target: must be the name of a target/,
  ],
  "with two fallbacks": [
    provider({ root: ROOT, fallback: "public", fallbackFile: "/x" }),
    /must not have both fallback and fallbackFile$/,
  ],
  "that is refreshed all the time": [
    provider({ root: ROOT }, { refreshInterval: "1s" }),
    /spec.refreshInterval: must be at least 1m/,
  ],
  "in a namespace": [
    provider({ root: ROOT }).replace('"kind":"', '"kind":"Namespaced').replace(
      '"name":"roots"',
      '"name":"roots","namespace":"team-a"',
    ),
    /OPERATION_FORBIDDEN .* spec.type: must not be tuf in a namespace/,
  ],
};

for (const [what, [text, message]] of Object.entries(WRONG)) {
  Deno.test(`a provider of a TUF repository ${what} is refused`, async () => {
    const found = await problems(text);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", message);
    assert.match(found[0] ?? "", /^t.json:1:\d+: error /);
  });
}

Deno.test("a provider of a TUF repository has its fallback where nothing was refreshed", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/root.json`;
  await Deno.writeTextFile(path, TRUSTED);
  const load = async (parameters: Json): Promise<Json> => {
    const text = provider({ root: ROOT, ...parameters });
    const { configuration, referencedFiles } = await loadConfiguration([{ path: "t.json", text }]);
    return { trust: configuration?.trust, referencedFiles };
  };
  const mounted = await load({ fallbackFile: path });
  assert.equal(mounted.trust.material("roots", "").trustedRoot.transparencyLogs.length, 2);
  assert.deepEqual(mounted.referencedFiles, [path]);
  const shipped = await load({ fallback: "public" });
  assert.ok(shipped.trust.material("roots", "").trustedRoot.transparencyLogs.length >= 2);
  const none = await load({});
  assert.throws(
    () => none.trust.material("roots", ""),
    { code: "KEY_MANAGEMENT_PROVIDER_FAILURE", effect: "undecided", transient: true },
  );
  const old = await problems(provider({ root: ROOT, fallback: "public" }), new Date("2028-01-01"));
  assert.match(old.join(), /warning .* spec.parameters.fallback: trusts the public .* days ago/);
});

Deno.test("a refreshed root takes the place of the one in force, without a file that changed", async () => {
  await using folder = await temporaryFolder();
  await using server = serveTuf(FILES);
  const path = `${folder.path}/r.json`;
  await Deno.writeTextFile(path, provider({ root: ROOT, mirrors: [server.url] }));
  const holder: { files?: ConfigurationFiles } = {};
  const refreshed = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let go = Promise.withResolvers<boolean>();
  let count = 0;
  await using refresher = new TufRefresher({
    userAgent: "assay/test",
    now: () => new Date("2026-11-24T12:00:00Z"),
    directory: undefined,
    check: readTrustedRoot,
    changed: async () => await holder.files?.reload(),
    failed: (error) => assert.fail(error.message),
    wait: (_, signal) => {
      go = Promise.withResolvers();
      if (signal.aborted) go.resolve(false);
      signal.addEventListener("abort", () => go.resolve(false), { once: true });
      refreshed[count++]?.resolve();
      return go.promise;
    },
  });
  const generations: string[] = [];
  const files = await ConfigurationFiles.open(
    [path],
    { now: () => new Date(), tuf: refresher },
    {
      loaded: (configuration) => {
        generations.push(configuration.trust.generation);
        refresher.use(configuration.tufRepositories);
      },
      refused: ({ problems }) => assert.fail(problems.map(formatProblem).join()),
    },
    () => {},
  );
  await using current = files ?? assert.fail("the configuration has errors");
  holder.files = current;
  // Before the first refresh there is nothing, and nobody waited for it.
  assert.deepEqual(server.asked, []);
  assert.throws(() => current.current.trust.material("roots", ""));
  refresher.use(current.current.tufRepositories);
  await refreshed[0]?.promise;
  const fingerprint = (): string | undefined =>
    current.current.trust.material("roots", "").details[0]?.fingerprint;
  const first = fingerprint();
  server.files = await forgeTuf({
    targets: { [NAME]: OTHER },
    versions: { timestamp: 2, snapshot: 2, targets: 2 },
  });
  go.resolve(true);
  await refreshed[1]?.promise;
  assert.notEqual(fingerprint(), first);
  assert.equal(new Set(generations).size, 2);
});

/** Serves with such a provider until something has happened, and gives the log. */
async function serve(
  config: string,
  state: string,
  until: () => boolean | Promise<boolean>,
): Promise<string> {
  const stopped = (async () => {
    while (!await until()) await new Promise((resolve) => setTimeout(resolve, 20));
  })();
  const loopback = ["--http", "127.0.0.1:0", "--health-port", "127.0.0.1:0"];
  const args = ["serve", "--insecure-http", ...loopback, "--config", config, "--state-dir", state];
  const run = await runCli(args, { stopped });
  assert.equal(run.status, 0, run.err);
  return run.err;
}

Deno.test("serve refreshes a trusted root, keeps it on disk, and begins with it when the mirror is down", async () => {
  await using folder = await temporaryFolder();
  await using server = serveTuf(FILES);
  const config = `${folder.path}/r.json`;
  const state = `${folder.path}/state`;
  await Deno.writeTextFile(config, provider({ root: ROOT, mirrors: [server.url] }));
  const kept = async (): Promise<boolean> => {
    try {
      const [entry] = await Array.fromAsync(Deno.readDir(`${state}/tuf`));
      return (await Deno.stat(`${state}/tuf/${entry?.name}/timestamp.json`)).isFile;
    } catch {
      return false;
    }
  };
  const first = await serve(config, state, kept);
  assert.match(first, /trusted root refreshed/);
  assert.equal(first.match(/configuration in force/g)?.length, 2, first);
  server.down = true;
  server.asked.length = 0;
  const second = await serve(config, state, () => server.asked.length > 0);
  assert.equal(second.match(/configuration in force/g)?.length, 1, second);
  assert.doesNotMatch(second, /trusted root refreshed/);
});
