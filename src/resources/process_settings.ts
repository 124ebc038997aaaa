import type { ProblemList } from "./candidate.ts";
import type { Document } from "./document.ts";
import { crlSchema, executorSchema, loggerSchema } from "./schema/process.ts";
import { validate } from "./validate.ts";

/** What config.json says about the process rather than about verification. */
export interface ProcessSettings {
  readonly executor: {
    /** Milliseconds for a verification request. */
    readonly verifyTimeoutMs: number;
    /** Milliseconds for a mutation request. */
    readonly mutateTimeoutMs: number;
  };
  readonly logger: {
    readonly formatter: "text" | "json" | "logstash";
    /** Names of request headers that may carry a trace id, in order. */
    readonly traceIdHeaders: readonly string[];
  };
  /** Whether CRLs are also kept on disk. */
  readonly crlCacheEnabled: boolean;
}

/** The settings of a process that nobody configured. */
export const DEFAULT_SETTINGS: ProcessSettings = {
  executor: { verifyTimeoutMs: 2900, mutateTimeoutMs: 950 },
  logger: { formatter: "text", traceIdHeaders: [] },
  crlCacheEnabled: false,
};

/** Reads `executor`, `logger` and `crl` of a config.json. */
export function readProcessSettings(
  document: Document,
  value: Readonly<Record<string, unknown>>,
  problems: ProblemList,
): ProcessSettings {
  const section = <T>(name: string, result: ReturnType<typeof validate>): T | undefined => {
    if (result.ok) return result.value as T;
    for (const issue of result.issues) {
      problems.add(document, "", [name, ...issue.path], issue.message, {
        atKey: "atKey" in issue && issue.atKey === true,
      });
    }
    return undefined;
  };
  const executor = section<{ verificationRequestTimeout: number; mutationRequestTimeout: number }>(
    "executor",
    validate(executorSchema, value["executor"] ?? {}),
  );
  const logger = section<{
    formatter: "text" | "json" | "logstash" | "";
    requestHeaders?: { traceIDHeaderName?: string | string[] };
  }>("logger", validate(loggerSchema, value["logger"] ?? {}));
  const crl = section<{ cache?: { enabled: boolean } }>(
    "crl",
    validate(crlSchema, value["crl"] ?? {}),
  );
  return {
    executor: {
      verifyTimeoutMs: executor?.verificationRequestTimeout ??
        DEFAULT_SETTINGS.executor.verifyTimeoutMs,
      mutateTimeoutMs: executor?.mutationRequestTimeout ??
        DEFAULT_SETTINGS.executor.mutateTimeoutMs,
    },
    logger: {
      formatter: logger?.formatter || "text",
      traceIdHeaders: [logger?.requestHeaders?.traceIDHeaderName ?? []].flat(),
    },
    crlCacheEnabled: crl?.cache?.enabled ?? false,
  };
}
