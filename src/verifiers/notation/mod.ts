export { createNotationVerifier, type NotationConfiguration } from "./verifier.ts";
