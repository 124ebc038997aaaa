export { createSbomVerifier, type SbomConfiguration } from "./verifier.ts";
