export { SIGNATURE_ARTIFACT_TYPE } from "./headers.ts";
export { createNotationVerifier, type NotationConfiguration } from "./verifier.ts";
