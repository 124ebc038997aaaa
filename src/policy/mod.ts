export { type ConfigPolicyConfiguration, createConfigPolicy } from "./config_policy.ts";
export type { Quantifier } from "./group.ts";
export type { PolicyInput, PolicyProvider } from "./policy_provider.ts";
export {
  createThresholdPolicy,
  type ThresholdGroup,
  type ThresholdRule,
  type VerifierRule,
} from "./threshold_policy.ts";
