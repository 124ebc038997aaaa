import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import {
  claimedMediaType,
  MAX_MANIFEST_BYTES,
  MAX_MANIFEST_ENTRIES,
  parseManifest,
} from "./manifest.ts";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  NOTATION_SIGNATURE,
  OCI_ARTIFACT_MANIFEST,
  OCI_EMPTY,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from "./media_types.ts";
import type { Bytes } from "./mod.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const CONFIG = { mediaType: OCI_EMPTY, digest: DIGEST, size: 2 };
const LAYER = { mediaType: "application/jose+json", digest: DIGEST, size: 10 };
const SUBJECT = { mediaType: OCI_IMAGE_MANIFEST, digest: DIGEST, size: 400 };
const IMAGE = { schemaVersion: 2, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, manifests: [SUBJECT] };

function bytesOf(value: unknown): Bytes {
  return new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
}

Deno.test("parseManifest reads an image manifest", () => {
  const manifest = parseManifest(
    bytesOf({
      ...IMAGE,
      mediaType: OCI_IMAGE_MANIFEST,
      artifactType: NOTATION_SIGNATURE,
      subject: SUBJECT,
      annotations: { a: "b" },
    }),
    OCI_IMAGE_MANIFEST,
  );
  assert.ok(Object.isFrozen(manifest));
  assert.deepEqual({ ...manifest, annotations: { ...manifest.annotations } }, {
    kind: "image",
    mediaType: OCI_IMAGE_MANIFEST,
    artifactType: NOTATION_SIGNATURE,
    config: CONFIG,
    blobs: [LAYER],
    manifests: [],
    subject: SUBJECT,
    annotations: { a: "b" },
  });
});

Deno.test("parseManifest takes the artifact type from its member, else from the config", () => {
  const cases: [Record<string, unknown>, string, string | undefined][] = [
    [{ ...IMAGE, artifactType: "a/b" }, OCI_IMAGE_MANIFEST, "a/b"],
    [{ ...IMAGE, artifactType: "" }, OCI_IMAGE_MANIFEST, OCI_EMPTY],
    [IMAGE, OCI_IMAGE_MANIFEST, OCI_EMPTY],
    [
      { ...IMAGE, config: { ...CONFIG, mediaType: NOTATION_SIGNATURE } },
      OCI_IMAGE_MANIFEST,
      NOTATION_SIGNATURE,
    ],
    [
      { ...IMAGE, artifactType: "a/b", config: { ...CONFIG, mediaType: NOTATION_SIGNATURE } },
      OCI_IMAGE_MANIFEST,
      "a/b",
    ],
    [INDEX, OCI_IMAGE_INDEX, undefined],
    [{ ...INDEX, artifactType: "a/b" }, OCI_IMAGE_INDEX, "a/b"],
    [{ artifactType: "a/b", blobs: [] }, OCI_ARTIFACT_MANIFEST, "a/b"],
    [{ blobs: [] }, OCI_ARTIFACT_MANIFEST, undefined],
  ];
  for (const [value, mediaType, expected] of cases) {
    assert.equal(parseManifest(bytesOf(value), mediaType).artifactType, expected);
  }
});

Deno.test("parseManifest reads every kind by the media type it was fetched as", () => {
  const image = parseManifest(bytesOf({ ...IMAGE, mediaType: DOCKER_MANIFEST }), DOCKER_MANIFEST);
  assert.equal(image.kind, "image");
  assert.deepEqual(image.blobs, [LAYER]);

  for (const mediaType of [OCI_IMAGE_INDEX, DOCKER_MANIFEST_LIST]) {
    const index = parseManifest(bytesOf({ ...INDEX, mediaType, subject: SUBJECT }), mediaType);
    assert.equal(index.kind, "index");
    assert.deepEqual([index.blobs, index.manifests, index.config], [[], [SUBJECT], undefined]);
    assert.deepEqual(index.subject, SUBJECT);
  }

  const artifact = parseManifest(
    bytesOf({
      mediaType: OCI_ARTIFACT_MANIFEST,
      artifactType: "a/b",
      blobs: [LAYER],
      subject: SUBJECT,
    }),
    OCI_ARTIFACT_MANIFEST,
  );
  assert.equal(artifact.kind, "artifact");
  assert.deepEqual([artifact.blobs, artifact.manifests, artifact.subject], [[LAYER], [], SUBJECT]);
});

Deno.test("parseManifest takes an absent or null list, subject or annotations as none", () => {
  const bare = { schemaVersion: 2, config: CONFIG };
  for (const value of [bare, { ...bare, layers: null, subject: null, annotations: null }]) {
    const manifest = parseManifest(bytesOf(value), OCI_IMAGE_MANIFEST);
    assert.deepEqual(manifest.blobs, []);
    assert.equal(manifest.subject, undefined);
    assert.deepEqual(Object.keys(manifest.annotations), []);
  }
});

Deno.test("parseManifest keeps annotations apart from what objects inherit", () => {
  const text = JSON.stringify({ ...IMAGE, annotations: { k: "v" } });
  const { annotations } = parseManifest(bytesOf(text), OCI_IMAGE_MANIFEST);
  assert.equal(annotations["k"], "v");
  assert.equal(annotations["toString"], undefined);
});

Deno.test("parseManifest refuses what does not fit and says why", () => {
  const refused: [unknown, string, RegExp][] = [
    ["", OCI_IMAGE_MANIFEST, /not strict JSON/],
    ["{", OCI_IMAGE_MANIFEST, /not strict JSON/],
    ["[]", OCI_IMAGE_MANIFEST, /content must be an object, not a list/],
    ["null", OCI_IMAGE_MANIFEST, /content must be an object, not null/],
    ['"x"', OCI_IMAGE_MANIFEST, /content must be an object/],
    [`${JSON.stringify(IMAGE)} x`, OCI_IMAGE_MANIFEST, /not strict JSON/],
    ['{"schemaVersion":2,"schemaVersion":2}', OCI_IMAGE_MANIFEST, /not strict JSON/],
    [
      JSON.stringify({ ...IMAGE, subject: SUBJECT }).replace('"size":400', '"size":400,"size":400'),
      OCI_IMAGE_MANIFEST,
      /not strict JSON/,
    ],
    [IMAGE, "application/json", /"application\/json" is not the media type of a manifest/],
    [IMAGE, "", /is not the media type of a manifest/],
    [IMAGE, `${OCI_IMAGE_MANIFEST}; charset=utf-8`, /is not the media type of a manifest/],
    [{ ...IMAGE, mediaType: OCI_IMAGE_INDEX }, OCI_IMAGE_MANIFEST, /mediaType must be/],
    [{ ...IMAGE, mediaType: DOCKER_MANIFEST }, OCI_IMAGE_MANIFEST, /mediaType must be/],
    [{ ...IMAGE, mediaType: "" }, OCI_IMAGE_MANIFEST, /mediaType must be/],
    [{ ...IMAGE, mediaType: null }, OCI_IMAGE_MANIFEST, /mediaType must be/],
    [{ ...IMAGE, manifests: [] }, OCI_IMAGE_MANIFEST, /its manifests does not belong/],
    [{ ...IMAGE, blobs: [] }, OCI_IMAGE_MANIFEST, /its blobs does not belong/],
    [{ ...IMAGE, fsLayers: [] }, OCI_IMAGE_MANIFEST, /its fsLayers does not belong/],
    [{ ...INDEX, layers: [] }, OCI_IMAGE_INDEX, /its layers does not belong/],
    [{ ...INDEX, config: CONFIG }, OCI_IMAGE_INDEX, /its config does not belong/],
    [{ blobs: [], layers: [] }, OCI_ARTIFACT_MANIFEST, /its layers does not belong/],
    [{ blobs: [], config: CONFIG }, OCI_ARTIFACT_MANIFEST, /its config does not belong/],
    [{ ...IMAGE, schemaVersion: 1 }, OCI_IMAGE_MANIFEST, /schemaVersion must be 2/],
    [{ ...IMAGE, schemaVersion: "2" }, OCI_IMAGE_MANIFEST, /schemaVersion must be 2/],
    [{ ...INDEX, schemaVersion: undefined }, OCI_IMAGE_INDEX, /schemaVersion must be 2/],
    [{ schemaVersion: 2, layers: [] }, OCI_IMAGE_MANIFEST, /config must be an object, not absent/],
    [{ ...IMAGE, layers: {} }, OCI_IMAGE_MANIFEST, /layers must be a list/],
    [{ ...IMAGE, layers: [LAYER, null] }, OCI_IMAGE_MANIFEST, /layers\[1\] must be an object/],
    [{ ...IMAGE, layers: [{ ...LAYER, size: -1 }] }, OCI_IMAGE_MANIFEST, /layers\[0\]\.size/],
    [{ ...IMAGE, subject: "x" }, OCI_IMAGE_MANIFEST, /subject must be an object/],
    [{ ...IMAGE, subject: { digest: DIGEST } }, OCI_IMAGE_MANIFEST, /subject\.mediaType/],
    [{ ...IMAGE, artifactType: "signature" }, OCI_IMAGE_MANIFEST, /artifactType "signature"/],
    [{ ...IMAGE, annotations: { a: 1 } }, OCI_IMAGE_MANIFEST, /annotations\["a"\] must be text/],
    [
      { ...INDEX, manifests: Array(MAX_MANIFEST_ENTRIES + 1).fill(0) },
      OCI_IMAGE_INDEX,
      /manifests has 10001 entries/,
    ],
  ];
  for (const [value, mediaType, message] of refused) {
    assert.throws(() => parseManifest(bytesOf(value), mediaType), (error) => {
      assert.ok(error instanceof AssayError, String(error));
      assert.equal(error.code, "MANIFEST_INVALID");
      assert.match(error.message, message);
      return true;
    });
  }
  const notUtf8 = bytesOf(IMAGE);
  notUtf8[5] = 0xff;
  assert.throws(() => parseManifest(notUtf8, OCI_IMAGE_MANIFEST), /not strict JSON/);
});

Deno.test("parseManifest reads up to its limits and no further", () => {
  const most = { ...INDEX, manifests: Array(MAX_MANIFEST_ENTRIES).fill(SUBJECT) };
  const index = parseManifest(bytesOf(most), OCI_IMAGE_INDEX);
  assert.equal(index.manifests.length, MAX_MANIFEST_ENTRIES);

  const text = JSON.stringify(IMAGE);
  const full = bytesOf(text + " ".repeat(MAX_MANIFEST_BYTES - text.length));
  assert.equal(parseManifest(full, OCI_IMAGE_MANIFEST).kind, "image");
  const tooLong = bytesOf(text + " ".repeat(MAX_MANIFEST_BYTES - text.length + 1));
  for (const read of [parseManifest, claimedMediaType]) {
    assert.throws(() => read(tooLong, OCI_IMAGE_MANIFEST), (error) => {
      return error instanceof AssayError && error.code === "LIMIT_EXCEEDED";
    });
  }
});

Deno.test("claimedMediaType prefers the mediaType member and else goes by the members", () => {
  assert.equal(
    claimedMediaType(bytesOf({ ...IMAGE, mediaType: DOCKER_MANIFEST })),
    DOCKER_MANIFEST,
  );
  assert.equal(claimedMediaType(bytesOf(IMAGE)), OCI_IMAGE_MANIFEST);
  assert.equal(claimedMediaType(bytesOf(INDEX)), OCI_IMAGE_INDEX);
  for (
    const value of ["", "[]", "{}", { layers: [] }, { blobs: [] }, { mediaType: 1, config: CONFIG }]
  ) {
    assert.throws(() => claimedMediaType(bytesOf(value)), (error) => {
      return error instanceof AssayError && error.code === "MANIFEST_INVALID";
    });
  }
});

Deno.test("parseManifest fails only with MANIFEST_INVALID for any JSON or bytes", () => {
  const value = fc.record({
    schemaVersion: fc.constantFrom(2, 1),
    mediaType: fc.constantFrom(undefined, OCI_IMAGE_MANIFEST, OCI_IMAGE_INDEX),
    config: fc.oneof(fc.constant(CONFIG), fc.jsonValue()),
    layers: fc.oneof(fc.constant([LAYER]), fc.jsonValue()),
    manifests: fc.oneof(fc.constant([SUBJECT]), fc.jsonValue()),
    subject: fc.oneof(fc.constant(SUBJECT), fc.jsonValue()),
    annotations: fc.jsonValue(),
  }, { requiredKeys: [] }).map(bytesOf);
  const noise = fc.uint8Array({ maxLength: 200 }).map((data) => new Uint8Array(data));
  fc.assert(
    fc.property(
      fc.oneof(value, noise),
      fc.constantFrom(OCI_IMAGE_MANIFEST, OCI_IMAGE_INDEX, OCI_ARTIFACT_MANIFEST),
      (bytes, mediaType) => {
        try {
          assert.equal(parseManifest(bytes, mediaType).mediaType, mediaType);
        } catch (error) {
          assert.ok(error instanceof AssayError && error.code === "MANIFEST_INVALID");
        }
      },
    ),
    { numRuns: 400 },
  );
});
