import type { Bytes } from "./bytes.ts";
import { FormatError } from "./format_error.ts";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;

const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(0xff);
  for (let value = 0; value < 64; value++) values[alphabet.charCodeAt(value)] = value;
  return values;
}

/**
 * Decodes base64 with padding (RFC 4648 §4), and only its one canonical form: no white space, exact
 * padding, no bits left over in the last character.
 *
 * @throws {FormatError}
 */
export function decodeBase64(text: string): Bytes {
  if (text.length % 4 !== 0) {
    throw new FormatError("base64", "the length is not a multiple of four");
  }
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decode(text, text.length - padding, STANDARD_VALUES);
}

/**
 * Decodes base64url without padding (RFC 7515 §2), and only its one canonical form.
 *
 * @throws {FormatError}
 */
export function decodeBase64Url(text: string): Bytes {
  return decode(text, text.length, URL_SAFE_VALUES);
}

/** Encodes as base64 with padding. */
export function encodeBase64(bytes: Bytes): string {
  const text = encode(bytes, STANDARD);
  return text + "=".repeat((4 - text.length % 4) % 4);
}

/** Encodes as base64url without padding. */
export function encodeBase64Url(bytes: Bytes): string {
  return encode(bytes, URL_SAFE);
}

function decode(text: string, length: number, values: Uint8Array): Bytes {
  const rest = length % 4;
  if (rest === 1) throw new FormatError("base64", "one character is too many");
  const bytes = new Uint8Array(Math.floor(length * 3 / 4));
  let position = 0;
  let buffer = 0;
  let bits = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const value = code < 128 ? values[code] ?? 0xff : 0xff;
    if (value === 0xff) throw new FormatError("base64", "a character does not belong there", index);
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[position++] = (buffer >> bits) & 0xff;
    }
  }
  if ((buffer & ((1 << bits) - 1)) !== 0) {
    throw new FormatError(
      "base64",
      "the last character has bits that belong to no byte",
      length - 1,
    );
  }
  return bytes;
}

function encode(bytes: Bytes, alphabet: string): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet.charAt((buffer >> bits) & 63);
    }
  }
  return bits > 0 ? text + alphabet.charAt((buffer << (6 - bits)) & 63) : text;
}
