import assert from "node:assert/strict";
import {
  COSIGN_ATTESTATION,
  COSIGN_SIGNATURE,
  type Descriptor,
  type Digest,
  digestOf,
  NOTATION_SIGNATURE,
  OCI_IMAGE_INDEX,
} from "../../oci/mod.ts";
import { referrersTag } from "./referrers.ts";
import {
  failure,
  FakeRegistry,
  imageManifest,
  indexOf,
  REPOSITORY,
} from "./testing/fake_registry.ts";
import { openStore, OPTIONS, problem, subjectOf } from "./testing/open_store.ts";

const BASE = `/v2/${REPOSITORY}`;

function signature(registry: FakeRegistry, text: string): Descriptor {
  return { ...registry.put(imageManifest(text)), artifactType: NOTATION_SIGNATURE };
}

function cosignTag(digest: Digest): string {
  return `${digest.replace(":", "-")}.sig`;
}

Deno.test("referrers lists what the API lists, in one request", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const first = { ...signature(registry, "s1"), annotations: { a: "b" } };
  const second = signature(registry, "s2");
  registry.attach(image.digest, first);
  registry.attach(image.digest, second);
  registry.attach(image.digest, first);
  using store = openStore([registry]);
  const found = await store.referrers(subjectOf(registry, image), OPTIONS);
  assert.deepEqual(
    found.map(({ annotations, ...rest }) => ({ ...rest, annotations: { ...annotations } })),
    [
      { ...first, source: "referrer" },
      { ...second, annotations: {}, source: "referrer" },
    ],
  );
  assert.deepEqual(registry.log, [`GET ${BASE}/referrers/${image.digest}`]);
  assert.equal(registry.seen[0]?.headers.get("accept"), OCI_IMAGE_INDEX);
});

Deno.test("referrers is empty for an image without any", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  using store = openStore([registry]);
  assert.deepEqual(await store.referrers(subjectOf(registry, image), OPTIONS), []);
  registry.referrersApi = false;
  using other = openStore([registry]);
  assert.deepEqual(await other.referrers(subjectOf(registry, image), OPTIONS), []);
});

Deno.test("referrers follows pages, relative and absolute", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const all = ["s1", "s2", "s3"].map((text) => signature(registry, text));
  registry.intercept = ({ target }) => {
    const page = Number(new URL(target, "http://h").searchParams.get("page") ?? "0");
    const link = page === 0
      ? `<?page=1>; rel="next"`
      : `<http://${registry.host}${BASE}/referrers/${image.digest}?page=2>; rel=next`;
    return indexOf([all[page]], page === 2 ? {} : { link });
  };
  using store = openStore([registry]);
  const found = await store.referrers(subjectOf(registry, image), OPTIONS);
  assert.deepEqual(found.map(({ digest }) => digest), all.map(({ digest }) => digest));
  assert.equal(registry.log.length, 3);
});

Deno.test("referrers falls back to the tag, and remembers that there is no API", async () => {
  await using registry = new FakeRegistry();
  registry.referrersApi = false;
  const image = registry.put(imageManifest("a"));
  const attached = signature(registry, "s");
  registry.put(index([attached]), [referrersTag(image.digest)], OCI_IMAGE_INDEX);
  using store = openStore([registry]);
  for (let round = 0; round < 2; round++) {
    const found = await store.referrers(subjectOf(registry, image), OPTIONS);
    assert.deepEqual(found.map(({ digest }) => digest), [attached.digest]);
  }
  assert.deepEqual(registry.log, [
    `GET ${BASE}/referrers/${image.digest}`,
    `GET ${BASE}/manifests/${referrersTag(image.digest)}`,
    `GET ${BASE}/manifests/${referrersTag(image.digest)}`,
  ]);
});

Deno.test("referrers falls back to the tag when the API answers with something else", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const attached = signature(registry, "s");
  registry.put(index([attached]), [referrersTag(image.digest)], OCI_IMAGE_INDEX);
  registry.intercept = ({ target }) =>
    target.includes("/referrers/")
      ? new Response("<html>", { headers: { "content-type": "text/html" } })
      : undefined;
  using store = openStore([registry]);
  assert.equal((await store.referrers(subjectOf(registry, image), OPTIONS)).length, 1);
});

Deno.test("referrers does not take an unknown repository for one without the API", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  registry.attach(image.digest, signature(registry, "s"));
  using store = openStore([registry]);
  registry.intercept = () => failure(404, "NAME_UNKNOWN");
  assert.match(
    await problem(store.referrers(subjectOf(registry, image), OPTIONS)),
    /^LIST_REFERRERS_FAILURE lasting .*404 \(NAME_UNKNOWN\)/,
  );
  registry.intercept = () => undefined;
  assert.equal((await store.referrers(subjectOf(registry, image), OPTIONS)).length, 1);
});

Deno.test("referrersTag cuts digests as the referrers tag schema says", () => {
  const bytes = new TextEncoder().encode("x");
  assert.match(referrersTag(digestOf(bytes)), /^sha256-[0-9a-f]{64}$/);
  assert.match(referrersTag(digestOf(bytes, "sha512")), /^sha512-[0-9a-f]{64}$/);
});

Deno.test("referrers adds what stands under cosign's tag, when wanted", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const cosign = registry.put(imageManifest("c"), [cosignTag(image.digest)]);
  using without = openStore([registry]);
  assert.deepEqual(await without.referrers(subjectOf(registry, image), OPTIONS), []);
  using store = openStore([registry], { cosignEnabled: true });
  assert.deepEqual(await store.referrers(subjectOf(registry, image), OPTIONS), [
    { ...cosign, artifactType: COSIGN_SIGNATURE, source: "cosignTag" },
  ]);
  const heads = registry.log.filter((line) => line.startsWith("HEAD"));
  assert.deepEqual(heads, [`HEAD ${BASE}/manifests/${cosignTag(image.digest)}`]);
});

Deno.test("referrers adds what stands under cosign's tag of attestations, when wanted too", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const tag = cosignTag(image.digest).replace(".sig", ".att");
  const found = registry.put(imageManifest("c"), [tag]);
  const attestation = { ...found, artifactType: COSIGN_ATTESTATION, source: "cosignTag" };
  const cases = [[true, true, [attestation]], [true, false, []], [false, true, []]] as const;
  for (const [cosignEnabled, cosignAttestations, expected] of cases) {
    using store = openStore([registry], { cosignEnabled, cosignAttestations });
    assert.deepEqual(await store.referrers(subjectOf(registry, image), OPTIONS), expected);
  }
  const heads = registry.log.filter((line) => line.endsWith(".att"));
  assert.deepEqual(heads, [`HEAD ${BASE}/manifests/${tag}`]);
});

Deno.test("referrers fetches what is under cosign's tag when the headers do not say it", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const cosign = registry.put(imageManifest("c"), [cosignTag(image.digest)]);
  registry.intercept = ({ method }) => method === "HEAD" ? new Response() : undefined;
  using store = openStore([registry], { cosignEnabled: true });
  const [found] = await store.referrers(subjectOf(registry, image), OPTIONS);
  assert.equal(found?.digest, cosign.digest);
});

Deno.test("referrers fails when cosign's tag cannot be looked up", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  registry.intercept = ({ method }) => method === "HEAD" ? failure(500) : undefined;
  using store = openStore([registry], { cosignEnabled: true });
  assert.match(
    await problem(store.referrers(subjectOf(registry, image), OPTIONS)),
    /^LIST_REFERRERS_FAILURE transient/,
  );
});

Deno.test("referrers leaves out entries that cannot be read, unless there is nothing else", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const good = signature(registry, "s");
  const bad = [null, 1, {}, { ...good, digest: "sha256:12" }, { ...good, size: -1 }, {
    ...good,
    artifactType: "no type",
  }];
  using store = openStore([registry]);
  registry.intercept = () => indexOf([...bad, good]);
  const found = await store.referrers(subjectOf(registry, image), OPTIONS);
  assert.deepEqual(found.map(({ digest }) => digest), [good.digest]);
  for (const entry of bad) {
    registry.intercept = () => indexOf([entry]);
    assert.match(
      await problem(store.referrers(subjectOf(registry, image), OPTIONS)),
      /^LIST_REFERRERS_FAILURE lasting .*cannot be read: /,
    );
  }
});

Deno.test("referrers leaves out entries that are no manifests, and the image itself", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const good = signature(registry, "s");
  registry.intercept = () =>
    indexOf([{ ...good, mediaType: "text/plain" }, { ...image, artifactType: "a/b" }]);
  using store = openStore([registry]);
  assert.deepEqual(await store.referrers(subjectOf(registry, image), OPTIONS), []);
});

/** What the listing may answer, and what that means. */
const SPOILT: Readonly<
  Record<string, readonly [response: (host: string) => Response, expected: RegExp]>
> = {
  "no JSON": [() => listing("{"), /^LIST_REFERRERS_FAILURE lasting .*strict JSON/],
  "a member twice": [
    () => listing('{"schemaVersion":2,"manifests":[],"manifests":[]}'),
    /^LIST_REFERRERS_FAILURE lasting .*strict JSON/,
  ],
  "a list": [() => listing("[]"), /^LIST_REFERRERS_FAILURE lasting .*schemaVersion/],
  "another version": [
    () => listing('{"schemaVersion":1,"manifests":[]}'),
    /^LIST_REFERRERS_FAILURE lasting .*schemaVersion 2/,
  ],
  "no list of manifests": [
    () => listing('{"schemaVersion":2,"manifests":{}}'),
    /^LIST_REFERRERS_FAILURE lasting .*not a list/,
  ],
  "1,001 entries": [
    () => indexOf(Array(1001).fill({})),
    /^LIMIT_EXCEEDED lasting .*more artifacts/,
  ],
  "5 MiB": [
    () => listing(" ".repeat(5 * 1024 * 1024)),
    /^LIMIT_EXCEEDED lasting .*4194304/,
  ],
  "a page at another origin": [
    () => indexOf([], { link: '<http://127.0.0.2/x>; rel="next"' }),
    /^LIST_REFERRERS_FAILURE lasting .*another origin/,
  ],
  "a page at another port": [
    () => indexOf([], { link: '<http://127.0.0.1:1/x>; rel="next"' }),
    /^LIST_REFERRERS_FAILURE lasting .*another origin/,
  ],
  "a page with another scheme": [
    (host) => indexOf([], { link: `<https://${host}/x>; rel="next"` }),
    /^LIST_REFERRERS_FAILURE lasting .*another origin/,
  ],
  "a page with a user name": [
    (host) => indexOf([], { link: `<http://user@${host}/x>; rel="next"` }),
    /^LIST_REFERRERS_FAILURE lasting .*cannot be read/,
  ],
  "a link that is none": [
    () => indexOf([], { link: 'next; rel="next"' }),
    /^LIST_REFERRERS_FAILURE lasting .*cannot be read/,
  ],
  "the same page again": [
    () => indexOf([], { link: '<?>; rel="next", <?a>; rel="prev"' }),
    /^LIST_REFERRERS_FAILURE lasting .*same page again/,
  ],
  "401": [() => failure(401), /^AUTH_DENIED lasting/],
  "403": [() => failure(403, "DENIED"), /^AUTH_DENIED lasting/],
  "429": [() => failure(429), /^LIST_REFERRERS_FAILURE transient/],
  "502": [() => failure(502), /^LIST_REFERRERS_FAILURE transient/],
  "418": [() => failure(418), /^LIST_REFERRERS_FAILURE lasting/],
};

for (const [name, [response, expected]] of Object.entries(SPOILT)) {
  Deno.test(`referrers fails on a listing with ${name}`, async () => {
    await using registry = new FakeRegistry();
    const image = registry.put(imageManifest("a"));
    registry.intercept = () => response(registry.host);
    using store = openStore([registry]);
    assert.match(await problem(store.referrers(subjectOf(registry, image), OPTIONS)), expected);
  });
}

Deno.test("referrers counts entries over all pages, and stops at 100 pages", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const size = 1;
  const entry = (number: number): unknown => ({
    mediaType: image.mediaType,
    digest: digestOf(new TextEncoder().encode(`${number}`)),
    size,
  });
  registry.intercept = (_seen, count) =>
    indexOf(Array.from({ length: 300 }, (_, index) => entry(count * 300 + index)), {
      link: `<?page=${count}>; rel=next`,
    });
  using store = openStore([registry]);
  const subject = subjectOf(registry, image);
  assert.match(await problem(store.referrers(subject, OPTIONS)), /^LIMIT_EXCEEDED/);
  assert.equal(registry.log.length, 4);
  registry.seen.length = 0;
  registry.intercept = (_seen, count) => indexOf([], { link: `<?page=${count}>; rel=next` });
  assert.match(await problem(store.referrers(subject, OPTIONS)), /^LIMIT_EXCEEDED .*100 pages/);
  assert.equal(registry.log.length, 100);
});

Deno.test("referrers fails when a later page is gone or is something else", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  using store = openStore([registry]);
  for (const later of [failure(404), new Response("x")]) {
    registry.seen.length = 0;
    registry.intercept = (_seen, count) =>
      count === 1 ? indexOf([], { link: "<?b>; rel=next" }) : later;
    assert.match(
      await problem(store.referrers(subjectOf(registry, image), OPTIONS)),
      /^LIST_REFERRERS_FAILURE lasting/,
    );
  }
});

Deno.test("referrers fails when what is under the tag is not intact, or no index", async () => {
  await using registry = new FakeRegistry();
  registry.referrersApi = false;
  const image = registry.put(imageManifest("a"));
  const subject = subjectOf(registry, image);
  using store = openStore([registry]);
  const other = { "docker-content-digest": image.digest };
  const answers: [Response, RegExp][] = [
    [indexOf([], other), /^LIST_REFERRERS_FAILURE transient .*is not sha256:/],
    [listing("{}", "application/json"), /^LIST_REFERRERS_FAILURE lasting .*no image index/],
    [failure(500), /^LIST_REFERRERS_FAILURE transient/],
    [failure(403), /^AUTH_DENIED/],
  ];
  for (const [answer, expected] of answers) {
    registry.intercept = ({ target }) =>
      target.includes("/manifests/") ? answer.clone() : undefined;
    assert.match(await problem(store.referrers(subject, OPTIONS)), expected);
  }
});

function index(manifests: readonly unknown[]): unknown {
  return { schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests };
}

function listing(body: string, type = OCI_IMAGE_INDEX): Response {
  return new Response(body, { headers: { "content-type": type } });
}
