import assert from "node:assert/strict";
import { digestOf, OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST, parseReference } from "../../oci/mod.ts";
import { failure, FakeRegistry, imageManifest, REPOSITORY } from "./testing/fake_registry.ts";
import { openStore, OPTIONS, problem, subjectOf, tagged } from "./testing/open_store.ts";

const OTHER = digestOf(new TextEncoder().encode("other"));

Deno.test("resolve finds an image by tag and by digest, with one request each", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"), ["v1"]);
  using store = openStore([registry]);
  const byTag = await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.deepEqual(byTag.descriptor, image);
  const byDigest = await store.resolve(subjectOf(registry, image).reference, OPTIONS);
  assert.deepEqual(byDigest.descriptor, image);
  assert.deepEqual(registry.log, [
    `GET /v2/${REPOSITORY}/manifests/v1`,
    `GET /v2/${REPOSITORY}/manifests/${image.digest}`,
  ]);
  const accept = registry.seen[0]?.headers.get("accept") ?? "";
  for (const kind of ["oci.image.manifest", "oci.image.index", "docker.distribution.manifest"]) {
    assert.ok(accept.includes(kind), accept);
  }
  assert.equal(registry.seen[0]?.headers.get("user-agent"), "assay/test");
  assert.equal(registry.seen[0]?.headers.get("authorization"), null);
});

Deno.test("resolve takes the media type from the header, without parameters", async () => {
  await using registry = new FakeRegistry();
  const content = imageManifest("a", { mediaType: undefined });
  registry.put(content, ["v1"], `${OCI_IMAGE_MANIFEST}; charset=utf-8`);
  using store = openStore([registry]);
  const { descriptor } = await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.equal(descriptor.mediaType, OCI_IMAGE_MANIFEST);
});

Deno.test("resolve keeps the algorithm of the digest that the registry names", async () => {
  await using registry = new FakeRegistry();
  const bytes = new TextEncoder().encode(JSON.stringify(imageManifest("a")));
  const digest = digestOf(bytes, "sha512");
  registry.intercept = () =>
    new Response(bytes, {
      headers: { "content-type": OCI_IMAGE_MANIFEST, "docker-content-digest": digest },
    });
  using store = openStore([registry]);
  assert.equal((await store.resolve(tagged(registry, "v1"), OPTIONS)).descriptor.digest, digest);
});

/** What a registry may answer for a manifest, by tag unless `byDigest`. */
const SPOILT: Readonly<Record<string, readonly [response: () => Response, expected: RegExp]>> = {
  "another content": [
    () => manifest("b", { "docker-content-digest": OTHER }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*has the digest sha256:.*, not sha256:/,
  ],
  "a digest that is none": [
    () => manifest("b", { "docker-content-digest": "sha256:12" }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*not a digest/,
  ],
  "a web page": [
    () => manifest("b", { "content-type": "text/html" }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*"text\/html"/,
  ],
  "no media type": [
    () => manifest("b", { "content-type": "" }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*media type/,
  ],
  "another kind than it says": [
    () => {
      const bytes = new TextEncoder().encode(JSON.stringify(imageManifest("b")));
      const headers = {
        "content-type": OCI_IMAGE_INDEX,
        "docker-content-digest": digestOf(bytes),
      };
      return new Response(bytes, { headers });
    },
    /^MANIFEST_INVALID lasting .*mediaType must be/,
  ],
  "no manifest, under its digest": [
    () =>
      new Response("{", {
        headers: {
          "content-type": OCI_IMAGE_MANIFEST,
          "docker-content-digest": digestOf(new TextEncoder().encode("{")),
        },
      }),
    /^MANIFEST_INVALID lasting .*strict JSON/,
  ],
  "no manifest, without digest": [
    () => new Response("{", { headers: { "content-type": OCI_IMAGE_MANIFEST } }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*no manifest/,
  ],
  "more than is read": [
    () => new Response("x".repeat(5 * 1024 * 1024)),
    /^LIMIT_EXCEEDED lasting .*at most 4194304/,
  ],
  "404": [
    () => failure(404, "MANIFEST_UNKNOWN"),
    /^REPOSITORY_OPERATION_FAILURE lasting .*answered 404 \(MANIFEST_UNKNOWN\)\.$/,
  ],
  "403": [
    () => failure(403, "DENIED"),
    /^AUTH_DENIED lasting .*without credentials: 403 \(DENIED\)/,
  ],
  "401 without challenge": [() => failure(401, "UNAUTHORIZED"), /^AUTH_DENIED lasting .*how/],
  "400": [() => failure(400, "TAG_INVALID"), /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*400/],
  "410": [() => failure(410), /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*410/],
  "204": [
    () => new Response(null, { status: 204 }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*204/,
  ],
  "304": [
    () => new Response(null, { status: 304 }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*304/,
  ],
  "408": [() => failure(408), /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*408/],
  "429": [
    () => failure(429, "TOOMANYREQUESTS", { "retry-after": "60" }),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*429 \(TOOMANYREQUESTS\).*60 s/,
  ],
  "500": [() => failure(500, "UNKNOWN"), /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*500/],
  "503": [() => failure(503), /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*503\.$/],
  "a code with a line break": [
    () => failure(404, "A\nB"),
    /^REPOSITORY_OPERATION_FAILURE lasting .*answered 404\.$/,
  ],
};

for (const [name, [response, expected]] of Object.entries(SPOILT)) {
  Deno.test(`resolve says what is wrong with ${name}`, async () => {
    await using registry = new FakeRegistry();
    registry.intercept = response;
    using store = openStore([registry]);
    const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
    assert.match(found, expected);
    assert.ok(found.includes(`${registry.host}/${REPOSITORY}`), found);
  });
}

Deno.test("resolve refuses other bytes than those of the digest, whatever the header says", async () => {
  await using registry = new FakeRegistry();
  registry.intercept = () => manifest("b", { "docker-content-digest": OTHER });
  using store = openStore([registry]);
  const reference = parseReference(`${registry.host}/${REPOSITORY}@${OTHER}`);
  assert.match(
    await problem(store.resolve(reference, OPTIONS)),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*has the digest/,
  );
});

Deno.test("resolve says that a registry cannot be reached", async () => {
  let gone: FakeRegistry;
  {
    await using registry = new FakeRegistry();
    gone = registry;
  }
  using store = openStore([gone]);
  assert.match(
    await problem(store.resolve(tagged(gone, "v1"), OPTIONS)),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*cannot be reached \(the connection was refused\)\.$/,
  );
});

Deno.test("resolve refuses hosts that a URL reads differently", async () => {
  using store = openStore([]);
  for (const host of ["0x7f.1", "127.1", "1.2.3", "2130706433.", "xn--a.example", "a.1"]) {
    const reference = { registry: host, repository: "app", tag: "v1" };
    const found = await problem(store.resolve(reference, OPTIONS));
    assert.match(found, /^HOST_NAME_INVALID lasting The registry /, host);
  }
});

Deno.test("manifest and blob return what has the descriptor's digest and size", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const blob = registry.putBlob(new TextEncoder().encode("content"));
  using store = openStore([registry]);
  const subject = subjectOf(registry, image);
  const fetched = await store.manifest(subject, image, OPTIONS);
  assert.equal(fetched.bytes.length, image.size);
  assert.equal(fetched.manifest.kind, "image");
  assert.equal(registry.seen[0]?.headers.get("accept"), OCI_IMAGE_MANIFEST);
  assert.deepEqual(await store.blob(subject, blob, OPTIONS), new TextEncoder().encode("content"));
});

Deno.test("manifest and blob refuse a size over the limit before they ask", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  using store = openStore([registry]);
  const subject = subjectOf(registry, image);
  const large = { ...image, size: 4 * 1024 * 1024 + 1 };
  assert.match(await problem(store.manifest(subject, large, OPTIONS)), /^LIMIT_EXCEEDED/);
  assert.match(await problem(store.blob(subject, large, OPTIONS)), /^LIMIT_EXCEEDED/);
  const limited = { ...OPTIONS, maxBytes: 10 };
  assert.match(await problem(store.blob(subject, image, limited)), /^LIMIT_EXCEEDED/);
  assert.deepEqual(registry.log, []);
});

Deno.test("manifest and blob refuse what is not intact, or not there", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const blob = registry.putBlob(new TextEncoder().encode("content"));
  using store = openStore([registry]);
  const subject = subjectOf(registry, image);
  const manifestProblem = (change: object): Promise<string> =>
    problem(store.manifest(subject, { ...image, ...change }, OPTIONS));
  const blobProblem = (change: object): Promise<string> =>
    problem(store.blob(subject, { ...blob, ...change }, OPTIONS));

  assert.match(
    await manifestProblem({ digest: OTHER }),
    /^GET_REFERRER_MANIFEST_FAILURE transient .*404/,
  );
  assert.match(await blobProblem({ digest: OTHER }), /^GET_BLOB_CONTENT_FAILURE transient .*404/);
  assert.match(await manifestProblem({ size: image.size + 1 }), /^GET_REFERRER.* were declared/);
  assert.match(await blobProblem({ size: 6 }), /^GET_BLOB.* more than the 6 bytes/);
  assert.match(await blobProblem({ size: 8 }), /^GET_BLOB.* sent 7 bytes, but 8/);
  assert.match(
    await manifestProblem({ mediaType: OCI_IMAGE_INDEX }),
    /^GET_REFERRER_MANIFEST_FAILURE lasting .*but it was listed as/,
  );
  registry.intercept = () => new Response("kontent");
  assert.match(await blobProblem({}), /^GET_BLOB_CONTENT_FAILURE transient .*digest/);
});

Deno.test("blob stops reading a body that does not end", async () => {
  await using registry = new FakeRegistry();
  let sent = 0;
  registry.intercept = () =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          sent++;
          controller.enqueue(new Uint8Array(64 * 1024));
        },
      }),
    );
  using store = openStore([registry]);
  const image = registry.put(imageManifest("a"));
  const blob = { ...image, size: 100_000 };
  const found = await problem(store.blob(subjectOf(registry, image), blob, OPTIONS));
  assert.match(found, /^GET_BLOB_CONTENT_FAILURE transient .*more than the 100000 bytes/);
  assert.ok(sent < 1000, `${sent} chunks`);
});

Deno.test("every call stops when its signal fires", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  using store = openStore([registry]);
  const subject = subjectOf(registry, image);
  const hang = Promise.withResolvers<Response>();
  const calls = [
    (signal: AbortSignal) => store.resolve(subject.reference, { signal }),
    (signal: AbortSignal) => store.referrers(subject, { signal }),
    (signal: AbortSignal) => store.manifest(subject, image, { signal }),
    (signal: AbortSignal) => store.blob(subject, image, { signal }),
  ];
  for (const call of calls) {
    assert.match(await problem(call(AbortSignal.abort())), /^DEADLINE_EXCEEDED/);
    const controller = new AbortController();
    registry.intercept = () => {
      queueMicrotask(() => controller.abort());
      return hang.promise;
    };
    assert.match(await problem(call(controller.signal)), /^DEADLINE_EXCEEDED/);
  }
  hang.resolve(new Response());
});

Deno.test("every call stops in the middle of a slow body", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const controller = new AbortController();
  registry.intercept = () =>
    new Response(
      new ReadableStream({
        start(stream): void {
          stream.enqueue(new Uint8Array(10));
          setTimeout(() => controller.abort(), 20);
        },
      }),
    );
  using store = openStore([registry]);
  const { signal } = controller;
  const found = await problem(store.blob(subjectOf(registry, image), image, { signal }));
  assert.match(found, /^DEADLINE_EXCEEDED/);
});

function manifest(text: string, headers: HeadersInit): Response {
  const body = JSON.stringify(imageManifest(text));
  return new Response(body, { headers: { "content-type": OCI_IMAGE_MANIFEST, ...headers } });
}

Deno.test("a registry that asks for a long pause is left alone by all requests", async () => {
  await using registry = new FakeRegistry();
  registry.put(imageManifest("a"), ["v1"]);
  registry.intercept = () => failure(429, "TOOMANYREQUESTS", { "retry-after": "60" });
  using store = openStore([registry]);
  const first = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(
    first,
    /transient .* answered 429 \(TOOMANYREQUESTS\), and to be left alone for 60 s/,
  );
  registry.intercept = () => undefined;
  const second = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(second, /transient .* answered 429 before, and to be left alone for another \d+ s/);
  assert.equal(registry.seen.length, 1);
});

Deno.test("a registry that keeps failing is not asked for a while, and the error says so", async () => {
  await using registry = new FakeRegistry();
  registry.put(imageManifest("a"), ["v1"]);
  registry.intercept = () => failure(503);
  using store = openStore([registry]);
  for (let count = 0; count < 5; count++) {
    assert.match(await problem(store.resolve(tagged(registry, "v1"), OPTIONS)), /answered 503/);
  }
  const sent = registry.seen.length;
  assert.match(
    await problem(store.resolve(tagged(registry, "v1"), OPTIONS)),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .* has failed 5 times in a row or more, the last time with status 503; it is not asked again for 10 s/,
  );
  assert.equal(registry.seen.length, sent);
});
