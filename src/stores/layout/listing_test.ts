import assert from "node:assert/strict";
import {
  blobPath,
  type ForgedManifest,
  forgeImage,
  forgeManifest,
  forgeSignature,
  type LayoutEntry,
  utf8,
  writeLayout,
} from "../../../tests/forge/mod.ts";
import { temporaryFolder } from "../../../tests/temp.ts";
import { AssayError, type ErrorCode } from "../../errors.ts";
import {
  COSIGN_ATTESTATION,
  COSIGN_SIGNATURE,
  type Descriptor,
  NOTATION_SIGNATURE,
  OCI_ARTIFACT_MANIFEST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  parseManifest,
} from "../../oci/mod.ts";
import type { Referrer, StoreOptions } from "../store.ts";
import { openLayout } from "./layout_store.ts";
import { listReferrers, MAX_REFERRERS } from "./listing.ts";

const OPTIONS: StoreOptions = { signal: new AbortController().signal };

/** Lists what is attached to the image of a layout; `damage` gets the folder before that. */
async function list(
  image: ForgedManifest,
  attached: readonly LayoutEntry[],
  options: {
    cosign?: boolean;
    attestations?: boolean;
    damage?: (directory: string) => Promise<unknown>;
  } = {},
): Promise<readonly Referrer[]> {
  await using folder = await temporaryFolder();
  await writeLayout(folder.path, [{ manifest: image, tag: "v1" }, ...attached]);
  await options.damage?.(folder.path);
  const store = await openLayout(folder.path, {
    cosignEnabled: options.cosign ?? false,
    cosignAttestations: options.attestations ?? false,
  });
  const reference = { registry: "r.example", repository: "app", tag: "v1" };
  return await store.referrers({ reference, descriptor: image.descriptor }, OPTIONS);
}

async function fails(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<AssayError> {
  const error: unknown = await promise.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof AssayError, `no AssayError but ${error}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return error;
}

const summary = (referrers: readonly Referrer[]): string[][] =>
  referrers.map(({ digest, artifactType, source }) => [digest, artifactType, source]);

const cosignTag = ({ descriptor }: ForgedManifest): string =>
  `${descriptor.digest.replace(":", "-")}.sig`;

const signatureOf = (image: ForgedManifest, text = "{}"): Promise<ForgedManifest> =>
  forgeSignature(image.descriptor, { envelope: utf8(text) });

Deno.test("listReferrers finds what names the image as its subject, in the order of the index", async () => {
  const [image, other] = await Promise.all([forgeImage(), forgeImage("other")]);
  const current = await signatureOf(image);
  const legacy = await forgeManifest({
    config: { mediaType: NOTATION_SIGNATURE, bytes: "{}" },
    subject: image.descriptor,
    annotations: { k: "v" },
  });
  const artifact = await forgeManifest({
    mediaType: OCI_ARTIFACT_MANIFEST,
    artifactType: "application/spdx+json",
    subject: image.descriptor,
    members: { schemaVersion: undefined, config: undefined, layers: undefined, blobs: [] },
  });
  const index = await forgeManifest({
    mediaType: OCI_IMAGE_INDEX,
    subject: image.descriptor,
    members: { config: undefined, layers: undefined, manifests: [] },
  });
  const found = await list(image, [
    { manifest: legacy },
    { manifest: await signatureOf(other) },
    { manifest: other, tag: "v2" },
    { manifest: artifact, tag: "tagged-too" },
    { manifest: current },
    { manifest: current },
    { manifest: index, members: { artifactType: "claimed/type" } },
  ]);
  assert.deepEqual(summary(found), [
    [legacy.descriptor.digest, NOTATION_SIGNATURE, "referrer"],
    [artifact.descriptor.digest, "application/spdx+json", "referrer"],
    [current.descriptor.digest, NOTATION_SIGNATURE, "referrer"],
    // The manifest decides on the type; that in the index is only believed where there is no manifest.
    [index.descriptor.digest, "", "referrer"],
  ]);
  assert.deepEqual({ ...found[0]?.annotations }, { k: "v" });
});

Deno.test("listReferrers adds the manifest under cosign's tag only if that is enabled", async () => {
  const [image, other] = await Promise.all([forgeImage(), forgeImage("other")]);
  const [mine, theirs] = await Promise.all([
    forgeManifest({ annotations: { of: "image" } }),
    forgeManifest({ annotations: { of: "other" } }),
  ]);
  const attached = [
    { manifest: mine, tag: cosignTag(image) },
    { manifest: theirs, tag: cosignTag(other) },
    { manifest: await signatureOf(image) },
  ];
  assert.equal((await list(image, attached)).length, 1);
  const found = await list(image, attached, { cosign: true });
  assert.equal(found.length, 2);
  assert.deepEqual(summary(found)[1], [mine.descriptor.digest, COSIGN_SIGNATURE, "cosignTag"]);
  assert.equal((await list(other, [], { cosign: true })).length, 0);

  const twice = [...attached, { manifest: theirs, tag: cosignTag(image) }];
  const error = await fails(
    list(image, twice, { cosign: true }),
    "LIST_REFERRERS_FAILURE",
    /stands for two manifests/,
  );
  assert.deepEqual([error.effect, error.transient], ["undecided", false]);
  assert.equal((await list(image, twice)).length, 1);
});

Deno.test("listReferrers adds the manifest under cosign's tag of attestations only if asked to", async () => {
  const image = await forgeImage();
  const manifest = await forgeManifest({ annotations: { of: "image" } });
  const attached = [{ manifest, tag: cosignTag(image).replace(".sig", ".att") }];
  assert.deepEqual(await list(image, attached, { cosign: true }), []);
  assert.deepEqual(await list(image, attached, { attestations: true }), []);
  const found = await list(image, attached, { cosign: true, attestations: true });
  assert.deepEqual(summary(found), [[
    manifest.descriptor.digest,
    COSIGN_ATTESTATION,
    "cosignTag",
  ]]);
});

Deno.test("listReferrers does not let a damaged manifest spoil a good one", async () => {
  const image = await forgeImage();
  const [good, bad] = await Promise.all([signatureOf(image), signatureOf(image, "bad")]);
  const { digest } = bad.descriptor;
  const damages: ((path: string) => Promise<unknown>)[] = [
    (path) => Deno.remove(path),
    (path) => Deno.truncate(path, 10),
    (path) => Deno.writeFile(path, new Uint8Array(bad.descriptor.size)),
  ];
  for (const damage of damages) {
    for (const attached of [[bad, good], [good, bad]]) {
      const found = await list(image, attached.map((manifest) => ({ manifest })), {
        damage: (directory) => damage(blobPath(directory, digest)),
      });
      assert.deepEqual(found.map((one) => one.digest), [good.descriptor.digest]);
    }
  }
});

Deno.test("listReferrers does not take an image for unsigned when a manifest is damaged", async () => {
  const image = await forgeImage();
  const bad = await signatureOf(image);
  const path = (directory: string): string => blobPath(directory, bad.descriptor.digest);
  const damages: [(directory: string) => Promise<unknown>, RegExp][] = [
    [(directory) => Deno.remove(path(directory)), /cannot be read intact: it is missing/],
    [(directory) => Deno.truncate(path(directory), 10), /it has 10 bytes/],
    [(directory) => Deno.writeFile(path(directory), new Uint8Array(bad.descriptor.size)), /digest/],
  ];
  for (const [damage, message] of damages) {
    const error = await fails(
      list(image, [{ manifest: bad }], { damage }),
      "LIST_REFERRERS_FAILURE",
      message,
    );
    assert.deepEqual([error.effect, error.transient], ["undecided", true]);
    assert.ok(error.message.includes(bad.descriptor.digest));
  }
});

Deno.test("listReferrers lists a damaged manifest by the type that the index gives it", async () => {
  const image = await forgeImage();
  const bad = await signatureOf(image);
  const found = await list(image, [{
    manifest: bad,
    members: { artifactType: NOTATION_SIGNATURE },
  }], {
    damage: (directory) => Deno.remove(blobPath(directory, bad.descriptor.digest)),
  });
  assert.deepEqual(summary(found), [[bad.descriptor.digest, NOTATION_SIGNATURE, "referrer"]]);
});

Deno.test("listReferrers denies when all was read, nothing is attached and something is no manifest", async () => {
  const image = await forgeImage();
  const noManifest = await forgeManifest({
    text: (json) => json.slice(1),
    subject: image.descriptor,
  });
  const twice = await forgeManifest({
    subject: image.descriptor,
    text: (json) => json.replace('"layers"', '"config":{},"layers"'),
  });
  for (const manifest of [noManifest, twice]) {
    const error = await fails(list(image, [{ manifest }]), "MANIFEST_INVALID", /not strict JSON/);
    assert.equal(error.effect, "deny");
    assert.equal(error.detail, `manifest ${manifest.descriptor.digest}`);
  }
  const large = await signatureOf(image);
  const claims = { manifest: large, members: { size: 4 * 1024 * 1024 + 1 } };
  await fails(list(image, [claims]), "LIMIT_EXCEEDED", /4194305 bytes/);
  // What could not be read weighs more than what could.
  await fails(
    list(image, [{ manifest: noManifest }, { manifest: large }], {
      damage: (directory) => Deno.remove(blobPath(directory, large.descriptor.digest)),
    }),
    "LIST_REFERRERS_FAILURE",
    /is missing/,
  );
  const good = await signatureOf(image, "good");
  assert.equal(
    (await list(image, [{ manifest: noManifest }, claims, { manifest: good }])).length,
    1,
  );
});

Deno.test("listReferrers leaves out entries that are no manifests by their type, unread", async () => {
  const image = await forgeImage();
  const entry = { manifest: await signatureOf(image), members: { mediaType: "application/xml" } };
  const damage = (directory: string): Promise<void> =>
    Deno.remove(blobPath(directory, entry.manifest.descriptor.digest));
  assert.deepEqual(await list(image, [entry], { damage }), []);
});

Deno.test("listReferrers stops at 1,000 artifacts", async () => {
  const subject = (await forgeImage()).descriptor;
  const manifest = await forgeManifest({ artifactType: "a/b", subject });
  const read = (entry: Descriptor): Promise<ReturnType<typeof parseManifest>> =>
    Promise.resolve(parseManifest(manifest.bytes, entry.mediaType));
  const entries = Array.from({ length: MAX_REFERRERS + 1 }, (_, index): Descriptor => ({
    mediaType: OCI_IMAGE_MANIFEST,
    digest: `sha256:${index.toString(16).padStart(64, "0")}`,
    size: 1,
  }));
  const most = await listReferrers(entries.slice(1), subject, [], read);
  assert.equal(most.length, 1000);
  const error = await fails(
    listReferrers(entries, subject, [], read),
    "LIMIT_EXCEEDED",
    /More than 1000 artifacts/,
  );
  assert.equal(error.effect, "deny");
});
