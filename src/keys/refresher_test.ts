import assert from "node:assert/strict";
import { corpusRoot } from "../../tests/corpus.ts";
import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { EntryGoneError, type MaterialEntry } from "./entry.ts";
import type { FetchedProvider } from "./fetched_provider.ts";
import { readMaterial } from "./material.ts";
import { type EntryChange, KeyRefresher, type KeyRefresherOptions } from "./refresher.ts";

/* What becomes of entries in the background: they change, fail, come back, grow too old, or are gone. */

const ROOT = await corpusRoot();
const ONE = await Deno.readTextFile(`${ROOT}/trust/cosign/p256.pub`);
const TWO = await Deno.readTextFile(`${ROOT}/trust/cosign/p384.pub`);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function key(pem: string, name: string, version = "1"): TrustMaterial {
  const { keys, details, certificates } = readMaterial("key", pem);
  return {
    certificates,
    keys: keys.map((each) => ({ ...each, name, version })),
    details: details.map((each) => ({ ...each, name, version })),
  };
}

function failure(message = "The vault answers with status 503", transient = true): AssayError {
  const code = "KEY_MANAGEMENT_PROVIDER_FAILURE";
  return new AssayError({ code, component: "keyManagementProvider", message, transient });
}

type Answer = TrustMaterial | Error | "never";

/** An entry whose answer the test sets. */
class Entry implements MaterialEntry {
  asked = 0;
  readonly label: string;
  answer: Answer;

  constructor(label: string, answer: Answer) {
    this.label = label;
    this.answer = answer;
  }

  fetch(signal: AbortSignal): Promise<TrustMaterial> {
    this.asked++;
    const { answer } = this;
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== "never") return Promise.resolve(answer);
    const { promise, reject } = Promise.withResolvers<TrustMaterial>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    return promise;
  }
}

/** A clock that moves when the test lets a pause go by. */
class World implements AsyncDisposable {
  time = Date.parse("2026-11-24T12:00:00Z");
  readonly pauses: number[] = [];
  readonly changes: EntryChange[] = [];
  told = 0;
  readonly refresher: KeyRefresher;
  #go: (() => void) | undefined;
  #arrived = Promise.withResolvers<void>();

  constructor(options: Partial<KeyRefresherOptions> = {}) {
    this.refresher = new KeyRefresher({
      now: () => new Date(this.time),
      wait: this.#wait,
      firstWaitMs: 5000,
      changed: () => void this.told++,
      report: (change) => void this.changes.push(change),
      random: () => 0.5,
      ...options,
    });
  }

  readonly #wait = (milliseconds: number, signal: AbortSignal): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    signal.addEventListener("abort", () => resolve(false), { once: true });
    if (signal.aborted) resolve(false);
    if (milliseconds === 5000) this.#expireFirst = () => resolve(true);
    else {
      this.pauses.push(milliseconds);
      this.#go = () => {
        this.time += milliseconds;
        resolve(true);
      };
      this.#arrived.resolve();
    }
    return promise;
  };
  #expireFirst = (): void => {};

  /** The wait for the first material is over. */
  expireFirst(): void {
    this.#expireFirst();
  }

  /** Ends when a refresh has ended. */
  async arrival(): Promise<void> {
    await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
  }

  /** Lets one pause go by, and what follows it happen. */
  async step(): Promise<number> {
    this.#go?.();
    await this.arrival();
    return this.pauses.at(-2) ?? NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refresher[Symbol.asyncDispose]();
  }
}

function provider(
  entries: readonly MaterialEntry[],
  more: Partial<FetchedProvider> = {},
): FetchedProvider {
  return {
    reference: "vault",
    identity: "id",
    entries,
    intervalMs: HOUR,
    maxStalenessMs: 3 * HOUR,
    ...more,
  };
}

const names = ({ keys }: TrustMaterial): string[] =>
  keys.map(({ name, version }) => `${name}/${version}`);

Deno.test("current has what all entries have, waited for the first time, and asks once for it", async () => {
  await using world = new World();
  const [one, two] = [new Entry("key a", key(ONE, "a")), new Entry("key b", key(TWO, "b"))];
  const vault = provider([one, two]);
  const [first, second] = await Promise.all([
    world.refresher.current(vault),
    world.refresher.current(vault),
  ]);
  assert.deepEqual(names(first), ["a/1", "b/1"]);
  assert.deepEqual(names(second), ["a/1", "b/1"]);
  assert.equal(first.incomplete, undefined);
  assert.deepEqual([one.asked, two.asked], [1, 1]);
});

Deno.test("current goes on without what does not come in time, and says so", async () => {
  await using world = new World();
  const vault = provider([new Entry("key a", key(ONE, "a")), new Entry("key b", "never")]);
  const current = world.refresher.current(vault);
  await Promise.resolve();
  world.expireFirst();
  const material = await current;
  assert.deepEqual(names(material), ["a/1"]);
  assert.match(material.incomplete?.message ?? "", /vault has no key b: it has not come yet/);
  assert.equal(material.incomplete?.transient, true);
  assert.equal(material.incomplete?.effect, "undecided");
});

Deno.test("what comes late is told, and is current from then on", async () => {
  await using world = new World();
  const slow = new Entry("key a", failure());
  const vault = provider([slow]);
  assert.deepEqual(names(await world.refresher.current(vault)), []);
  world.refresher.use([vault]);
  await world.arrival();
  assert.equal(world.told, 1);
  slow.answer = key(ONE, "a");
  assert.equal(await world.step(), 15_000);
  assert.equal(world.told, 2);
  assert.deepEqual(names(await world.refresher.current(vault)), ["a/1"]);
  assert.deepEqual(
    world.changes.map(({ before, condition, entry }) => `${entry}: ${before} ${condition}`),
    ["key a: pending missing", "key a: missing fresh"],
  );
});

Deno.test("a refresh that finds the same tells nothing; another key, a new version and one that is gone are told", async () => {
  await using world = new World();
  const entry = new Entry("key a", key(ONE, "a"));
  const vault = provider([entry]);
  world.refresher.use([vault]);
  await world.arrival();
  assert.equal(await world.step(), HOUR);
  assert.equal(await world.step(), HOUR);
  assert.deepEqual([world.told, entry.asked], [1, 3]);
  entry.answer = key(ONE, "a", "2");
  await world.step();
  assert.equal(world.told, 2);
  entry.answer = key(TWO, "a", "2");
  await world.step();
  assert.equal(world.told, 3);
  entry.answer = new EntryGoneError("The vault has no key a");
  assert.equal(await world.step(), HOUR);
  assert.equal(world.told, 4);
  const material = await world.refresher.current(vault);
  assert.deepEqual(names(material), []);
  // It is known that there is none: nothing is missing.
  assert.equal(material.incomplete, undefined);
  assert.equal(world.changes.at(-1)?.condition, "gone");
  // Nor is it asked for sooner than anything else.
  assert.equal(world.pauses.at(-1), HOUR);
});

Deno.test("an entry that fails keeps what it had, with its age, beside siblings that are refreshed", async () => {
  await using world = new World();
  const [one, two] = [new Entry("key a", key(ONE, "a")), new Entry("key b", key(TWO, "b"))];
  const vault = provider([one, two]);
  world.refresher.use([vault]);
  await world.arrival();
  const fetched = new Date(world.time).toISOString();
  one.answer = failure();
  two.answer = key(TWO, "b", "2");
  await world.step();
  const material = await world.refresher.current(vault);
  assert.deepEqual(names(material), ["a/1", "b/2"]);
  assert.deepEqual(material.keys.map(({ staleSince }) => staleSince), [fetched, undefined]);
  assert.deepEqual(material.details.map(({ staleSince }) => staleSince), [fetched, undefined]);
  assert.equal(material.incomplete, undefined);
  // Only what failed is tried again, with pauses that grow.
  const asked = two.asked;
  assert.deepEqual([await world.step(), await world.step(), await world.step()], [
    15_000,
    30_000,
    MINUTE,
  ]);
  assert.deepEqual([one.asked, two.asked - asked], [5, 0]);
  assert.equal(world.told, 2);
  one.answer = key(ONE, "a");
  await world.step();
  assert.equal(world.told, 3);
  assert.equal((await world.refresher.current(vault)).keys[0]?.staleSince, undefined);
  assert.deepEqual(world.changes.slice(-2).map(({ condition }) => condition), ["stale", "fresh"]);
});

Deno.test("what cannot be refreshed for maxStaleness is used no more, which is told and does not pass by itself", async () => {
  await using world = new World();
  const [one, two] = [new Entry("key a", key(ONE, "a")), new Entry("key b", key(TWO, "b"))];
  const vault = provider([one, two], { maxStalenessMs: 162 * MINUTE });
  world.refresher.use([vault]);
  await world.arrival();
  const start = world.time;
  one.answer = failure("The vault is down");
  const limit = start + 162 * MINUTE;
  while (world.time < limit) {
    assert.deepEqual(names(await world.refresher.current(vault)), ["a/1", "b/1"]);
    await world.step();
  }
  assert.equal(world.time, limit); // not later: it wakes for it
  const material = await world.refresher.current(vault);
  assert.deepEqual(names(material), ["b/1"]);
  const { message, transient } = material.incomplete ?? assert.fail();
  assert.match(message, /^Key management provider vault has no key a any more: .*T12:00:00.000Z/);
  assert.match(message, /The vault is down/);
  assert.equal(transient, false);
  assert.equal(world.told, 3);
  assert.deepEqual(
    world.changes.filter(({ entry }) => entry === "key a").map(({ condition }) => condition),
    ["fresh", "stale", "missing"],
  );
});

Deno.test("a provider is known by its identity: loading again, or another interval, asks for nothing again", async () => {
  await using world = new World();
  const entry = new Entry("key a", key(ONE, "a"));
  world.refresher.use([provider([entry])]);
  await world.arrival();
  const again = new Entry("key a", failure());
  const other = provider([again], { intervalMs: 2 * HOUR });
  assert.deepEqual(names(await world.refresher.current(other)), ["a/1"]);
  world.refresher.use([other]);
  await world.arrival(); // what it has to wait is counted anew, and no longer than before
  assert.equal(await world.step(), HOUR);
  assert.equal(world.pauses.at(-1), 2 * HOUR);
  assert.deepEqual([entry.asked, again.asked], [2, 0]);
});

Deno.test("an interval that becomes shorter, and a clock that is set back, do not put a refresh off", async () => {
  await using world = new World();
  const entry = new Entry("key a", key(ONE, "a"));
  world.refresher.use([provider([entry], { intervalMs: 24 * HOUR })]);
  await world.arrival();
  assert.equal(world.pauses.at(-1), 24 * HOUR);
  world.refresher.use([provider([entry], { intervalMs: MINUTE })]);
  await world.arrival();
  assert.equal(world.pauses.at(-1), MINUTE);
  assert.equal(entry.asked, 1);
  world.time -= 100 * HOUR;
  await world.step();
  assert.equal(world.pauses.at(-1), MINUTE);
});

Deno.test("a refresher that has ended asks nobody any more", async () => {
  const world = new World();
  await world[Symbol.asyncDispose]();
  const entry = new Entry("key a", key(ONE, "a"));
  const material = await world.refresher.current(provider([entry]));
  assert.match(material.incomplete?.message ?? "", /it has not come yet/);
  assert.equal(entry.asked, 0);
});

Deno.test("what no configuration has any more is not asked for, nor what never came into force kept", async () => {
  await using world = new World();
  const entry = new Entry("key a", key(ONE, "a"));
  world.refresher.use([provider([entry])]);
  await world.arrival();
  assert.equal(world.refresher.status().length, 1);
  world.refresher.use([]);
  assert.deepEqual(world.refresher.status(), []);
  // Known anew, and so fetched anew.
  await world.refresher.current(provider([entry]));
  assert.equal(entry.asked, 2);
  for (let count = 0; count < 300; count++) {
    await world.refresher.current(provider([entry], { identity: `other ${count}` }));
  }
  await world.refresher.current(provider([entry]));
  assert.equal(entry.asked, 303);
});

Deno.test("disposal ends fetches under way", async () => {
  const world = new World();
  const entry = new Entry("key a", "never");
  world.refresher.use([provider([entry])]);
  await world[Symbol.asyncDispose]();
  assert.equal(entry.asked, 1);
  assert.deepEqual(world.changes, []);
  assert.equal(world.told, 0);
});

Deno.test("status says of each entry what it has, since when, and what is wrong", async () => {
  await using world = new World();
  const entries = [new Entry("key a", key(ONE, "a")), new Entry("key b", failure("down"))];
  world.refresher.use([
    provider(entries, { reference: "z" }),
    provider([new Entry("key c", new EntryGoneError("gone"))], { reference: "a", identity: "2" }),
  ]);
  await world.arrival();
  await world.refresher.current(provider(entries));
  const status = world.refresher.status().map(({ provider, entries }) => [
    provider,
    ...entries.map(({ label, condition, details, lastRefreshed, problem }) =>
      [label, condition, details.length, lastRefreshed?.getTime(), problem?.message] as const
    ),
  ]);
  assert.deepEqual(status, [
    ["a", ["key c", "gone", 0, undefined, "gone"]],
    ["z", ["key a", "fresh", 1, world.time, undefined], ["key b", "missing", 0, undefined, "down"]],
  ]);
});

Deno.test("intervals are spread by a tenth each way, and what an entry throws by mistake is told as a defect", async () => {
  const shares = [0, 0.999999];
  for (const share of shares) {
    await using world = new World({ random: () => share });
    world.refresher.use([provider([new Entry("key a", key(ONE, "a"))])]);
    await world.arrival();
    assert.equal(Math.round((world.pauses[0] ?? 0) / MINUTE), share === 0 ? 54 : 66);
  }
  await using world = new World();
  const vault = provider([new Entry("key a", new TypeError("x is not a function"))]);
  await world.refresher.current(vault);
  world.refresher.use([vault]);
  await world.arrival();
  assert.equal(world.refresher.status()[0]?.entries[0]?.problem?.code, "UNKNOWN");
});
