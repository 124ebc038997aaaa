import { type Bytes, encodeUtf8, FormatError, type JsonValue } from "../crypto/mod.ts";

/**
 * The canonical form of a value, which is what signatures in TUF are over: no white space, members in the
 * order of their names, integers only, and in texts nothing escaped but quotes and backslashes.
 *
 * @throws {FormatError} for a number that is no safe integer: its text would not be known any more.
 */
export function canonicalJson(value: JsonValue): Bytes {
  return encodeUtf8(textOf(value));
}

function textOf(value: JsonValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
    throw new FormatError("JSON", "a number is not an integer");
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1);
  return `{${members.map(([name, member]) => `${quoted(name)}:${textOf(member)}`).join(",")}}`;
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
