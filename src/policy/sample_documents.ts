import type { WireReferrer, WireReport } from "../report/mod.ts";
import type { JudgedDocument } from "./judged_policy.ts";

const SUBJECT = "registry.example.com/app:v1";
const DIGEST = `sha256:${"0".repeat(64)}`;

/**
 * Documents that a policy is evaluated over when it is loaded, so that what is wrong with it shows before
 * the first image does: nothing attached, a success and a failure, each with something attached to it.
 */
export const SAMPLE_DOCUMENTS: readonly JudgedDocument[] = [
  { verifierReports: [] },
  { verifierReports: [sample(true), sample(false)] },
];

function sample(isSuccess: boolean): WireReferrer {
  const type = "application/vnd.cncf.notary.signature";
  const signature = referrer(`${SUBJECT.split(":")[0]}@${DIGEST}`, type, "notation", isSuccess, []);
  return referrer(SUBJECT, "application/spdx+json", "sbom", isSuccess, [signature]);
}

function referrer(
  subject: string,
  artifactType: string,
  type: string,
  isSuccess: boolean,
  nestedReports: readonly WireReferrer[],
): WireReferrer {
  const report: WireReport = {
    isSuccess,
    message: "a sample",
    name: type,
    extensions: { createdAt: "2026-01-01T00:00:00Z" },
    ...(isSuccess ? {} : { errorReason: "a sample", remediation: "none" }),
    verifierName: type,
    type,
    verifierType: type,
  };
  return {
    subject,
    referenceDigest: DIGEST,
    artifactType,
    verifierReports: [report],
    nestedReports,
  };
}
