import type { IncomingHttpHeaders } from "node:http";

/** What a trace id from outside may be: it goes into logs and answers. */
const TRACE_ID = /^[\x21-\x7e]{1,128}$/;

/** The trace id of a request: the first usable one of the named headers, else a new one. */
export function traceIdOf(headers: IncomingHttpHeaders, names: readonly string[]): string {
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (typeof value === "string" && TRACE_ID.test(value)) return value;
  }
  return crypto.randomUUID();
}
