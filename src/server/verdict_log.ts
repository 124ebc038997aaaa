import type { ResolveAnswer, VerifyAnswer } from "../engine/mod.ts";
import type { AssayError } from "../errors.ts";
import type { LogFields, Logger, Metrics } from "../telemetry/mod.ts";

/** What is the same for all answers of a request. */
export interface Told {
  readonly traceId: string;
  /** How long it took so far, in milliseconds. */
  readonly durationMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** One line for each verdict, and its counts. */
export function recordVerdict(
  answer: VerifyAnswer,
  { traceId, durationMs, logger, metrics }: Told,
): void {
  const { report, error, scope, source, upstreamRequests } = answer;
  const verdict = report?.verdict.verdict ?? "undecided";
  const cause = error ??
    (report === undefined || report.verdict.verdict === "allow" ? undefined : report.verdict.cause);
  metrics.verdict({ verdict, error: cause?.code, namespace: scope });
  if (source === "computed") metrics.upstreamRequests(upstreamRequests);
  if (cause?.code === "DEADLINE_EXCEEDED") metrics.deadlineExceeded(deadlineStep(answer));
  if (source === "computed") {
    for (const artifact of report?.artifacts ?? []) {
      metrics.verifierRun({
        verifier: artifact.verifierName,
        type: artifact.verifierType,
        success: artifact.outcome === "success",
        error: artifact.failure?.reason,
        namespace: scope,
        durationMs: artifact.durationMs ?? 0,
      });
    }
  }
  const fields = {
    "trace-id": traceId,
    subject: report?.reference ?? answer.key,
    ...(report?.digest === undefined ? {} : { digest: report.digest }),
    verdict,
    duration_ms: rounded(durationMs),
    upstream_requests: upstreamRequests,
    ...(source === undefined ? {} : { source }),
    ...causeFields(cause, scope),
  };
  if (verdict === "allow") logger.info("verdict", fields);
  else logger.warn("verdict", fields);
}

/** One line for each tag that was looked up. */
export function recordResolution(
  answer: ResolveAnswer,
  { traceId, durationMs, logger }: Told,
): void {
  const { key, digest, error, scope, upstreamRequests } = answer;
  const fields = {
    "trace-id": traceId,
    subject: key,
    ...(digest === undefined ? {} : { digest }),
    duration_ms: rounded(durationMs),
    upstream_requests: upstreamRequests,
    ...causeFields(error, scope),
  };
  if (error === undefined) logger.info("resolved", fields);
  else logger.warn("not resolved", fields);
}

function causeFields(cause: AssayError | undefined, namespace: string): LogFields {
  return {
    ...(namespace === "" ? {} : { namespace }),
    ...(cause === undefined ? {} : { error: cause }),
  };
}

function deadlineStep({ report }: VerifyAnswer): string {
  if (report?.digest === undefined) return "image";
  return report.artifacts.length === 0 ? "listing" : "artifact";
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
