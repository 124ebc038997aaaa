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
export { compileExpression, exactly, type IdentityPolicy, isAnchored } from "./sigstore/mod.ts";
