/**
 * A distinguished name as trusted identities compare it: attribute type → value, each type once.
 * The order of the attributes does not matter.
 */
export type DistinguishedName = ReadonlyMap<string, string>;

const MANDATORY = ["C", "ST", "O"];
const ESCAPED = ' "#+,;<=>\\';
const MAX_LENGTH = 4096;

interface Attribute {
  readonly type: string;
  readonly value: string;
}

/**
 * Reads a distinguished name as the Notary Project trust policy specification writes it: the form
 * of RFC 4514 with single-valued RDNs of which `C`, `ST` and `O` must be there, `S` for `ST`.
 * Types and values are case-sensitive; double quotes have no special meaning; values in hexadecimal
 * (`#…`) are refused. The same function reads the policy's text and the certificate's subject, so
 * that both sides are decoded alike.
 *
 * @returns the name, or a sentence that says what is wrong.
 */
export function parseDistinguishedName(text: string): DistinguishedName | string {
  if (text.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters`;
  if (text.includes("=#")) return "must not have a value that begins with #";
  const name = new Map<string, string>();
  const attributes = splitAttributes(text);
  if (typeof attributes === "string") return attributes;
  for (const attribute of attributes) {
    if (attribute.type === "") return "must not have an attribute without a type";
    const type = attribute.type === "S" ? "ST" : attribute.type;
    if (name.has(type)) return `must have ${type} only once`;
    name.set(type, attribute.value);
  }
  for (const type of MANDATORY) {
    if ((name.get(type) ?? "") === "") {
      return `must have the attributes C, ST and O; ${type} is missing`;
    }
  }
  return name;
}

/** Scans `type=value` pairs between unescaped commas or semicolons. */
function splitAttributes(text: string): Attribute[] | string {
  const attributes: Attribute[] = [];
  let type: string | undefined;
  let start = 0;
  const finish = (end: number): string | undefined => {
    if (type === undefined) {
      return `must consist of TYPE=value pairs; found ${
        JSON.stringify(text.slice(start, end).slice(0, 60))
      }`;
    }
    const value = unescape(trimBlanks(text.slice(start, end)));
    if (value === undefined) {
      return `must escape with a backslash and a special character or two hex digits, in ${type}`;
    }
    attributes.push({ type, value });
    type = undefined;
    start = end + 1;
    return undefined;
  };
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === "\\") {
      position++; // whatever follows is part of the type or value
    } else if (character === "=" && type === undefined) {
      type = unescape(trimBlanks(text.slice(start, position)));
      if (type === undefined) {
        return "must not have escapes other than special characters in a type";
      }
      start = position + 1;
    } else if (character === "+") {
      return "must not have an RDN with more than one attribute (+)";
    } else if (character === "," || character === ";") {
      const problem = finish(position);
      if (problem !== undefined) return problem;
    }
  }
  return finish(text.length) ?? attributes;
}

/** Strips blanks at both ends, but keeps a trailing one that is escaped. */
function trimBlanks(text: string): string {
  let start = 0;
  while (text.charAt(start) === " ") start++;
  let end = text.length;
  while (end > start && text.charAt(end - 1) === " " && !endsInEscape(text, start, end - 1)) end--;
  return text.slice(start, end);
}

/** Whether the character at `end` is escaped: an odd number of backslashes stands before it. */
function endsInEscape(text: string, start: number, end: number): boolean {
  let backslashes = 0;
  for (let position = end - 1; position >= start && text.charAt(position) === "\\"; position--) {
    backslashes++;
  }
  return backslashes % 2 === 1;
}

/** Undoes the escapes; pairs of hex digits are bytes of UTF-8. Undefined when one is malformed. */
function unescape(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (character !== "\\") {
      const point = text.codePointAt(position) ?? 0;
      if (point > 0xffff) position++;
      bytes.push(...encoder.encode(String.fromCodePoint(point)));
      continue;
    }
    const next = text.charAt(position + 1);
    if (next !== "" && ESCAPED.includes(next)) {
      bytes.push(next.charCodeAt(0));
      position++;
    } else {
      const pair = text.slice(position + 1, position + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(pair)) return undefined;
      bytes.push(parseInt(pair, 16));
      position += 2;
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return undefined;
  }
}
