export { type CosignConfiguration, createCosignVerifier } from "./verifier.ts";
export type { CosignTrustPolicy, KeySource, TrustedSigners } from "./trust_policy.ts";
