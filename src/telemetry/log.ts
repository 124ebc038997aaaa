import { type LogLevel, SEVERITY } from "./level.ts";
import { isSecretName, type Plain, plain, type PlainObject, redacted } from "./plain.ts";

/** Named values of a log line. An Error becomes its code, message and detail, without stack and cause. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes what happens, one line for each event. No method throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

/** How lines look: `key=value`, one JSON object, or one JSON object with Logstash's names. */
export type LogFormat = "text" | "json" | "logstash";

export interface LoggerOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  /** Takes one line without its end. */
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

/** A logger that writes nothing. */
export const NO_LOG: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => NO_LOG,
};

/**
 * A logger for one process. Whatever the values hold, a line stays one line: control characters,
 * line separators and marks of writing direction are escaped, in `text` also by quoting.
 */
export function createLogger(options: LoggerOptions): Logger {
  return loggerWith(options, Object.create(null));
}

function loggerWith(options: LoggerOptions, common: PlainObject): Logger {
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (SEVERITY[level] > SEVERITY[options.level]) return;
    try {
      const all = { ...common, ...plainFields(fields) };
      options.write(line(options.format, options.now(), level, redacted(message), all));
    } catch {
      // A log that cannot be written changes no verdict.
    }
  };
  return {
    debug: (message, fields) => log("debug", message, fields),
    info: (message, fields) => log("info", message, fields),
    warn: (message, fields) => log("warn", message, fields),
    error: (message, fields) => log("error", message, fields),
    with: (fields) => loggerWith(options, { ...common, ...plainFields(fields) }),
  };
}

/** Names that a line has of itself; a field of such a name is written as `fields.NAME`. */
const RESERVED = new Set(["time", "level", "msg", "@timestamp", "@version", "message"]);

function plainFields(fields: LogFields): PlainObject {
  const result: Record<string, Plain> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const key = RESERVED.has(name) ? `fields.${name}` : name;
    result[key] = isSecretName(name) ? "…" : plain(value);
  }
  return result;
}

function line(
  format: LogFormat,
  now: Date,
  level: LogLevel,
  message: string,
  fields: PlainObject,
): string {
  const time = now.toISOString();
  switch (format) {
    case "json":
      return json({ time, level, msg: message, ...fields });
    case "logstash":
      return json({ "@timestamp": time, "@version": "1", level, message, ...fields });
    case "text":
      return [
        `time=${time} level=${level} msg=${quoted(message)}`,
        ...Object.entries(fields).flatMap(([name, value]) => pairs(name, value)),
      ].join(" ");
  }
}

/** An object gives a pair for each member, so that `error.code=…` can be searched for. */
function pairs(name: string, value: Plain): string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).map(([member, inner]) => pair(`${name}.${member}`, inner));
  }
  return [pair(name, value)];
}

function pair(name: string, value: Plain): string {
  const key = name.replace(/[^A-Za-z0-9_.-]/g, "_");
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  return `${key}=${/^[A-Za-z0-9_.:/@+~-]+$/.test(text) ? text : quoted(text)}`;
}

function quoted(text: string): string {
  return json(text);
}

/** JSON in which no character acts on a terminal or ends a line: unseen characters are `\uXXXX`. */
function json(value: Plain): string {
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    let escaped = "";
    for (let index = 0; index < character.length; index++) {
      escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}
