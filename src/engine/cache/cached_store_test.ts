import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import { digestOf, OCI_IMAGE_MANIFEST, parseReference } from "../../oci/mod.ts";
import type { ArtifactStore, Subject } from "../../stores/mod.ts";
import { CachedStore } from "./cached_store.ts";
import { StoreCaches } from "./store_caches.ts";

const BYTES = new TextEncoder().encode("content");
const DIGEST = digestOf(BYTES);
const DESCRIPTOR = { mediaType: OCI_IMAGE_MANIFEST, digest: DIGEST, size: BYTES.length };
const OPTIONS = { signal: new AbortController().signal };
const TAGGED = parseReference("r.example/a:v1");
const SUBJECT: Subject = { reference: TAGGED, descriptor: DESCRIPTOR };

/** A store that counts calls, behind a cache; `rig.now` is its clock. */
function rig(replaced: Partial<ArtifactStore> = {}): {
  now: number;
  readonly calls: string[];
  open(identity?: string, listingTtl?: number): CachedStore;
} {
  const calls: string[] = [];
  const called = <T>(name: string, value: T): Promise<T> => {
    calls.push(name);
    return Promise.resolve(value);
  };
  const store: ArtifactStore = {
    name: "store",
    resolve: (reference) => called("resolve", { reference, descriptor: DESCRIPTOR }),
    referrers: () => called("referrers", []),
    manifest: (_subject, descriptor) =>
      called("manifest", { descriptor, bytes: BYTES, manifest: {} as never }),
    blob: () => called("blob", BYTES),
    ...replaced,
  };
  const caches = new StoreCaches({ maxBytes: 100_000, tagTtl: 10 });
  const made = {
    now: 100,
    calls,
    open: (identity = "one", listingTtl = 20) =>
      new CachedStore({ store, identity, listingTtl }, caches, () => made.now),
  };
  return made;
}

Deno.test("CachedStore asks for a tag again when its time is over, and for a digest never", async () => {
  const test = rig();
  await test.open().resolve(TAGGED, OPTIONS);
  await test.open().resolve(TAGGED, OPTIONS);
  await test.open().resolve(parseReference(`r.example/a@${DIGEST}`), OPTIONS);
  assert.deepEqual(test.calls, ["resolve"]);
  test.now = 110;
  await test.open().resolve(parseReference(`r.example/a@${DIGEST}`), OPTIONS);
  await test.open().resolve(TAGGED, OPTIONS);
  assert.deepEqual(test.calls, ["resolve", "resolve"]);
});

Deno.test("CachedStore takes nothing for known in another repository or another store", async () => {
  const test = rig();
  await test.open().resolve(TAGGED, OPTIONS);
  await test.open().resolve(parseReference(`r.example/b@${DIGEST}`), OPTIONS);
  await test.open("two").resolve(TAGGED, OPTIONS);
  assert.equal(test.calls.length, 3);
});

Deno.test("CachedStore remembers listings as long as their store says, and tells how old they are", async () => {
  const test = rig();
  const first = test.open();
  assert.equal(first.listedAt, Infinity);
  await first.referrers(SUBJECT, OPTIONS);
  assert.equal(first.listedAt, 100);
  test.now = 115;
  const second = test.open();
  await second.referrers(SUBJECT, OPTIONS);
  assert.equal(second.listedAt, 100, "it is as old as when it was asked for");
  test.now = 120;
  const third = test.open();
  await third.referrers(SUBJECT, OPTIONS);
  assert.equal(third.listedAt, 120);
  assert.deepEqual(test.calls, ["referrers", "referrers"]);
  await test.open("two", 0).referrers(SUBJECT, OPTIONS);
  await test.open("two", 0).referrers(SUBJECT, OPTIONS);
  assert.equal(test.calls.length, 4);
});

Deno.test("CachedStore keeps content by digest, size and type, for all stores", async () => {
  const test = rig();
  await test.open().manifest(SUBJECT, DESCRIPTOR, OPTIONS);
  await test.open("two").manifest(SUBJECT, DESCRIPTOR, OPTIONS);
  await test.open().manifest(SUBJECT, { ...DESCRIPTOR, size: 8 }, OPTIONS);
  await test.open().manifest(SUBJECT, { ...DESCRIPTOR, mediaType: "a/b" }, OPTIONS);
  await test.open().blob(SUBJECT, DESCRIPTOR, OPTIONS);
  await test.open().blob(SUBJECT, DESCRIPTOR, { ...OPTIONS, maxBytes: 7 });
  await test.open().blob(SUBJECT, { ...DESCRIPTOR, size: 8 }, OPTIONS);
  assert.deepEqual(test.calls, ["manifest", "manifest", "manifest", "blob", "blob"]);
});

Deno.test("CachedStore lets the store refuse what is larger than a call may read", async () => {
  const test = rig();
  await test.open().blob(SUBJECT, DESCRIPTOR, OPTIONS);
  await test.open().blob(SUBJECT, DESCRIPTOR, { ...OPTIONS, maxBytes: 6 });
  assert.deepEqual(test.calls, ["blob", "blob"]);
});

Deno.test("CachedStore remembers no failure", async () => {
  let failing = true;
  const failure = new AssayError({
    code: "LIST_REFERRERS_FAILURE",
    component: "referrerStore",
    message: "x",
  });
  const test = rig({
    referrers: () => failing ? Promise.reject(failure) : Promise.resolve([]),
  });
  await assert.rejects(test.open().referrers(SUBJECT, OPTIONS));
  failing = false;
  assert.deepEqual(await test.open().referrers(SUBJECT, OPTIONS), []);
});
