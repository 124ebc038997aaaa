import type { ArtifactReport } from "./report.ts";
import type { ImageReport } from "./verdict.ts";
import { referrerToWire } from "./wire_referrer.ts";

/** When and under which trace id an answer goes out. */
export interface Stamp {
  readonly traceId: string;
  readonly timestamp: Date;
}

/**
 * The result of one image: in the flat form, version 0.2.0, that constraint templates read, or as a tree,
 * version 1.1.0, where the policy judges one.
 */
export interface WireResult {
  readonly version: "0.2.0" | "1.1.0";
  readonly isSuccess: boolean;
  readonly traceID: string;
  readonly timestamp: string;
  /** Left out where the form is a tree and nothing is attached. */
  readonly verifierReports?: readonly object[];
}

/** Writes a report in the form that its policy goes with. */
export function toWire(report: ImageReport, stamp: Stamp): WireResult {
  const tree = report.referrers?.map(referrerToWire);
  const verifierReports = tree ?? flatReports(report);
  return {
    version: tree === undefined ? "0.2.0" : "1.1.0",
    isSuccess: report.verdict.verdict === "allow",
    traceID: stamp.traceId,
    timestamp: stamp.timestamp.toISOString(),
    ...(verifierReports.length === 0 && tree !== undefined ? {} : { verifierReports }),
  };
}

/** Where no verifier reported anything, one report of failure without a verifier says why. */
function flatReports(report: ImageReport): readonly object[] {
  const { verdict } = report;
  const reports = report.artifacts.map(artifactToWire);
  if (reports.length === 0 && verdict.verdict !== "allow") {
    const { cause } = verdict;
    reports.push(compact({
      subject: report.reference,
      subjectDigest: report.digest,
      isSuccess: false,
      message: cause.message,
      errorReason: cause.detail ?? cause.code,
      remediation: cause.remedy,
    }));
  }
  return reports;
}

/** The texts of reports that are given again and again, for as long as the reports are kept. */
const texts = new WeakMap<ImageReport, string>();

/**
 * The JSON of {@link toWire}, for a service. The checks that a good artifact passed are left out: no
 * policy reads them, and they are more than half of the whole. What does not change from one answer to
 * the next is written once.
 */
export function renderWire(report: ImageReport, { traceId, timestamp }: Stamp): string {
  let reports = texts.get(report);
  if (reports === undefined) {
    const brief = { ...report, artifacts: report.artifacts.map(withoutPassedChecks) };
    const { verifierReports } = toWire(brief, { traceId, timestamp });
    reports = verifierReports === undefined
      ? ""
      : `,"verifierReports":${JSON.stringify(verifierReports)}`;
    texts.set(report, reports);
  }
  const version = report.referrers === undefined ? "0.2.0" : "1.1.0";
  const isSuccess = report.verdict.verdict === "allow";
  return `{"version":"${version}","isSuccess":${isSuccess},"traceID":${
    JSON.stringify(traceId)
  },"timestamp":"${timestamp.toISOString()}"${reports}}`;
}

function withoutPassedChecks(report: ArtifactReport): ArtifactReport {
  return {
    ...report,
    checks: report.outcome === "success" ? [] : report.checks,
    nested: report.nested?.map(withoutPassedChecks),
  };
}

function artifactToWire(report: ArtifactReport): Record<string, unknown> {
  return compact({
    subject: report.subject,
    subjectDigest: report.subjectDigest,
    isSuccess: report.outcome === "success",
    name: report.verifierName, // the older spelling of verifierName, which deployed policies read
    verifierName: report.verifierName,
    type: report.verifierType,
    verifierType: report.verifierType,
    referenceDigest: report.referenceDigest,
    artifactType: report.artifactType,
    message: report.message,
    errorReason: report.failure?.reason,
    remediation: report.failure?.remedy,
    origin: report.origin,
    extensions: report.extensions,
    checks: report.checks.length > 0 ? report.checks : undefined,
    nestedResults: report.nested?.length ? report.nested.map(artifactToWire) : undefined,
  });
}

/** Empty members are left out, `isSuccess: false` is not. */
function compact(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ""),
  );
}
