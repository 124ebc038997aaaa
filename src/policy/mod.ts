export { type CelPolicyResult, type CelProblem, createCelPolicy } from "./cel_policy.ts";
export { type ConfigPolicyConfiguration, createConfigPolicy } from "./config_policy.ts";
export type { Quantifier } from "./group.ts";
export { allReports } from "./judged_policy.ts";
export type { PolicyInput, PolicyProvider } from "./policy_provider.ts";
export { type RegoPlace, type RegoProblem } from "./rego_engine.ts";
export {
  createRegoPolicy,
  type RegoPolicyConfiguration,
  type RegoPolicyResult,
} from "./rego_policy.ts";
export {
  createThresholdPolicy,
  type ThresholdGroup,
  type ThresholdRule,
  type VerifierRule,
} from "./threshold_policy.ts";
