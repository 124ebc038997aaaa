import { FormatError } from "./format_error.ts";

/** Bytes that Web Crypto takes as they are. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** One array with all bytes, in order. */
export function concatBytes(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Whether two arrays have the same bytes. For public data: the time depends on the content. */
export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Decodes UTF-8 strictly; a byte order mark stays in the text.
 *
 * @throws {FormatError} for anything that is not UTF-8.
 */
export function decodeUtf8(bytes: Bytes): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FormatError("UTF-8", "the bytes are not UTF-8");
  }
}

/** Encodes text as UTF-8. */
export function encodeUtf8(text: string): Bytes {
  return encoder.encode(text);
}
