import * as z from "zod";

const milliseconds = z.int().min(1).max(3_600_000);

/** `executor` of config.json. */
export const executorSchema = z.strictObject({
  verificationRequestTimeout: milliseconds.default(2900)
    .describe("Milliseconds for a verification request."),
  mutationRequestTimeout: milliseconds.default(950)
    .describe("Milliseconds for a mutation request."),
  tenancy: z.enum(["replace", "tighten"]).default("replace")
    .describe("Whether resources of a namespace replace those of the cluster, or add conditions."),
});

/** `logger` of config.json. */
export const loggerSchema = z.strictObject({
  formatter: z.enum(["text", "json", "logstash", ""]).default("text")
    .describe("The form of log lines."),
  requestHeaders: z.strictObject({
    traceIDHeaderName: z.union([z.string(), z.array(z.string())]).optional()
      .describe("Headers of requests that may carry a trace id, in order."),
  }).optional().describe("Headers of requests that count."),
});

/** `crl` of config.json. */
export const crlSchema = z.strictObject({
  cache: z.strictObject({
    enabled: z.boolean().default(false).describe("Whether lists are kept."),
  }).optional().describe("The cache of certificate revocation lists."),
});
