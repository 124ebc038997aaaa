export { createLicenseVerifier, type LicenseConfiguration } from "./verifier.ts";
