export type { Check, CheckOutcome } from "./check.ts";
export { policyTypeOf, policyTypeOfReport } from "./policy_type.ts";
export type { ArtifactReport, ReferrerReport, ReportFailure } from "./report.ts";
export type { Decision, IgnoredArtifact, ImageReport, Verdict } from "./verdict.ts";
export { referrerToWire, type WireReferrer, type WireReport } from "./wire_referrer.ts";
export { renderWire, type Stamp, toWire, type WireResult } from "./wire.ts";
