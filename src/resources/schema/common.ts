import * as z from "zod";

/** A text that must not be empty. */
export const nonEmpty = z.string().min(1);

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const DURATION_OR_NONE = /^(?:|0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
const LIKE = "must be a duration such as 30s, 10m or 1h30m";

/** A duration such as `30s`, `10m` or `1h30m`. */
export const duration = z.string().regex(DURATION, LIKE);

/** A duration; empty and `0` mean none. */
export const durationOrNone = z.string().regex(DURATION_OR_NONE, LIKE);

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};

/** The milliseconds of a text that is a duration, or none. */
export function milliseconds(text: string): number {
  let total = 0;
  for (const [, number, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit] ?? 0);
  }
  return total;
}

/** The address of a service, over https. */
export const httpsUrl = z.string().refine(
  (text) => URL.parse(text.trim())?.protocol === "https:",
  "must be an address such as https://example.com",
);

/** A registry host, with a port where it needs one: never a URL, never a pattern. */
export const registryHost = z.string().regex(
  /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/,
  "must be a registry host such as registry.example.com:5000",
);

/** A list of artifact types in one text, separated by commas. White space around them is dropped. */
export const artifactTypeList = z.string().refine(
  (text) => splitList(text).length > 0,
  "must name at least one artifact type, or *",
);

/** Splits a comma-separated list; empty entries are dropped. */
export function splitList(text: string): string[] {
  return text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/** The parameters of a resource, before its type says what belongs there. */
export const anyParameters = z.record(z.string(), z.unknown())
  .describe("What belongs there, the type says; see below.");

/** A version of a plugin: there are none to choose from. */
export const ignoredVersion = z.string().optional().describe("Ignored.");

/** A downloaded plugin: never available here, and refused with a sentence of its own. */
export const pluginSource = z.strictObject({
  artifact: nonEmpty.optional().describe("OCI reference of the plugin."),
  authProvider: z.record(z.string(), z.unknown()).optional()
    .describe("Where credentials for the download come from."),
});
