import { calendarDate, type DateFields } from "../calendar.ts";
import { FormatError } from "../format_error.ts";
import { type DerNode, TAG } from "./reader.ts";

const UTC = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const PRECISE = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\.\d{0,8}[1-9])?Z$/;
const GENERALIZED = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/**
 * UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them: seconds, no fraction, `Z`. Two-digit
 * years are 1950 to 2049.
 *
 * @throws {FormatError} also for a date that no calendar has.
 */
export function readTime(node: DerNode): Date {
  const text = String.fromCharCode(...node.value.subarray(0, 32));
  const short = node.tagClass === "universal" && node.tag === TAG.utcTime ? UTC.exec(text) : null;
  const long = node.tagClass === "universal" && node.tag === TAG.generalizedTime
    ? GENERALIZED.exec(text)
    : null;
  const match = short ?? long;
  if (match === null) {
    throw new FormatError(
      "time",
      "a time is not written as it must be (YYMMDDhhmmssZ or YYYYMMDDhhmmssZ)",
    );
  }
  const [year, ...rest] = match.slice(1).map(Number) as unknown as DateFields;
  const date = calendarDate([short === null ? year : year + (year < 50 ? 2000 : 1900), ...rest]);
  if (date === undefined) throw new FormatError("time", `there is no time ${text}`);
  return date;
}

/**
 * GeneralizedTime as RFC 3161 §2.4.2 writes it: with a fraction of a second of up to nine digits, the
 * last of them not zero.
 *
 * @returns seconds since 1970.
 * @throws {FormatError} also for a date that no calendar has.
 */
export function readPreciseTime(node: DerNode): number {
  const text = String.fromCharCode(...node.value.subarray(0, 32));
  const isTime = node.tagClass === "universal" && node.tag === TAG.generalizedTime;
  const match = isTime ? PRECISE.exec(text) : null;
  if (match === null) {
    throw new FormatError("time", "a time is not written as YYYYMMDDhhmmss[.s…]Z");
  }
  const date = calendarDate(match.slice(1, 7).map(Number) as unknown as DateFields);
  if (date === undefined) throw new FormatError("time", `there is no time ${text}`);
  return date.getTime() / 1000 + Number(match[7] ?? 0);
}
