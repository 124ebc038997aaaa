/** Images, artifacts that are attached to them, and OCI image layouts (OCI image specification). */

import { type Bytes, utf8 } from "./bytes.ts";
import { sha256Hex } from "./certificate.ts";
import { COSE_MEDIA_TYPE } from "./cose.ts";
import { JWS_MEDIA_TYPE } from "./jws.ts";

const IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const SIGNATURE = "application/vnd.cncf.notary.signature";

/** What content is. */
export interface ForgedDescriptor {
  readonly mediaType: string;
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

/** Bytes with the descriptor that fits them. */
export interface ForgedBlob {
  readonly bytes: Bytes;
  readonly descriptor: ForgedDescriptor;
}

/** A manifest with the blobs that it names. */
export interface ForgedManifest extends ForgedBlob {
  readonly blobs: readonly ForgedBlob[];
}

/** Content and its media type. */
export interface Content {
  readonly mediaType: string;
  readonly bytes: Bytes | string;
  /** Annotations of the descriptor, where it is a layer. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What to put into a manifest. */
export interface ManifestOptions {
  readonly layers?: readonly Content[];
  /** The empty config when absent. */
  readonly config?: Content;
  readonly artifactType?: string;
  readonly subject?: ForgedDescriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Members that replace or extend those of the manifest; undefined removes one. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Changes the text of the manifest; digest and size fit the result. */
  readonly text?: (json: string) => string;
  /** The media type in the descriptor and the manifest. */
  readonly mediaType?: string;
}

/** Hashes content. */
export async function forgeBlob({ mediaType, bytes }: Content): Promise<ForgedBlob> {
  const data = typeof bytes === "string" ? utf8(bytes) : bytes;
  const digest = `sha256:${await sha256Hex(data)}` as const;
  return { bytes: data, descriptor: { mediaType, digest, size: data.length } };
}

/** Makes a manifest and the blobs of it. */
export async function forgeManifest(options: ManifestOptions = {}): Promise<ForgedManifest> {
  const mediaType = options.mediaType ?? IMAGE_MANIFEST;
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", bytes: "{}" };
  const config = await forgeBlob(options.config ?? empty);
  const layers = await Promise.all((options.layers ?? []).map(forgeBlob));
  const json = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    artifactType: options.artifactType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }, index) => ({
      ...descriptor,
      annotations: options.layers?.[index]?.annotations,
    })),
    subject: options.subject,
    annotations: options.annotations,
    ...options.members,
  });
  const blob = await forgeBlob({ mediaType, bytes: options.text?.(json) ?? json });
  return { ...blob, blobs: [config, ...layers] };
}

/** Makes a small image; each name gives another one. */
export function forgeImage(name = "image"): Promise<ForgedManifest> {
  return forgeManifest({
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      bytes: JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers" } }),
    },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", bytes: `layer of ${name}` }],
  });
}

/** A signature to attach. */
export interface SignatureOptions extends ManifestOptions {
  /** The media type of the envelope; `application/jose+json` when absent. */
  readonly envelopeType?: string;
  readonly envelope: Bytes;
}

/** Makes the manifest of a Notary Project signature: one layer, the envelope, with the subject. */
export function forgeSignature(
  subject: ForgedDescriptor,
  options: SignatureOptions,
): Promise<ForgedManifest> {
  const { envelope, envelopeType, ...rest } = options;
  const guessed = envelope[0] === 0xd2 ? COSE_MEDIA_TYPE : JWS_MEDIA_TYPE;
  return forgeManifest({
    artifactType: SIGNATURE,
    layers: [{ mediaType: envelopeType ?? guessed, bytes: envelope }],
    subject,
    ...rest,
  });
}

/** An entry of `index.json`; `tag` and `members` go into the entry. */
export interface LayoutEntry {
  readonly manifest: ForgedManifest;
  readonly tag?: string;
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Changes to the two files of a layout. */
export interface LayoutFiles {
  /** Changes the text of `index.json`. */
  readonly indexText?: (json: string) => string;
  /** The text of `oci-layout`. */
  readonly layoutText?: string;
}

/** Writes manifests with their blobs as an OCI image layout into a folder that exists. */
export async function writeLayout(
  directory: string,
  entries: readonly LayoutEntry[],
  files: LayoutFiles = {},
): Promise<void> {
  await Deno.mkdir(`${directory}/blobs/sha256`, { recursive: true });
  const blobs = entries.flatMap(({ manifest }) => [manifest, ...manifest.blobs]);
  await Promise.all(blobs.map(({ descriptor, bytes }) => {
    return Deno.writeFile(blobPath(directory, descriptor.digest), bytes);
  }));
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: entries.map(({ manifest, tag, members }) => ({
      ...manifest.descriptor,
      ...(tag === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": tag } }),
      ...members,
    })),
  });
  await Deno.writeTextFile(`${directory}/index.json`, files.indexText?.(index) ?? index);
  await Deno.writeTextFile(
    `${directory}/oci-layout`,
    files.layoutText ?? '{"imageLayoutVersion":"1.0.0"}',
  );
}

/** What {@link forgeLayout} wrote. */
export interface ForgedLayout {
  readonly directory: string;
  readonly image: ForgedManifest;
  readonly signatures: readonly ForgedManifest[];
  /** `oci:DIR@DIGEST`, for the command line. */
  readonly reference: string;
}

/** Writes an image, under the tag `v1`, with signatures as an OCI image layout into a folder that exists. */
export async function forgeLayout(
  directory: string,
  options: { image: ForgedManifest; signatures: readonly SignatureOptions[]; tag?: string },
): Promise<ForgedLayout> {
  const { image, tag = "v1" } = options;
  const signatures = await Promise.all(
    options.signatures.map((signature) => forgeSignature(image.descriptor, signature)),
  );
  await writeLayout(directory, [
    { manifest: image, tag },
    ...signatures.map((manifest) => ({ manifest })),
  ]);
  return {
    directory,
    image,
    signatures,
    reference: `oci:${directory}@${image.descriptor.digest}`,
  };
}

/** Where a blob lies in a layout: to remove, cut or change it. */
export function blobPath(directory: string, digest: string): string {
  return `${directory}/blobs/${digest.replace(":", "/")}`;
}
