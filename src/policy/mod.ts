export {
  type ConfigPolicyConfiguration,
  createConfigPolicy,
  type Quantifier,
} from "./config_policy.ts";
export type { PolicyInput, PolicyProvider } from "./policy_provider.ts";
