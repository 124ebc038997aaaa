export { type LogLevel, parseLevel } from "./level.ts";
export { createLogger, type LogFields, type LogFormat, type Logger, NO_LOG } from "./log.ts";
export {
  type KeyProviderState,
  type Metrics,
  NO_METRICS,
  type VerdictCount,
  type VerifierRun,
} from "./metrics.ts";
export { createMetrics } from "./prometheus.ts";
