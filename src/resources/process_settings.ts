import type * as z from "zod";
import type { ProblemList } from "./candidate.ts";
import { quote } from "./describe.ts";
import type { Document } from "./document.ts";
import type { Members } from "./members.ts";
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
  /** Whether certificate revocation lists are kept between requests. */
  readonly crlCacheEnabled: boolean;
  readonly tenancy: Tenancy;
}

/**
 * What resources of a namespace do to those of the cluster: they take their place, each kind by itself; or
 * they are asked too, so that a namespace can add conditions and never remove the cluster's.
 */
export type Tenancy = "replace" | "tighten";

/** The settings of a process that nobody configured. */
export const DEFAULT_SETTINGS: ProcessSettings = {
  executor: { verifyTimeoutMs: 2900, mutateTimeoutMs: 950 },
  logger: { formatter: "text", traceIdHeaders: [] },
  crlCacheEnabled: false,
  tenancy: "replace",
};

/** Reads `executor`, `logger` and `crl` of a config.json. A section with problems has its defaults. */
export function readProcessSettings(
  document: Document,
  value: Members,
  problems: ProblemList,
): ProcessSettings {
  const read = <S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined => {
    const section = validate(schema, value[name] ?? {});
    if (section.ok) return section.value;
    for (const { path, message, atKey } of section.issues) {
      problems.add(document, "", [name, ...path], message, { atKey });
    }
    return undefined;
  };
  const executor = read("executor", executorSchema);
  const logger = read("logger", loggerSchema);
  const crl = read("crl", crlSchema);
  const defaults = DEFAULT_SETTINGS;
  return {
    executor: {
      verifyTimeoutMs: executor?.verificationRequestTimeout ?? defaults.executor.verifyTimeoutMs,
      mutateTimeoutMs: executor?.mutationRequestTimeout ?? defaults.executor.mutateTimeoutMs,
    },
    logger: {
      formatter: logger?.formatter || defaults.logger.formatter,
      traceIdHeaders: readHeaders(
        document,
        logger?.requestHeaders?.traceIDHeaderName ?? [],
        problems,
      ),
    },
    tenancy: executor?.tenancy ?? defaults.tenancy,
    crlCacheEnabled: crl?.cache?.enabled ?? defaults.crlCacheEnabled,
  };
}

/** RFC 9110 §5.6.2: what a header's name consists of. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** One name, a list of names, or, as templates render a list into a text, `[name name]`. */
function readHeaders(
  document: Document,
  value: string | readonly string[],
  problems: ProblemList,
): readonly string[] {
  const names = typeof value === "string"
    ? value.replace(/^\[|\]$/g, "").split(/[ ,]/).filter((name) => name !== "")
    : value;
  const wrong = names.find((name) => !TOKEN.test(name));
  if (wrong === undefined) return names;
  problems.add(
    document,
    "",
    ["logger", "requestHeaders", "traceIDHeaderName"],
    `must be the name of a request header, or a list of them; found ${quote(wrong)}`,
  );
  return [];
}
