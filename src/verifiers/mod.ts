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
