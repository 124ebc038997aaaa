import assert from "node:assert/strict";
import { type Case, corpusCase, corpusCases, layoutOf } from "../../../tests/corpus.ts";
import { AssayError } from "../../errors.ts";
import { COSIGN_SIGNATURE, type Descriptor, parseDigest, type Reference } from "../../oci/mod.ts";
import type { ArtifactStore, Referrer, StoreOptions, Subject } from "../store.ts";
import { openLayout } from "./layout_store.ts";

const OPTIONS: StoreOptions = { signal: new AbortController().signal };

async function open(one: Case): Promise<ArtifactStore> {
  return await openLayout(await layoutOf(one), { cosignEnabled: true });
}

function referenceOf(one: Case): Reference {
  return { registry: "r.example", repository: one.id, digest: parseDigest(one.imageDigest) };
}

Deno.test("LayoutStore resolves the image of every case of the corpus", async () => {
  for (const one of await corpusCases()) {
    const store = await open(one);
    const { descriptor } = await store.resolve(referenceOf(one), OPTIONS);
    assert.equal(descriptor.digest, one.imageDigest, one.id);
    assert.equal(descriptor.mediaType, one.imageMediaType, one.id);
    const { registry, repository } = referenceOf(one);
    const tagged = await store.resolve({ registry, repository, tag: one.tag }, OPTIONS);
    assert.equal(tagged.descriptor.digest, one.imageDigest, one.id);
  }
});

Deno.test("LayoutStore lists for every case of the corpus what the case says is attached", async () => {
  for (const one of await corpusCases()) {
    const store = await open(one);
    const subject = await store.resolve(referenceOf(one), OPTIONS);
    const found = await store.referrers(subject, OPTIONS);
    const cosignTag = `${one.imageDigest.replace(":", "-")}.sig`;
    const expected = one.referrers
      .filter((other) => other.subject === one.imageDigest || other.tag === cosignTag)
      .map((other) =>
        `${other.digest} ${other.tag === undefined ? other.artifactType : COSIGN_SIGNATURE}`
      );
    const actual = found.map((referrer) => `${referrer.digest} ${referrer.artifactType}`);
    assert.deepEqual(actual.toSorted(), expected.toSorted(), one.id);
    for (const referrer of found) {
      const { manifest } = await store.manifest(subject, referrer, OPTIONS);
      if (referrer.source === "cosignTag") continue;
      assert.equal(manifest.artifactType, referrer.artifactType, one.id);
      assert.equal(manifest.subject?.digest, one.imageDigest, one.id);
    }
  }
});

async function signatureBlobs(
  one: Case,
): Promise<
  { store: ArtifactStore; subject: Subject; referrers: readonly Referrer[]; blobs: Descriptor[] }
> {
  const store = await open(one);
  const subject = await store.resolve(referenceOf(one), OPTIONS);
  const referrers = await store.referrers(subject, OPTIONS);
  const manifests = await Promise.all(
    referrers.map((referrer) => store.manifest(subject, referrer, OPTIONS)),
  );
  return { store, subject, referrers, blobs: manifests.flatMap(({ manifest }) => manifest.blobs) };
}

Deno.test("LayoutStore.blob notices the damaged blobs of the corpus", async () => {
  const cases: [string, string, RegExp][] = [
    ["notation-jws-truncated-blob", "GET_BLOB_CONTENT_FAILURE", /were declared/],
    ["notation-cose-corrupt-blob", "GET_BLOB_CONTENT_FAILURE", /does not have its digest/],
    ["notation-jws-missing-blob", "GET_BLOB_CONTENT_FAILURE", /it is missing/],
    ["cosign-tag-corrupt-payload-blob", "GET_BLOB_CONTENT_FAILURE", /does not have its digest/],
    ["notation-jws-blob-claims-too-large", "LIMIT_EXCEEDED", /has 33554433 bytes/],
  ];
  for (const [id, code, message] of cases) {
    const { store, subject, blobs } = await signatureBlobs(await corpusCase(id));
    assert.equal(blobs.length, 1, id);
    for (const blob of blobs) {
      await assert.rejects(store.blob(subject, blob, OPTIONS), (error) => {
        assert.ok(error instanceof AssayError, id);
        assert.equal(error.code, code, id);
        assert.match(error.message, message);
        return true;
      });
    }
  }
});

Deno.test("LayoutStore.blob gives the good one of two signatures, and large ones within the limit", async () => {
  const mixed = await signatureBlobs(await corpusCase("notation-jws-corrupt-then-good"));
  const outcomes = await Promise.allSettled(
    mixed.blobs.map((blob) => mixed.store.blob(mixed.subject, blob, OPTIONS)),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);

  const large = await signatureBlobs(await corpusCase("notation-cose-large-payload"));
  const [blob] = large.blobs;
  assert.ok(blob !== undefined);
  assert.equal((await large.store.blob(large.subject, blob, OPTIONS)).length, blob.size);
});
