/**
 * Manifests: OCI image manifest and image index (OCI image specification), Docker's image manifest and
 * manifest list (version 2, schema 2), and the withdrawn OCI artifact manifest.
 *
 * The kind comes from the media type under which the manifest was fetched, never from its content; and
 * content that would read differently under another kind is refused, so that nobody can be shown
 * one image and run another.
 */

import { type Bytes, decodeUtf8, FormatError, parseJson } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { type Descriptor, parseArtifactType, parseDescriptor } from "./descriptor.ts";
import {
  invalidManifest,
  type JsonObject,
  listMember,
  member,
  objectOf,
  textMapMember,
  textMember,
} from "./fields.ts";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_ARTIFACT_MANIFEST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from "./media_types.ts";
import { quote } from "./quote.ts";

/** The most bytes of a manifest. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** The most layers, blobs or manifests that a manifest may list. */
export const MAX_MANIFEST_ENTRIES = 10_000;

/** What kind of manifest: one image or artifact, a list of manifests, or the old artifact manifest. */
export type ManifestKind = "image" | "index" | "artifact";

/** A manifest as read: plain, frozen data. */
export interface Manifest {
  readonly kind: ManifestKind;
  /** The media type under which it was read. */
  readonly mediaType: string;
  /** The `artifactType` member, or the config's media type where that is absent; an index has no config. */
  readonly artifactType: string | undefined;
  readonly config?: Descriptor;
  /** The layers of an image manifest, the blobs of an artifact manifest; empty for an index. */
  readonly blobs: readonly Descriptor[];
  /** The manifests of an index; empty for the other kinds. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one is attached to. */
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

const KINDS: ReadonlyMap<string, ManifestKind> = new Map([
  [OCI_IMAGE_MANIFEST, "image"],
  [DOCKER_MANIFEST, "image"],
  [OCI_IMAGE_INDEX, "index"],
  [DOCKER_MANIFEST_LIST, "index"],
  [OCI_ARTIFACT_MANIFEST, "artifact"],
]);

/** The members that only other kinds have. */
const FOREIGN: Readonly<Record<ManifestKind, readonly string[]>> = {
  image: ["manifests", "blobs", "fsLayers"],
  index: ["config", "layers", "blobs", "fsLayers"],
  artifact: ["config", "layers", "manifests", "fsLayers"],
};

/**
 * Reads a manifest that was fetched as `mediaType`. The JSON must be strict (no duplicate members), of
 * at most {@link MAX_MANIFEST_BYTES} and {@link MAX_MANIFEST_ENTRIES}. A `mediaType` member must agree
 * with the media type given, and `schemaVersion` must be 2 except in the artifact manifest, which has none.
 * Throws {@link AssayError} `MANIFEST_INVALID`, and `LIMIT_EXCEEDED` for a manifest that is too big.
 */
export function parseManifest(bytes: Bytes, mediaType: string): Manifest {
  const kind = KINDS.get(mediaType);
  if (kind === undefined) {
    throw invalidManifest("", `${quote(mediaType, 60)} is not the media type of a manifest`);
  }
  const object = parseObject(bytes);
  const own = member(object, "mediaType");
  if (own !== undefined && own !== mediaType) {
    throw invalidManifest(
      "mediaType",
      `must be ${mediaType}, as which it is stored, not ${quote(String(own), 60)}`,
    );
  }
  const foreign = FOREIGN[kind].find((name) => member(object, name) !== undefined);
  if (foreign !== undefined) {
    throw invalidManifest(foreign, `does not belong into a manifest of type ${mediaType}`);
  }
  if (kind !== "artifact" && member(object, "schemaVersion") !== 2) {
    throw invalidManifest("schemaVersion", "must be 2");
  }

  const config = kind === "image" ? parseDescriptor(member(object, "config"), "config") : undefined;
  const subject = member(object, "subject") ?? undefined;
  const artifactType = parseArtifactType(object, "") ?? config?.mediaType;
  return Object.freeze({
    kind,
    mediaType,
    artifactType,
    ...(config === undefined ? {} : { config }),
    blobs: kind === "index" ? [] : descriptors(object, kind === "image" ? "layers" : "blobs"),
    manifests: kind === "index" ? descriptors(object, "manifests") : [],
    ...(subject === undefined ? {} : { subject: parseDescriptor(subject, "subject") }),
    annotations: textMapMember(object, "annotations", "annotations"),
  });
}

/**
 * The media type that a manifest claims for itself: its `mediaType` member, else the OCI type that its
 * members fit. For content of which nothing else says what it is.
 * Throws {@link AssayError} `MANIFEST_INVALID` when it fits none.
 */
export function claimedMediaType(bytes: Bytes): string {
  const object = parseObject(bytes);
  if (member(object, "mediaType") !== undefined) {
    return textMember(object, "mediaType", "mediaType");
  }
  if (member(object, "manifests") !== undefined) return OCI_IMAGE_INDEX;
  if (member(object, "config") !== undefined) return OCI_IMAGE_MANIFEST;
  throw invalidManifest("", "it has neither a media type nor the members of a manifest");
}

function parseObject(bytes: Bytes): JsonObject {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new AssayError({
      code: "LIMIT_EXCEEDED",
      component: "referrerStore",
      message: `A manifest has ${bytes.length} bytes; at most ${MAX_MANIFEST_BYTES} are read.`,
    });
  }
  try {
    return objectOf(parseJson(decodeUtf8(bytes)).value, "content");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw invalidManifest("", `it is not strict JSON: ${error.message}`, error);
  }
}

function descriptors(object: JsonObject, name: string): readonly Descriptor[] {
  const list = listMember(object, name);
  if (list.length > MAX_MANIFEST_ENTRIES) {
    throw invalidManifest(
      name,
      `has ${list.length} entries; at most ${MAX_MANIFEST_ENTRIES} are read`,
    );
  }
  return Object.freeze(list.map((entry, index) => parseDescriptor(entry, `${name}[${index}]`)));
}
