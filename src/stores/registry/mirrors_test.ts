import assert from "node:assert/strict";
import type { Credential } from "../credentials/credential.ts";
import type { RegistryStore } from "./registry_store.ts";
import { failure, FakeRegistry, imageManifest, indexOf } from "./testing/fake_registry.ts";
import { openStore, OPTIONS, problem, subjectOf, tagged } from "./testing/open_store.ts";

/** A registry and two mirrors that have one image each; tag `v1` names it. */
class World implements AsyncDisposable {
  readonly registry = new FakeRegistry();
  readonly first = new FakeRegistry();
  readonly second = new FakeRegistry();
  readonly all = [this.registry, this.first, this.second];

  store(credentials?: (registry: string) => Credential | undefined): RegistryStore {
    return openStore(this.all, {
      mirrors: { [this.registry.host.toUpperCase()]: [this.first.host, this.second.host] },
      ...(credentials === undefined ? {} : {
        credentials: { name: "test", credentials: (host) => Promise.resolve(credentials(host)) },
      }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.all) await each[Symbol.asyncDispose]();
  }
}

Deno.test("mirrors are asked in order, and the registry when none has it", async () => {
  await using world = new World();
  const { registry, first, second } = world;
  const image = registry.put(imageManifest("a"), ["v1"]);
  using store = world.store();
  const asked = (): number[] => [first, second, registry].map(({ seen }) => seen.length);
  assert.equal(
    (await store.resolve(tagged(registry, "v1"), OPTIONS)).descriptor.digest,
    image.digest,
  );
  assert.deepEqual(asked(), [1, 1, 1]);
  second.put(imageManifest("a"), ["v1"]);
  await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.deepEqual(asked(), [2, 2, 1]);
  first.put(imageManifest("a"), ["v1"]);
  const subject = await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.deepEqual(asked(), [3, 2, 1]);
  assert.equal(subject.reference.registry, registry.host, "the image keeps its name");
});

Deno.test("what a mirror has under a digest must have it", async () => {
  await using world = new World();
  const { registry, first, second } = world;
  const image = registry.put(imageManifest("a"));
  const blob = registry.putBlob(new TextEncoder().encode("blob"));
  first.intercept = () =>
    Response.json(imageManifest("b"), { headers: { "content-type": image.mediaType } });
  second.intercept = () => failure(500);
  using store = world.store();
  const subject = subjectOf(registry, image);
  assert.equal((await store.resolve(subject.reference, OPTIONS)).descriptor.digest, image.digest);
  assert.equal((await store.manifest(subject, image, OPTIONS)).descriptor.digest, image.digest);
  assert.equal(new TextDecoder().decode(await store.blob(subject, blob, OPTIONS)), "blob");
});

Deno.test("that a mirror lists nothing does not hide what the registry lists", async () => {
  await using world = new World();
  const { registry, first } = world;
  const image = registry.put(imageManifest("a"));
  const signature = registry.put(
    imageManifest("s", { artifactType: "application/x", subject: image }),
  );
  registry.attach(
    image.digest,
    { ...signature, artifactType: "application/x" } as typeof signature,
  );
  first.intercept = () => indexOf([]);
  using store = world.store();
  const subject = subjectOf(registry, image);
  assert.deepEqual(
    (await store.referrers(subject, OPTIONS)).map(({ digest }) => digest),
    [signature.digest],
  );
  registry.intercept = () => failure(503);
  assert.match(
    await problem(store.referrers(subject, OPTIONS)),
    /^LIST_REFERRERS_FAILURE transient/,
    "nothing at the mirrors and no answer of the registry is no verdict",
  );
});

Deno.test("when all fail the message says what each answered", async () => {
  await using world = new World();
  const { registry, first, second } = world;
  first.intercept = () => failure(403);
  second.intercept = () => failure(500);
  registry.intercept = () => failure(404, "MANIFEST_UNKNOWN");
  using store = world.store();
  const said = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(said, /^REPOSITORY_OPERATION_FAILURE lasting/);
  assert.ok(said.includes(`${registry.host} answered 404 (MANIFEST_UNKNOWN) (mirrors: `), said);
  assert.ok(
    said.includes(`${first.host}: ${first.host} refuses a request without credentials: 403`),
  );
  assert.ok(said.includes(`${second.host}: ${second.host} answered 500`));
});

Deno.test("a mirror gets no credential of the registry", async () => {
  await using world = new World();
  const { registry, first, second } = world;
  registry.put(imageManifest("a"), ["v1"]);
  const basic = { "www-authenticate": 'Basic realm="r"' };
  for (const each of world.all) {
    each.intercept = ({ headers }) =>
      headers.has("authorization") ? undefined : failure(401, "UNAUTHORIZED", basic);
  }
  using store = world.store((host) =>
    host === registry.host ? { kind: "password", username: "u", password: "p" } : undefined
  );
  await store.resolve(tagged(registry, "v1"), OPTIONS);
  for (const { seen } of [first, second]) {
    assert.ok(seen.length > 0 && seen.every(({ headers }) => !headers.has("authorization")));
  }
});

Deno.test("the deadline ends the search at a mirror", async () => {
  await using world = new World();
  world.registry.put(imageManifest("a"), ["v1"]);
  const controller = new AbortController();
  world.first.intercept = () => {
    controller.abort();
    return failure(404);
  };
  using store = world.store();
  const options = { signal: controller.signal };
  assert.match(
    await problem(store.resolve(tagged(world.registry, "v1"), options)),
    /^DEADLINE_EXCEEDED/,
  );
  assert.equal(world.registry.seen.length, 0);
});
