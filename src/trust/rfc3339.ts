import { calendarDate, type DateFields } from "../crypto/mod.ts";

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 date-time with `T` and `Z` in upper case, or a numeric offset. Leap seconds are
 * refused, as is every date that no calendar has.
 *
 * @returns seconds since 1970, with the fraction; undefined for anything else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTime } from "./mod.ts";
 *
 * assert.equal(parseTime("1970-01-01T00:00:01.5Z"), 1.5);
 * assert.equal(parseTime("1970-01-01 00:00:00"), undefined);
 * ```
 */
export function parseTime(text: string): number | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const date = calendarDate(match.slice(1, 7).map(Number) as unknown as DateFields);
  const offsetHour = Number(match[10] ?? 0);
  const offsetMinute = Number(match[11] ?? 0);
  if (date === undefined || offsetHour > 23 || offsetMinute > 59) return undefined;
  const offset = (match[9] === "-" ? -1 : 1) * (offsetHour * 3600 + offsetMinute * 60);
  return date.getTime() / 1000 - offset + Number(`0.${match[7] ?? 0}`);
}
