export {
  type AttestationConfiguration,
  type Condition,
  type ConditionTest,
  createAttestationVerifier,
  parsePath,
  PREDICATE_TYPES,
  type PredicatePath,
  PROVENANCE_PATHS,
} from "./attestation/mod.ts";
export {
  type CosignConfiguration,
  type CosignTrustPolicy,
  createCosignVerifier,
  type KeySource,
  type TrustedSigners,
} from "./cosign/mod.ts";
export { createLicenseVerifier, type LicenseConfiguration } from "./license/mod.ts";
export { createSbomVerifier, type SbomConfiguration } from "./sbom/mod.ts";
export {
  type CompiledSchema,
  compileSchema,
  createSchemaVerifier,
  type SchemaConfiguration,
} from "./schema/mod.ts";
export {
  createVulnerabilityVerifier,
  type VulnerabilityConfiguration,
} from "./vulnerability/mod.ts";
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
  PluginError,
  type PluginHost,
  type PluginRequest,
  type VerificationPlugin,
} from "./verification_plugin.ts";
export {
  compileExpression,
  exactly,
  type IdentityPolicy,
  isAnchored,
  MAX_BUNDLE_BYTES,
  type Signer,
  type TextMatcher,
  verifyBundle,
} from "./sigstore/mod.ts";
