export {
  type CosignConfiguration,
  type CosignTrustPolicy,
  createCosignVerifier,
  type KeySource,
  type TrustedSigners,
} from "./cosign/mod.ts";
export { createNotationVerifier, type NotationConfiguration } from "./notation/mod.ts";
export type {
  ArtifactReader,
  VerifiedReferrer,
  VerifiedSubject,
  Verifier,
  VerifierContext,
  VerifierResult,
} from "./verifier.ts";
export {
  compileExpression,
  exactly,
  type IdentityPolicy,
  isAnchored,
  MAX_BUNDLE_BYTES,
  type Signer,
  verifyBundle,
} from "./sigstore/mod.ts";
