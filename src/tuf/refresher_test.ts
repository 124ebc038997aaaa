import assert from "node:assert/strict";
import {
  forgeTuf,
  serveTuf,
  TUF_KEY,
  TUF_OTHER_KEY,
  type TufFiles,
  type TufOptions,
  type TufServer,
} from "../../tests/forge/mod.ts";
import { temporaryFolder } from "../../tests/temp.ts";
import { AssayError } from "../errors.ts";
import { TufRefresher, type TufRefresherOptions, type TufRepository } from "./refresher.ts";

/* What happens in the background: a repository that changes, breaks, or is gone. */

const NAME = "trusted_root.json";
const PAST = "2020-01-01T00:00:00Z";

/** Waits until the test says so. */
class Pauses {
  readonly asked: number[] = [];
  #go = Promise.withResolvers<boolean>();
  #arrived = Promise.withResolvers<void>();

  readonly wait = (milliseconds: number, signal: AbortSignal): Promise<boolean> => {
    this.asked.push(milliseconds);
    const go = this.#go = Promise.withResolvers<boolean>();
    signal.addEventListener("abort", () => go.resolve(false), { once: true });
    this.#arrived.resolve();
    return go.promise;
  };

  /** Ends when a refresh has ended. */
  async arrival(): Promise<void> {
    await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
  }

  /** Lets one more refresh happen, to its end. */
  async step(): Promise<void> {
    this.#go.resolve(true);
    await this.arrival();
  }
}

interface World extends AsyncDisposable {
  readonly server: TufServer;
  readonly repository: TufRepository;
  readonly refresher: TufRefresher;
  readonly pauses: Pauses;
  readonly events: string[];
}

const content = (text: string, options: TufOptions = {}): Promise<TufFiles> =>
  forgeTuf({ targets: { [NAME]: text }, ...options });

const next = (version: number): TufOptions => ({
  versions: { timestamp: version, snapshot: version, targets: version },
});

/** A refresher of a repository whose root is the first. */
async function world(options: Partial<TufRefresherOptions> = {}): Promise<World> {
  const files = await content("first");
  const server = serveTuf(files);
  const events: string[] = [];
  const pauses = new Pauses();
  const refresher = new TufRefresher({
    userAgent: "assay/test",
    now: () => new Date("2026-11-24T12:00:00Z"),
    directory: undefined,
    check: () => {},
    changed: () => void events.push("changed"),
    failed: (error) => {
      assert.equal(error.code, "KEY_MANAGEMENT_PROVIDER_FAILURE");
      events.push(error.message.replaceAll(server.url, "MIRROR"));
    },
    wait: pauses.wait,
    ...options,
  });
  const root = new TextDecoder().decode(files.get("1.root.json"));
  const repository = { mirrors: [server.url], root, target: NAME, intervalMs: 3_600_000 };
  return {
    server,
    repository,
    refresher,
    pauses,
    events,
    [Symbol.asyncDispose]: async () => {
      await refresher[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a refresher has nothing until a refresh has succeeded, and asks nobody before it is told to", async () => {
  await using one = await world();
  assert.equal(await one.refresher.current(one.repository), undefined);
  assert.deepEqual(one.server.asked, []);
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  assert.equal(await one.refresher.current(one.repository), "first");
  assert.deepEqual(one.events, ["changed"]);
});

Deno.test("a refresher tells of what is new, and of nothing else", async () => {
  await using one = await world();
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  await one.pauses.step();
  assert.deepEqual(one.events, ["changed"]);
  one.server.files = await content("second", next(2));
  await one.pauses.step();
  assert.deepEqual(one.events, ["changed", "changed"]);
  assert.equal(await one.refresher.current(one.repository), "second");
  assert.deepEqual(one.pauses.asked, [3_600_000, 3_600_000, 3_600_000]);
});

Deno.test("what was verified last stays when the mirror is down, frozen, set back or forged", async () => {
  await using one = await world();
  one.server.files = await content("second", next(2));
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  const fails = async (message: RegExp): Promise<void> => {
    one.events.length = 0;
    await one.pauses.step();
    assert.equal(one.events.length, 1);
    assert.match(one.events[0] ?? "", message);
    assert.equal(await one.refresher.current(one.repository), "second");
    assert.equal(one.pauses.asked.at(-1), 300_000);
  };
  one.server.down = true;
  await fails(/could not be refreshed from MIRROR: MIRROR\/2.root.json answers with status 500/);
  one.server.down = false;
  one.server.files = await content("third", { ...next(3), expires: { timestamp: PAST } });
  await fails(/timestamp.json has expired on 2020-01-01/);
  one.server.files = await content("first");
  await fails(/timestamp.json is of the version 1; 2 was there before/);
  one.server.files = await content("forged", { ...next(3), signers: { targets: [TUF_OTHER_KEY] } });
  await fails(/targets.json is signed by 0 of its keys/);
  one.server.files = await content("third", next(4));
  one.events.length = 0;
  await one.pauses.step();
  assert.deepEqual(one.events, ["changed"]);
});

Deno.test("a target that cannot be used is not taken", async () => {
  const check = (text: string): void => {
    if (text === "second") {
      throw new AssayError({
        code: "TRUSTED_ROOT_INVALID",
        component: "config",
        message: "is no root",
      });
    }
  };
  await using one = await world({ check });
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  one.server.files = await content("second", next(2));
  await one.pauses.step();
  assert.match(one.events[1] ?? "", /is no root/);
  assert.equal(await one.refresher.current(one.repository), "first");
});

Deno.test("the next mirror is asked where one fails", async () => {
  await using one = await world();
  await using dead = serveTuf(new Map());
  one.refresher.use([{ ...one.repository, mirrors: [dead.url, one.server.url] }]);
  await one.pauses.arrival();
  assert.equal(await one.refresher.current(one.repository), "first");
  assert.deepEqual(one.events, ["changed"]);
  assert.deepEqual(dead.asked, ["2.root.json", "timestamp.json"]);
});

Deno.test("files are kept on disk, and verified again when they are read", async () => {
  await using folder = await temporaryFolder();
  const directory = `${folder.path}/tuf`;
  const keys = { root: [TUF_OTHER_KEY], timestamp: [TUF_OTHER_KEY], snapshot: [TUF_KEY] };
  const rotated = await content("second", {
    ...next(2),
    keys,
    versions: { root: 2, timestamp: 2, snapshot: 2, targets: 2 },
    signers: { root: [TUF_KEY, TUF_OTHER_KEY] },
  });
  {
    await using one = await world({ directory });
    one.refresher.use([one.repository]);
    await one.pauses.arrival();
    one.server.files = rotated;
    await one.pauses.step();
    assert.equal(await one.refresher.current(one.repository), "second");
  }
  const [sub] = await Array.fromAsync(
    Deno.readDir(directory),
    ({ name }) => `${directory}/${name}`,
  );
  const names = await Array.fromAsync(Deno.readDir(sub ?? ""), ({ name }) => name);
  assert.equal(names.length, 5, names.join());
  {
    // As a process that starts while the mirror is down.
    await using one = await world({ directory });
    assert.equal(await one.refresher.current(one.repository), "second");
    one.server.down = true;
    one.refresher.use([one.repository]);
    await one.pauses.arrival();
    assert.equal(await one.refresher.current(one.repository), "second");
    // What is on disk is a state to go forward from.
    one.server.down = false;
    await one.pauses.step();
    assert.match(one.events.at(-1) ?? "", /signed by 0 of its keys/);
  }
  for (const name of names) {
    const path = `${sub}/${name}`;
    const bytes = await Deno.readFile(path);
    const at = Math.floor(bytes.length / 2);
    const forged = bytes.slice();
    forged[at] = (forged[at] ?? 0) ^ 1;
    for (const damaged of [forged, new Uint8Array()]) {
      await Deno.writeFile(path, damaged);
      await using one = await world({ directory });
      assert.equal(await one.refresher.current(one.repository), undefined, name);
    }
    await Deno.writeFile(path, bytes);
  }
});

Deno.test("a folder that cannot be written to is told, and nothing is lost by it", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await using one = await world({ directory: `${folder.path}/file` });
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  assert.equal(await one.refresher.current(one.repository), "first");
  assert.match(one.events[1] ?? "", /could not be kept/);
});

Deno.test("a repository that is not there any more is not asked any more; other mirrors change nothing", async () => {
  await using one = await world();
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  await using mirror = serveTuf(await content("second", next(2)));
  one.refresher.use([{ ...one.repository, mirrors: [mirror.url] }]);
  assert.equal(await one.refresher.current(one.repository), "first");
  await one.pauses.step();
  assert.equal(await one.refresher.current(one.repository), "second");
  one.refresher.use([]);
  assert.equal(await one.refresher.current(one.repository), undefined);
});

Deno.test("a mirror that never ends is cut off when the refresher ends", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked.resolve();
    return answer.promise;
  });
  await using one = await world();
  one.refresher.use([{ ...one.repository, mirrors: [`http://127.0.0.1:${server.addr.port}`] }]);
  await asked.promise;
  await one.refresher[Symbol.asyncDispose]();
  assert.deepEqual(one.events, []);
  answer.resolve(new Response(""));
  await server.shutdown();
});

Deno.test("more bytes than a file may have are not read", async () => {
  await using one = await world();
  const large = new Uint8Array(16 * 1024 + 1).fill(32);
  one.server.files = new Map([...one.server.files, ["timestamp.json", large]]);
  one.refresher.use([one.repository]);
  await one.pauses.arrival();
  assert.match(one.events[0] ?? "", /timestamp.json has more than 16384 bytes/);
});
