import type { ArtifactReport, ReferrerReport } from "./report.ts";

/** What is known of something attached, in the form 1.1.0, which policies in Rego and CEL judge. */
export interface WireReferrer {
  readonly subject: string;
  readonly referenceDigest: string;
  readonly artifactType: string;
  readonly verifierReports: readonly WireReport[];
  readonly nestedReports: readonly WireReferrer[];
}

/** What one verifier found. What is undecided is no success. */
export interface WireReport {
  readonly isSuccess: boolean;
  readonly message: string;
  readonly name: string;
  readonly extensions: Readonly<Record<string, unknown>> | null;
  readonly errorReason?: string;
  readonly remediation?: string;
  readonly verifierName: string;
  readonly type?: string;
  readonly verifierType?: string;
  readonly origin?: string;
}

/** Writes a tree of what is attached in the form 1.1.0. Lists are there even when they are empty. */
export function referrerToWire(referrer: ReferrerReport): WireReferrer {
  const { subject, referenceDigest, artifactType, reports, nested } = referrer;
  return {
    subject,
    referenceDigest,
    artifactType,
    verifierReports: reports.map(reportToWire),
    nestedReports: nested.map(referrerToWire),
  };
}

function reportToWire(report: ArtifactReport): WireReport {
  const { outcome, message, verifierName, verifierType, extensions, failure, origin } = report;
  return {
    isSuccess: outcome === "success",
    message,
    name: verifierName, // the older spelling of verifierName, which deployed policies read
    extensions: extensions ?? null,
    ...(failure === undefined ? {} : { errorReason: failure.reason }),
    ...(failure === undefined || failure.remedy === "" ? {} : { remediation: failure.remedy }),
    verifierName,
    ...(verifierType === "" ? {} : { type: verifierType, verifierType }),
    ...(origin === undefined ? {} : { origin }),
  };
}
