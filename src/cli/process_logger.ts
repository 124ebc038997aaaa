import type { Configuration } from "../resources/mod.ts";
import { createLogger, type LogFormat, type Logger, parseLevel } from "../telemetry/mod.ts";
import type { Io } from "./io.ts";

/** The log of a process that serves: on standard error, in the form that the configuration says. */
export interface ProcessLog {
  readonly logger: Logger;
  /** Takes the form of lines from a configuration. */
  use(configuration: Configuration): void;
  /** Writes what has not been written yet. */
  flush(): void;
}

/** How long a line waits for others at the most, in milliseconds, and how many wait. */
const DELAY = 50;
const MAX_LINES = 500;

/**
 * Makes the log. `RATIFY_LOG_LEVEL` says how much is logged, `debug` outweighs it. Lines are written
 * some at a time: a thousand verdicts are not a thousand system calls.
 */
export function createProcessLogger(io: Io, debug: boolean): ProcessLog {
  const lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) io.err(lines.splice(0).join("\n"));
  };
  const asked = io.env("RATIFY_LOG_LEVEL");
  const level = parseLevel(asked);
  const options: { format: LogFormat } & Parameters<typeof createLogger>[0] = {
    format: "text",
    level: debug ? "debug" : level ?? "info",
    now: io.now,
    write: (line) => {
      if (lines.push(line) === 1) setTimeout(flush, DELAY);
      else if (lines.length >= MAX_LINES) flush();
    },
  };
  const logger = createLogger(options);
  if (level === undefined) {
    logger.warn("RATIFY_LOG_LEVEL is not a level; info is used", { found: asked });
  }
  return {
    logger,
    use: (configuration) => {
      options.format = configuration.logger.formatter;
    },
    flush,
  };
}
