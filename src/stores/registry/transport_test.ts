import assert from "node:assert/strict";
import { digestOf } from "../../oci/mod.ts";
import type { CredentialProvider } from "../credentials/credential.ts";
import { failure, FakeRegistry, imageManifest } from "./testing/fake_registry.ts";
import {
  FAST_RETRY,
  openStore,
  OPTIONS,
  problem,
  subjectOf,
  tagged,
} from "./testing/open_store.ts";

const CONTENT = new TextEncoder().encode("content");
const BLOB = { mediaType: "a/b", digest: digestOf(CONTENT), size: CONTENT.length };

const CREDENTIALS: CredentialProvider = {
  name: "test",
  credentials: () => Promise.resolve({ kind: "password", username: "u", password: "p" }),
};

function redirect(location: string, status = 307): Response {
  return new Response(null, { status, headers: { location } });
}

Deno.test("a redirect to another origin is followed without credentials, also when it comes back", async () => {
  await using storage = new FakeRegistry();
  await using registry = new FakeRegistry();
  registry.intercept = ({ target, headers }) =>
    target === "/back"
      ? new Response(CONTENT)
      : headers.has("authorization")
      ? redirect(`http://${storage.host}/there?signature=x`)
      : failure(401, "UNAUTHORIZED", { "www-authenticate": "Basic" });
  storage.intercept = () => redirect(`http://${registry.host}/back`, 302);
  using store = openStore([registry], { credentials: CREDENTIALS });
  const subject = subjectOf(registry, BLOB);
  assert.deepEqual(await store.blob(subject, BLOB, OPTIONS), CONTENT);
  assert.equal(storage.seen[0]?.headers.get("authorization"), null);
  const back = registry.seen.find(({ target }) => target === "/back");
  assert.equal(back?.headers.get("authorization"), null);
});

Deno.test("a redirect within the origin keeps the credentials", async () => {
  await using registry = new FakeRegistry();
  registry.intercept = ({ target, headers }) =>
    !headers.has("authorization")
      ? failure(401, "UNAUTHORIZED", { "www-authenticate": "Basic" })
      : target === "/moved"
      ? new Response(CONTENT)
      : redirect("/moved", 308);
  using store = openStore([registry], { credentials: CREDENTIALS });
  assert.deepEqual(await store.blob(subjectOf(registry, BLOB), BLOB, OPTIONS), CONTENT);
});

Deno.test("another origin that wants credentials gets none", async () => {
  await using storage = new FakeRegistry();
  await using registry = new FakeRegistry();
  registry.intercept = () => redirect(`http://${storage.host}/`);
  storage.intercept = () => failure(401, "UNAUTHORIZED", { "www-authenticate": "Basic" });
  using store = openStore([registry], { credentials: CREDENTIALS });
  assert.match(
    await problem(store.blob(subjectOf(registry, BLOB), BLOB, OPTIONS)),
    /^AUTH_DENIED lasting .* sent us, refuses a request without credentials: 401/,
  );
  assert.equal(storage.log.length, 1);
});

Deno.test("five redirects are followed, a sixth is not", async () => {
  await using registry = new FakeRegistry();
  let redirects = 5;
  registry.intercept = (_seen, count) =>
    count <= redirects ? redirect(`/r${count}`) : new Response(CONTENT);
  using store = openStore([registry]);
  const subject = subjectOf(registry, BLOB);
  assert.deepEqual(await store.blob(subject, BLOB, OPTIONS), CONTENT);
  registry.seen.length = 0;
  redirects = Infinity;
  assert.match(
    await problem(store.blob(subject, BLOB, OPTIONS)),
    /^GET_BLOB_CONTENT_FAILURE lasting .*more than 5 times/,
  );
  assert.equal(registry.log.length, 6);
});

Deno.test("a redirect to what is no place for content is refused", async () => {
  const places = [
    "file:///etc/passwd",
    "data:text/plain,content",
    "ftp://127.0.0.1/",
    "http://user:password@127.0.0.1/",
    "http://[",
    `/${"a".repeat(17_000)}`,
  ];
  for (const place of places) {
    await using registry = new FakeRegistry();
    registry.intercept = () => redirect(place);
    using store = openStore([registry]);
    assert.match(
      await problem(store.blob(subjectOf(registry, BLOB), BLOB, OPTIONS)),
      /^GET_BLOB_CONTENT_FAILURE \w+ /,
      place,
    );
    assert.ok(registry.log.length <= FAST_RETRY.attempts);
  }
});

Deno.test("passing trouble is asked again, and the answer then counts", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"), ["v1"]);
  registry.intercept = (_seen, count) =>
    count === 1
      ? failure(503)
      : count === 2
      ? failure(429, "X", { "retry-after": "0" })
      : undefined;
  using store = openStore([registry]);
  const { descriptor } = await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.equal(descriptor.digest, image.digest);
  assert.equal(registry.log.length, 3);
});

Deno.test("lasting trouble is not asked again", async () => {
  for (const status of [400, 403, 404, 410]) {
    await using registry = new FakeRegistry();
    registry.intercept = () => failure(status);
    using store = openStore([registry]);
    await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
    assert.equal(registry.log.length, 1, `${status}`);
  }
});

Deno.test("a connection that breaks in the middle of a body is asked again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  let connections = 0;
  const serving = (async (): Promise<void> => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(4096));
      const body = connections < 3 ? "cont" : "content";
      const head = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\n";
      await connection.write(new TextEncoder().encode(head + body));
      connection.close();
      if (connections === 3) return;
    }
  })();
  using store = openStore([], { plainHttp: [host] });
  const reference = { registry: host, repository: "app", digest: BLOB.digest };
  assert.deepEqual(await store.blob({ reference, descriptor: BLOB }, BLOB, OPTIONS), CONTENT);
  await serving;
});

Deno.test("a registry that does not answer is given up after the time-out", async () => {
  await using registry = new FakeRegistry();
  const hang = Promise.withResolvers<Response>();
  registry.intercept = () => hang.promise;
  using store = openStore([registry], { timeout: 20 });
  assert.match(
    await problem(store.resolve(tagged(registry, "v1"), OPTIONS)),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*did not answer within 20 ms/,
  );
  assert.equal(registry.log.length, FAST_RETRY.attempts);
  hang.resolve(new Response());
});

Deno.test("a repository's name does not pass for the cause of network trouble", async () => {
  let host: string;
  {
    await using registry = new FakeRegistry();
    host = registry.host;
  }
  using store = openStore([], { plainHttp: [host] });
  const reference = { registry: host, repository: "expired/reset/closed", tag: "v1" };
  assert.match(
    await problem(store.resolve(reference, OPTIONS)),
    /transient .*cannot be reached \(the connection was refused\)/,
  );
});

Deno.test("a host that this process may not connect to is no passing trouble", async () => {
  using store = openStore([], { plainHttp: ["192.0.2.1"] });
  const reference = { registry: "192.0.2.1", repository: "app", tag: "v1" };
  const { state } = await Deno.permissions.query({ name: "net", host: "192.0.2.1" });
  const found = await problem(store.resolve(reference, { signal: AbortSignal.timeout(500) }));
  // With all permissions nobody answers there (RFC 5737), which takes until the deadline at most.
  assert.match(
    found,
    state === "granted"
      ? /^(?:DEADLINE_EXCEEDED|GET_SUBJECT_DESCRIPTOR_FAILURE) transient/
      : /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*may not connect to 192\.0\.2\.1\.$/,
  );
});

Deno.test("no more requests than allowed are under way at once", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  let running = 0;
  let most = 0;
  registry.intercept = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return new Response(CONTENT);
  };
  using store = openStore([registry], { concurrency: 3 });
  const subject = subjectOf(registry, image);
  await Promise.all(Array.from({ length: 10 }, () => store.blob(subject, BLOB, OPTIONS)));
  assert.equal(most, 3);
});

Deno.test("who waits for a turn gives up at the deadline", async () => {
  await using registry = new FakeRegistry();
  const hang = Promise.withResolvers<Response>();
  registry.intercept = () => hang.promise;
  using store = openStore([registry], { concurrency: 1 });
  const subject = subjectOf(registry, BLOB);
  const first = store.blob(subject, BLOB, OPTIONS);
  const controller = new AbortController();
  const second = problem(store.blob(subject, BLOB, { signal: controller.signal }));
  controller.abort();
  assert.match(await second, /^DEADLINE_EXCEEDED/);
  hang.resolve(new Response(CONTENT));
  assert.deepEqual(await first, CONTENT);
});
