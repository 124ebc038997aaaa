/** References, digests, descriptors and manifests. Pure: nothing here reads or sends anything. */

export type { Bytes } from "../crypto/mod.ts";
export { type Descriptor, parseDescriptor } from "./descriptor.ts";
export {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  matchesDigest,
  parseDigest,
} from "./digest.ts";
export {
  claimedMediaType,
  type Manifest,
  type ManifestKind,
  MAX_MANIFEST_BYTES,
  MAX_MANIFEST_ENTRIES,
  parseManifest,
} from "./manifest.ts";
export {
  COSIGN_ATTESTATION,
  COSIGN_SIGNATURE,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isMediaType,
  MANIFEST_MEDIA_TYPES,
  NOTATION_SIGNATURE,
  OCI_ARTIFACT_MANIFEST,
  OCI_EMPTY,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from "./media_types.ts";
export { quote } from "./quote.ts";
export {
  formatReference,
  isTag,
  parseReference,
  type Reference,
  repositoryName,
  withDigest,
} from "./reference.ts";
export { parseKey, type RequestKey, type Scope } from "./request_key.ts";
