/** How much is logged: a level and all that are more severe. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** The levels by severity; a line is written when its number is not above that of the logger. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  error: 0,
  warn: 1,
  info: 2,
  debug: 3,
};

const WORDS: Readonly<Record<string, LogLevel>> = {
  panic: "error",
  fatal: "error",
  error: "error",
  warn: "warn",
  warning: "warn",
  info: "info",
  debug: "debug",
  trace: "debug",
};

/**
 * Reads what `RATIFY_LOG_LEVEL` may say, in any case: `panic fatal error warn warning info debug trace`.
 * `panic` and `fatal` still show errors, and `trace` is `debug`. Undefined for any other word; absent
 * and empty mean `info`.
 */
export function parseLevel(text: string | undefined): LogLevel | undefined {
  const word = text?.trim().toLowerCase() ?? "";
  if (word === "") return "info";
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
