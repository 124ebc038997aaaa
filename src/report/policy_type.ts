import { COSIGN_SIGNATURE } from "../oci/mod.ts";
import type { ArtifactReport } from "./report.ts";

const SIGSTORE_BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:[.+]|$)/;

/**
 * Under which name a policy for artifact types counts an artifact type: signatures by cosign are one
 * kind, whether they are bundles or in the older form.
 */
export function policyTypeOf(artifactType: string): string {
  return SIGSTORE_BUNDLE.test(artifactType) ? COSIGN_SIGNATURE : artifactType;
}

/**
 * Under which name such a policy counts a report. What an `attestation` verifier finds is a kind of
 * its own for each verifier, since an attestation is no signature, though both come in bundles.
 */
export function policyTypeOfReport(report: ArtifactReport): string {
  return report.verifierType === "attestation"
    ? `attestation/${report.verifierName}`
    : policyTypeOf(report.artifactType);
}
