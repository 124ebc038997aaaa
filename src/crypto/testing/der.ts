import { type Bytes, concatBytes, encodeUtf8 } from "../bytes.ts";

/*
 * Writes DER (X.690) for tests, well-formed or broken on purpose. Written apart from the reader, so
 * that both would have to be wrong in the same way for a test not to see it.
 */

/** Bytes of hexadecimal digits; white space between them is ignored. */
export function hex(text: string): Bytes {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

/** An element with this identifier byte and a length in its shortest form. */
export function tlv(tag: number, ...content: readonly Bytes[]): Bytes {
  const value = concatBytes(...content);
  return concatBytes(Uint8Array.of(tag, ...lengthBytes(value.length)), value);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** SEQUENCE. */
export const sequence = (...content: readonly Bytes[]): Bytes => tlv(0x30, ...content);

/** SET, in the order given. */
export const set = (...content: readonly Bytes[]): Bytes => tlv(0x31, ...content);

/** NULL. */
export const nothing = (): Bytes => tlv(0x05);

/** BOOLEAN. */
export const boolean = (value: boolean): Bytes => tlv(0x01, Uint8Array.of(value ? 0xff : 0));

/** OCTET STRING. */
export const octets = (...content: readonly Bytes[]): Bytes => tlv(0x04, ...content);

/** BIT STRING. */
export const bits = (content: Bytes, unused = 0): Bytes =>
  tlv(0x03, Uint8Array.of(unused), content);

/** A context-specific constructed element. */
export const explicit = (tag: number, ...content: readonly Bytes[]): Bytes =>
  tlv(0xa0 | tag, ...content);

/** A string of the type with this universal tag, encoded as UTF-8. */
export const text = (tag: number, content: string): Bytes => tlv(tag, encodeUtf8(content));

/** INTEGER in its shortest form, of a number in two's complement. */
export function integer(value: bigint | number): Bytes {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && bytes[0]! < 0x80) || (rest === -1n && bytes[0]! >= 0x80)));
  return tlv(0x02, Uint8Array.from(bytes));
}

/** OBJECT IDENTIFIER of dotted decimals. */
export function oid(dotted: string): Bytes {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const bytes: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let high = arc >> 7n; high > 0n; high >>= 7n) groups.unshift(Number(high & 0x7fn) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Uint8Array.from(bytes));
}

/** Big-endian number of bytes. */
export function toNumber(bytes: Bytes): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** Big-endian bytes of a number at a fixed width. */
export function fromNumber(value: bigint, width: number): Bytes {
  return hex(value.toString(16).padStart(2 * width, "0"));
}
