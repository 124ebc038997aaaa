export { createNotationVerifier, type NotationConfiguration } from "./notation/mod.ts";
export type {
  ArtifactReader,
  VerifiedReferrer,
  VerifiedSubject,
  Verifier,
  VerifierContext,
  VerifierResult,
} from "./verifier.ts";
