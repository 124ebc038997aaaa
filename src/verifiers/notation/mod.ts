export type { NotationConfiguration } from "./verification.ts";
export { createNotationVerifier } from "./verifier.ts";
