import { z } from "zod";

const milliseconds = z.int().min(1).max(3_600_000);

/** `executor` of config.json. */
export const executorSchema = z.strictObject({
  verificationRequestTimeout: milliseconds.default(2900),
  mutationRequestTimeout: milliseconds.default(950),
});

/** `logger` of config.json. */
export const loggerSchema = z.strictObject({
  formatter: z.enum(["text", "json", "logstash", ""]).default("text"),
  requestHeaders: z.strictObject({
    traceIDHeaderName: z.union([z.string(), z.array(z.string())]).optional(),
  }).optional(),
});

/** `crl` of config.json. */
export const crlSchema = z.strictObject({
  cache: z.strictObject({ enabled: z.boolean().default(false) }).optional(),
});
