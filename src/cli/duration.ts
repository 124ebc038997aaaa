const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};

/**
 * Reads a duration such as `30s`, `1m30s` or `1.5h`.
 *
 * @returns milliseconds; undefined unless it is a duration of more than nothing.
 */
export function parseDuration(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    total += Number(match[1]) * (UNITS[match[2] ?? ""] ?? NaN);
  }
  return Number.isFinite(total) && total > 0 ? total : undefined;
}
