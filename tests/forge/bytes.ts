/** Bytes, text and base64 for the forge; nothing of the product, so that a shared mistake shows. */

/** Bytes in a buffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Joins bytes. */
export function join(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Text as UTF-8. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Bytes from hexadecimal text; spaces are ignored. */
export function fromHex(hex: string): Bytes {
  const digits = hex.replaceAll(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => {
    return parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  });
}

/** Standard base64 with padding. */
export function base64(bytes: Bytes): string {
  return bytes.toBase64();
}

/** base64url without padding. */
export function base64url(bytes: Bytes): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

const URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Another spelling of the same unpadded base64url text: the bits of the last character that mean
 * nothing are set. Throws Error when there are none, that is when the bytes are a multiple of three.
 */
export function withTrailingBits(text: string): string {
  if (text.length % 4 === 0) throw new Error("no bits are left over in this text");
  const last = URL_ALPHABET.indexOf(text.slice(-1));
  return text.slice(0, -1) + URL_ALPHABET.charAt(last | 1);
}
