/** Content descriptors (OCI image specification, "Content Descriptors"). */

import { type Digest, isDigest } from "./digest.ts";
import { invalidManifest, member, objectOf, textMapMember, textMember } from "./fields.ts";
import { isMediaType } from "./media_types.ts";
import { quote } from "./quote.ts";

/** What content is, by type, digest and size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Reads a descriptor from parsed JSON. Media types must follow RFC 6838, the digest must be one that
 * {@link parseDigest} accepts, and the size a whole number from 0 to 2^53-1. An empty `artifactType` is
 * the same as none, as writers that have none write either; other members are ignored. The result is a
 * copy. `where` says where the descriptor stands, for messages.
 * Throws {@link AssayError} `MANIFEST_INVALID`.
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  const object = objectOf(value, where);
  const mediaType = checkMediaType(
    textMember(object, "mediaType", `${where}.mediaType`),
    `${where}.mediaType`,
  );
  const digest = textMember(object, "digest", `${where}.digest`);
  if (!isDigest(digest)) {
    throw invalidManifest(`${where}.digest`, `${quote(digest, 140)} is not a digest`);
  }
  const size = member(object, "size");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || Object.is(size, -0)) {
    throw invalidManifest(`${where}.size`, "must be a whole number of bytes");
  }
  const artifactType = parseArtifactType(object, where);
  return Object.freeze({
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...((member(object, "annotations") ?? undefined) === undefined
      ? {}
      : { annotations: textMapMember(object, "annotations", `${where}.annotations`) }),
  });
}

/**
 * The `artifactType` member of a descriptor or manifest; undefined when it is absent or empty.
 * Throws {@link AssayError} `MANIFEST_INVALID`.
 */
export function parseArtifactType(
  object: Readonly<Record<string, unknown>>,
  where: string,
): string | undefined {
  const name = where === "" ? "artifactType" : `${where}.artifactType`;
  if (member(object, "artifactType") === undefined) return undefined;
  const text = textMember(object, "artifactType", name);
  return text === "" ? undefined : checkMediaType(text, name);
}

function checkMediaType(text: string, where: string): string {
  if (!isMediaType(text)) {
    throw invalidManifest(where, `${quote(text, 60)} is not a media type such as application/json`);
  }
  return text;
}
