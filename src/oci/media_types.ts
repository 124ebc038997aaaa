/** Media types of manifests and artifacts, as the OCI image specification and Docker write them. */

/** OCI image manifest (OCI image specification, "Image Manifest"). */
export const OCI_IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
/** OCI image index (OCI image specification, "Image Index"). */
export const OCI_IMAGE_INDEX = "application/vnd.oci.image.index.v1+json";
/** The OCI artifact manifest, withdrawn before OCI image specification 1.1; old tools wrote it. */
export const OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";
/** Docker image manifest, version 2, schema 2. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
/** Docker manifest list. */
export const DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
/** The empty descriptor's type: a config that is `{}` (OCI image specification, "Image Manifest"). */
export const OCI_EMPTY = "application/vnd.oci.empty.v1+json";

/** Artifact type of signatures of the Notary Project. */
export const NOTATION_SIGNATURE = "application/vnd.cncf.notary.signature";
/** Artifact type that stands for the signatures under the tag that cosign derives from a digest. */
export const COSIGN_SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json";
/**
 * Artifact type of attestations as cosign 2 attaches them: DSSE envelopes as layers, under the tag that
 * it derives from a digest.
 */
export const COSIGN_ATTESTATION = "application/vnd.dev.cosign.artifact.att.v1+json";

/** The media types of manifests that {@link parseManifest} reads. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  OCI_IMAGE_MANIFEST,
  OCI_IMAGE_INDEX,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_ARTIFACT_MANIFEST,
];

const MAX_NAME = 127;

/**
 * Whether a text is a media type without parameters: `type/subtype`, each a restricted name of
 * RFC 6838 §4.2 (a letter or digit, then up to 126 of letters, digits and `!#$&-^_.+`).
 */
export function isMediaType(text: string): boolean {
  const slash = text.indexOf("/");
  return slash > 0 && isRestrictedName(text.slice(0, slash)) &&
    isRestrictedName(text.slice(slash + 1));
}

function isRestrictedName(name: string): boolean {
  return name.length <= MAX_NAME && /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/.test(name);
}
