import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { temporaryFolder } from "../temp.ts";
import {
  blobPath,
  forgeChain,
  forgeCose,
  type ForgedDescriptor,
  forgeImage,
  forgeJws,
  forgeLayout,
  forgeManifest,
  writeLayout,
} from "./mod.ts";

async function readIntact(directory: string, { digest, size }: ForgedDescriptor): Promise<unknown> {
  const bytes = await Deno.readFile(blobPath(directory, digest));
  assert.equal(bytes.length, size);
  assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, digest);
  return JSON.parse(new TextDecoder().decode(bytes));
}

Deno.test("forgeLayout writes an image and its signatures, all with fitting digests", async () => {
  await using folder = await temporaryFolder();
  const chain = await forgeChain();
  const image = await forgeImage();
  const target = image.descriptor;
  const jws = await forgeJws({ chain, target });
  const cose = await forgeCose({ chain, target });
  const layout = await forgeLayout(folder.path, {
    image,
    signatures: [{ envelope: jws }, { envelope: cose }, {
      envelope: jws,
      envelopeType: "text/plain",
    }],
  });
  assert.equal(layout.reference, `oci:${folder.path}@${target.digest}`);
  const version = await Deno.readTextFile(`${folder.path}/oci-layout`);
  assert.deepEqual(JSON.parse(version), { imageLayoutVersion: "1.0.0" });

  const index: { manifests: ForgedDescriptor[] } = JSON.parse(
    await Deno.readTextFile(`${folder.path}/index.json`),
  );
  assert.deepEqual(index.manifests[0], {
    ...target,
    annotations: { "org.opencontainers.image.ref.name": "v1" },
  });
  await readIntact(folder.path, target);
  const types: string[] = [];
  for (const signature of index.manifests.slice(1)) {
    const manifest = await readIntact(folder.path, signature) as {
      artifactType: string;
      subject: ForgedDescriptor;
      layers: [ForgedDescriptor];
    };
    assert.equal(manifest.artifactType, "application/vnd.cncf.notary.signature");
    assert.deepEqual(manifest.subject, target);
    types.push(manifest.layers[0].mediaType);
    assert.equal(
      (await Deno.stat(blobPath(folder.path, manifest.layers[0].digest))).size,
      manifest.layers[0].size,
    );
  }
  assert.deepEqual(types, ["application/jose+json", "application/cose", "text/plain"]);
});

Deno.test("forgeImage gives each name another image", async () => {
  const [one, same, other] = await Promise.all([forgeImage(), forgeImage(), forgeImage("other")]);
  assert.deepEqual(one.descriptor, same.descriptor);
  assert.notEqual(one.descriptor.digest, other.descriptor.digest);
});

Deno.test("writeLayout and forgeManifest write what the options say", async () => {
  await using folder = await temporaryFolder();
  const manifest = await forgeManifest({
    mediaType: "application/vnd.oci.artifact.manifest.v1+json",
    members: { blobs: [], layers: undefined, config: undefined, schemaVersion: undefined },
    text: (json) => `${json} `,
  });
  await writeLayout(
    folder.path,
    [{ manifest, tag: "t", members: { size: 1, artifactType: "a/b" } }],
    {
      indexText: (json) => json.replace('"schemaVersion":2', '"schemaVersion":1'),
      layoutText: "{}",
    },
  );
  assert.equal(
    new TextDecoder().decode(manifest.bytes),
    '{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]} ',
  );
  assert.equal(await Deno.readTextFile(`${folder.path}/oci-layout`), "{}");
  const index = JSON.parse(await Deno.readTextFile(`${folder.path}/index.json`));
  assert.equal(index.schemaVersion, 1);
  assert.deepEqual(index.manifests[0], {
    ...manifest.descriptor,
    size: 1,
    artifactType: "a/b",
    annotations: { "org.opencontainers.image.ref.name": "t" },
  });
});
