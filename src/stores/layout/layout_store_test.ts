import assert from "node:assert/strict";
import {
  blobPath,
  forgeBlob,
  forgeChain,
  type ForgedManifest,
  forgeImage,
  forgeJws,
  forgeManifest,
  forgeSignature,
  type LayoutEntry,
  type LayoutFiles,
  utf8,
  writeLayout,
} from "../../../tests/forge/mod.ts";
import { temporaryFolder } from "../../../tests/temp.ts";
import { AssayError, type ErrorCode } from "../../errors.ts";
import {
  type Descriptor,
  DOCKER_MANIFEST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  parseDigest,
  type Reference,
} from "../../oci/mod.ts";
import type { StoreOptions, Subject } from "../store.ts";
import { type LayoutStore, openLayout } from "./layout_store.ts";

const OPTIONS: StoreOptions = { signal: new AbortController().signal };
const MIB = 1024 * 1024;
const NAME = { registry: "r.example", repository: "app" };
const byTag = (tag: string): Reference => ({ ...NAME, tag });
const byDigest = (digest: string): Reference => ({ ...NAME, digest: parseDigest(digest) });

/** A layout in a folder of its own. */
interface Fixture extends AsyncDisposable {
  readonly directory: string;
  readonly store: LayoutStore;
}

async function layout(
  entries: readonly LayoutEntry[],
  files?: LayoutFiles,
  cosignEnabled = false,
): Promise<Fixture> {
  const folder = await temporaryFolder();
  const directory = folder.path;
  await writeLayout(directory, entries, files);
  const store = await openLayout(directory, { cosignEnabled });
  return { directory, store, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function fails(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<AssayError> {
  const error: unknown = await promise.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof AssayError, `no AssayError but ${error}`);
  assert.equal(error.code, code, error.message);
  assert.equal(error.component, "referrerStore");
  assert.match(error.message, message);
  return error;
}

function subjectOf(manifest: ForgedManifest): Subject {
  return { reference: byTag("v1"), descriptor: manifest.descriptor };
}

async function flip(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("openLayout refuses a folder that is not an OCI image layout of version 1.0.0", async () => {
  const image = await forgeImage();
  const cases: [string, (directory: string) => unknown, RegExp][] = [
    [
      "no folder",
      (path) => Deno.remove(path, { recursive: true }),
      /oci-layout cannot be used: it is missing/,
    ],
    [
      "no oci-layout",
      (path) => Deno.remove(`${path}/oci-layout`),
      /oci-layout cannot be used: it is missing/,
    ],
    [
      "other version",
      (path) => Deno.writeTextFile(`${path}/oci-layout`, '{"imageLayoutVersion":"1.1.0"}'),
      /must have "imageLayoutVersion": "1\.0\.0"/,
    ],
    [
      "number",
      (path) => Deno.writeTextFile(`${path}/oci-layout`, '{"imageLayoutVersion":1}'),
      /must have/,
    ],
    ["no object", (path) => Deno.writeTextFile(`${path}/oci-layout`, '["1.0.0"]'), /must have/],
    ["null", (path) => Deno.writeTextFile(`${path}/oci-layout`, "null"), /must have/],
    ["no JSON", (path) => Deno.writeTextFile(`${path}/oci-layout`, "1.0.0"), /must have/],
    [
      "twice",
      (path) =>
        Deno.writeTextFile(
          `${path}/oci-layout`,
          '{"imageLayoutVersion":"1.1.0","imageLayoutVersion":"1.0.0"}',
        ),
      /must have/,
    ],
    [
      "long oci-layout",
      (path) => Deno.writeTextFile(`${path}/oci-layout`, " ".repeat(4097)),
      /4097 bytes; at most 4096/,
    ],
    [
      "no index",
      (path) => Deno.remove(`${path}/index.json`),
      /index\.json cannot be used: it is missing/,
    ],
    ["index is a folder", async (path) => {
      await Deno.remove(`${path}/index.json`);
      await Deno.mkdir(`${path}/index.json`);
    }, /index\.json cannot be used: it is not a regular file/],
    [
      "no JSON index",
      (path) => Deno.writeTextFile(`${path}/index.json`, "{"),
      /not an image index/,
    ],
    [
      "other media type",
      (path) =>
        Deno.writeTextFile(
          `${path}/index.json`,
          `{"schemaVersion":2,"mediaType":"${OCI_IMAGE_MANIFEST}","manifests":[]}`,
        ),
      /not an image index/,
    ],
    [
      "long index",
      (path) => Deno.writeTextFile(`${path}/index.json`, " ".repeat(4 * MIB + 1)),
      /at most 4194304 are read/,
    ],
  ];
  for (const [name, damage, message] of cases) {
    await using fixture = await layout([{ manifest: image }]);
    await damage(fixture.directory);
    const error = await fails(
      openLayout(fixture.directory, { cosignEnabled: false }),
      "REPOSITORY_OPERATION_FAILURE",
      message,
    );
    assert.deepEqual([error.effect, error.transient], ["undecided", false], name);
    await Deno.mkdir(fixture.directory, { recursive: true });
  }
});

Deno.test("LayoutStore.resolve finds an image by tag and by digest, and the digest decides", async () => {
  const [image, other] = await Promise.all([forgeImage(), forgeImage("other")]);
  await using fixture = await layout([
    { manifest: image, tag: "v1" },
    { manifest: image, tag: "also" },
    { manifest: other, tag: "v2" },
  ]);
  const { digest } = image.descriptor;
  for (
    const reference of [byTag("v1"), byTag("also"), byDigest(digest), {
      ...byDigest(digest),
      tag: "v2",
    }]
  ) {
    const subject = await fixture.store.resolve(reference, OPTIONS);
    assert.deepEqual(subject, { reference, descriptor: image.descriptor });
  }
});

Deno.test("LayoutStore.resolve takes the media type of the entry, else what the manifest claims", async () => {
  const docker = await forgeManifest({ members: { mediaType: undefined } });
  const child = await forgeImage("child");
  const bare = await forgeManifest({ members: { mediaType: undefined, artifactType: "a/b" } });
  const index = await forgeManifest({
    mediaType: OCI_IMAGE_INDEX,
    members: {
      config: undefined,
      layers: undefined,
      manifests: [child.descriptor, bare.descriptor],
    },
  });
  await using fixture = await layout([
    { manifest: docker, tag: "docker", members: { mediaType: DOCKER_MANIFEST } },
    { manifest: { ...index, blobs: [child, bare] }, tag: "index" },
  ]);
  const typeOf = async (reference: Reference): Promise<string> =>
    (await fixture.store.resolve(reference, OPTIONS)).descriptor.mediaType;
  assert.equal(await typeOf(byDigest(docker.descriptor.digest)), DOCKER_MANIFEST);
  assert.equal(await typeOf(byTag("index")), OCI_IMAGE_INDEX);
  assert.equal(await typeOf(byDigest(child.descriptor.digest)), OCI_IMAGE_MANIFEST);
  assert.equal(await typeOf(byDigest(bare.descriptor.digest)), OCI_IMAGE_MANIFEST);
});

Deno.test("LayoutStore.resolve says when there is no such image", async () => {
  await using fixture = await layout([{ manifest: await forgeImage(), tag: "v1" }]);
  const { store } = fixture;
  const digest = `sha256:${"a".repeat(64)}`;
  const code = "REPOSITORY_OPERATION_FAILURE";
  await fails(store.resolve(byTag("v2"), OPTIONS), code, /no image with the tag "v2"/);
  await fails(store.resolve(byTag("V1"), OPTIONS), code, /no image with the tag "V1"/);
  await fails(store.resolve(NAME, OPTIONS), code, /no image with the tag ""/);
  await fails(
    store.resolve(byDigest(digest), OPTIONS),
    code,
    /no image with the digest sha256:aaa/,
  );
  await fails(
    store.resolve(byDigest(`sha512:${"a".repeat(128)}`), OPTIONS),
    code,
    /no image with the digest sha512:aaa/,
  );
});

Deno.test("LayoutStore.resolve refuses entries that contradict each other", async () => {
  const [one, two] = await Promise.all([forgeImage(), forgeImage("two")]);
  await using fixture = await layout([
    { manifest: one, tag: "v1" },
    { manifest: two, tag: "v1" },
    { manifest: one, members: { mediaType: DOCKER_MANIFEST } },
  ]);
  const code = "REPOSITORY_OPERATION_FAILURE";
  await fails(
    fixture.store.resolve(byTag("v1"), OPTIONS),
    code,
    /two entries for tag "v1" that differ/,
  );
  const { digest } = one.descriptor;
  await fails(fixture.store.resolve(byDigest(digest), OPTIONS), code, /two entries for sha256:/);
  await fixture.store.resolve(byDigest(two.descriptor.digest), OPTIONS);
});

Deno.test("LayoutStore.resolve refuses a manifest that is not intact or no manifest", async () => {
  const image = await forgeImage();
  const { digest, size } = image.descriptor;
  const damages: [(path: string) => Promise<unknown>, RegExp][] = [
    [(path) => Deno.remove(path), /it is missing/],
    [flip, /does not have its digest/],
    [(path) => Deno.truncate(path, size - 1), /but \d+ were declared/],
    [(path) => Deno.writeTextFile(path, " ", { append: true }), /but \d+ were declared/],
    [async (path) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    }, /not a regular file/],
  ];
  for (const [damage, message] of damages) {
    await using fixture = await layout([{ manifest: image, tag: "v1" }]);
    await damage(blobPath(fixture.directory, digest));
    for (const reference of [byTag("v1"), byDigest(digest)]) {
      const error = await fails(
        fixture.store.resolve(reference, OPTIONS),
        "GET_SUBJECT_DESCRIPTOR_FAILURE",
        message,
      );
      assert.deepEqual([error.effect, error.transient], ["undecided", true]);
    }
  }

  const layer = image.blobs[1]?.descriptor.digest ?? "";
  const notJson = await forgeManifest({ text: () => "hello" });
  await using fixture = await layout([
    { manifest: image, tag: "type", members: { mediaType: OCI_IMAGE_INDEX } },
    { manifest: notJson, tag: "json" },
  ]);
  const invalid: Reference[] = [byTag("type"), byTag("json"), byDigest(layer)];
  for (const reference of invalid) {
    const error = await fails(
      fixture.store.resolve(reference, OPTIONS),
      "MANIFEST_INVALID",
      /A manifest cannot be read/,
    );
    assert.match(error.detail ?? "", /^manifest sha256:[0-9a-f]{64}$/);
    assert.equal(error.effect, "deny");
  }
});

Deno.test("LayoutStore.resolve refuses a manifest over the limit before reading it", async () => {
  const image = await forgeImage();
  const large = await forgeManifest({ text: (json) => json + " ".repeat(4 * MIB) });
  await using fixture = await layout([
    { manifest: image, tag: "claims", members: { size: 4 * MIB + 1 } },
    { manifest: { ...image, blobs: [large] } },
  ]);
  const { store } = fixture;
  const listed = store.resolve(byTag("claims"), OPTIONS);
  assert.equal((await fails(listed, "LIMIT_EXCEEDED", /has 4194305 bytes/)).effect, "deny");
  await fails(
    store.resolve(byDigest(large.descriptor.digest), OPTIONS),
    "LIMIT_EXCEEDED",
    /at most 4194304/,
  );
});

Deno.test("LayoutStore.manifest and blob give checked bytes, and refuse damage", async () => {
  const image = await forgeImage();
  const signature = await forgeSignature(image.descriptor, { envelope: utf8("{}") });
  await using fixture = await layout([{ manifest: image, tag: "v1" }, { manifest: signature }]);
  const { store, directory } = fixture;
  const subject = subjectOf(image);
  const fetched = await store.manifest(subject, signature.descriptor, OPTIONS);
  assert.deepEqual(fetched.bytes, signature.bytes);
  assert.deepEqual(fetched.descriptor, signature.descriptor);
  assert.equal(fetched.manifest.artifactType, "application/vnd.cncf.notary.signature");
  const [envelope] = fetched.manifest.blobs;
  assert.ok(envelope !== undefined);
  assert.deepEqual(await store.blob(subject, envelope, OPTIONS), utf8("{}"));

  const wrongSize = { ...envelope, size: 3 };
  await fails(
    store.blob(subject, wrongSize, OPTIONS),
    "GET_BLOB_CONTENT_FAILURE",
    /has 2 bytes, but 3/,
  );
  await flip(blobPath(directory, envelope.digest));
  await flip(blobPath(directory, signature.descriptor.digest));
  const blob = await fails(
    store.blob(subject, envelope, OPTIONS),
    "GET_BLOB_CONTENT_FAILURE",
    /its digest/,
  );
  assert.deepEqual([blob.effect, blob.transient], ["undecided", true]);
  const manifest = await fails(
    store.manifest(subject, signature.descriptor, OPTIONS),
    "GET_REFERRER_MANIFEST_FAILURE",
    /its digest/,
  );
  assert.deepEqual([manifest.effect, manifest.transient], ["undecided", true]);
  await fails(
    store.manifest(subject, { ...image.descriptor, mediaType: OCI_IMAGE_INDEX }, OPTIONS),
    "MANIFEST_INVALID",
    /mediaType must be/,
  );
  await Deno.remove(blobPath(directory, envelope.digest));
  await fails(store.blob(subject, envelope, OPTIONS), "GET_BLOB_CONTENT_FAILURE", /is missing/);
});

Deno.test("LayoutStore.manifest and blob refuse a size over the limit before reading anything", async () => {
  const image = await forgeImage();
  const content = await forgeBlob({ mediaType: "a/b", bytes: new Uint8Array(4 * MIB) });
  await using fixture = await layout([{ manifest: { ...image, blobs: [content] } }]);
  const { store, directory } = fixture;
  const subject = subjectOf(image);
  const { descriptor } = content;
  assert.equal((await store.blob(subject, descriptor, OPTIONS)).length, 4 * MIB);
  await Deno.remove(blobPath(directory, descriptor.digest));
  const claims = { ...descriptor, size: 4 * MIB + 1 };
  const error = await fails(
    store.blob(subject, claims, OPTIONS),
    "LIMIT_EXCEEDED",
    /has 4194305 bytes/,
  );
  assert.equal(error.effect, "deny");
  await fails(store.manifest(subject, claims, OPTIONS), "LIMIT_EXCEEDED", /has 4194305 bytes/);
  await fails(
    store.blob(subject, descriptor, { ...OPTIONS, maxBytes: 10 }),
    "LIMIT_EXCEEDED",
    /at most 10/,
  );
  await fails(
    store.blob(subject, claims, { ...OPTIONS, maxBytes: 64 * MIB }),
    "GET_BLOB_CONTENT_FAILURE",
    /is missing/,
  );
});

Deno.test("LayoutStore never leaves the layout, whatever a digest says", async () => {
  const image = await forgeImage();
  await using fixture = await layout([{ manifest: image }]);
  await Deno.writeTextFile(`${fixture.directory}/secret`, "{}");
  const digests = [
    "sha256:../../secret",
    "../../secret",
    "sha256:..%2f..%2fsecret",
    `sha256:${"../".repeat(21)}a`,
  ];
  for (const digest of digests) {
    const descriptor = { mediaType: "a/b", digest, size: 2 } as Descriptor;
    await fails(
      fixture.store.blob(subjectOf(image), descriptor, OPTIONS),
      "GET_BLOB_CONTENT_FAILURE",
      /is not a digest/,
    );
  }
});

Deno.test("LayoutStore stops when its signal has fired", async () => {
  const image = await forgeImage();
  await using fixture = await layout([{ manifest: image, tag: "v1" }, {
    manifest: await forgeImage("b"),
  }]);
  const { store, directory } = fixture;
  const options = { signal: AbortSignal.abort(new Error("over")) };
  const subject = subjectOf(image);
  const { descriptor } = image;
  const calls = [
    store.resolve(byTag("v1"), options),
    store.resolve(byTag("unknown"), options),
    store.referrers(subject, options),
    store.manifest(subject, descriptor, options),
    store.blob(subject, descriptor, options),
    openLayout(directory, { cosignEnabled: false, ...options }),
  ];
  for (const call of calls) await fails(call, "DEADLINE_EXCEEDED", /time for the answer was over/);
});

Deno.test("LayoutStore reads what forgeJws signs, through to the envelope", async () => {
  const image = await forgeImage();
  const envelope = await forgeJws({ chain: await forgeChain(), target: image.descriptor });
  const signature = await forgeSignature(image.descriptor, { envelope });
  await using fixture = await layout([{ manifest: image, tag: "v1" }, { manifest: signature }]);
  const subject = await fixture.store.resolve(byTag("v1"), OPTIONS);
  const [referrer, ...rest] = await fixture.store.referrers(subject, OPTIONS);
  assert.ok(referrer !== undefined && rest.length === 0);
  const { manifest } = await fixture.store.manifest(subject, referrer, OPTIONS);
  assert.ok(manifest.blobs[0] !== undefined);
  assert.deepEqual(await fixture.store.blob(subject, manifest.blobs[0], OPTIONS), envelope);
});

// Deno makes no symbolic link under permissions for single folders, so this test needs a program that does.
const mayLink = Deno.permissions.querySync({ name: "run", command: "ln" }).state === "granted";

Deno.test({
  name: "LayoutStore follows no symbolic link to a blob or to index.json",
  ignore: !mayLink,
  fn: async () => {
    const image = await forgeImage();
    await using fixture = await layout([{ manifest: image, tag: "v1" }]);
    const { store, directory } = fixture;
    const moveAndLink = async (path: string): Promise<void> => {
      await Deno.rename(path, `${path}.real`);
      const link = new Deno.Command("ln", { args: ["-s", `${path}.real`, path] });
      assert.ok((await link.output()).success);
      assert.ok((await Deno.stat(path)).isFile);
    };
    await moveAndLink(blobPath(directory, image.descriptor.digest));
    await fails(
      store.resolve(byTag("v1"), OPTIONS),
      "GET_SUBJECT_DESCRIPTOR_FAILURE",
      /not a regular file/,
    );
    await moveAndLink(`${directory}/index.json`);
    await fails(
      openLayout(directory, { cosignEnabled: false }),
      "REPOSITORY_OPERATION_FAILURE",
      /index\.json cannot be used: it is not a regular file/,
    );
  },
});
