/** A writer of DER (ITU-T X.690). It writes what it is told, also what DER forbids. */

import { type Bytes, join, utf8 } from "./bytes.ts";

/** One element: an identifier octet, the length in its shortest form, and the content. */
export function tlv(tag: number, ...content: readonly Bytes[]): Bytes {
  const body = join(...content);
  return join(Uint8Array.of(tag), length(body.length), body);
}

/** SEQUENCE. */
export function sequence(...parts: readonly Bytes[]): Bytes {
  return tlv(0x30, ...parts);
}

/** SET, in the order given. */
export function set(...parts: readonly Bytes[]): Bytes {
  return tlv(0x31, ...parts);
}

/** INTEGER, two's complement in the fewest bytes. */
export function integer(value: bigint | number): Bytes {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!(rest === 0n && (bytes[0] ?? 0) < 0x80) && !(rest === -1n && (bytes[0] ?? 0) >= 0x80));
  return tlv(0x02, Uint8Array.from(bytes));
}

/** INTEGER from big-endian bytes of a number that is not negative. */
export function unsigned(bytes: Bytes): Bytes {
  return integer(BigInt(`0x${bytes.toHex() || "0"}`));
}

/** OBJECT IDENTIFIER from dotted text. */
export function oid(dotted: string): Bytes {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  return tlv(0x06, ...[first * 40n + second, ...rest].map(base128));
}

/** BIT STRING. */
export function bitString(bytes: Bytes, unusedBits = 0): Bytes {
  return tlv(0x03, Uint8Array.of(unusedBits), bytes);
}

/** OCTET STRING. */
export function octetString(bytes: Bytes): Bytes {
  return tlv(0x04, bytes);
}

/** BOOLEAN. */
export function boolean(value: boolean): Bytes {
  return tlv(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** NULL. */
export function nullValue(): Bytes {
  return tlv(0x05);
}

/** The string types that names use. */
export type StringType = "utf8" | "printable" | "ia5" | "teletex" | "bmp" | "universal" | "numeric";

/** A string of a type; characters that the type does not allow are written all the same. */
export function string(text: string, type: StringType): Bytes {
  const units = (width: number): Bytes =>
    join(...[...text].map((character) => bigEndian(character.codePointAt(0) ?? 0, width)));
  switch (type) {
    case "utf8":
      return tlv(0x0c, utf8(text));
    case "numeric":
      return tlv(0x12, units(1));
    case "printable":
      return tlv(0x13, units(1));
    case "teletex":
      return tlv(0x14, units(1));
    case "ia5":
      return tlv(0x16, units(1));
    case "universal":
      return tlv(0x1c, units(4));
    case "bmp":
      return tlv(0x1e, units(2));
  }
}

/** UTCTime until 2049 and GeneralizedTime after it (RFC 5280 §4.1.2.5). */
export function time(date: Date): Bytes {
  return date.getUTCFullYear() < 2050 ? utcTime(date) : generalizedTime(date);
}

/** UTCTime. */
export function utcTime(date: Date): Bytes {
  return tlv(0x17, utf8(digits(date).slice(2)));
}

/** GeneralizedTime. */
export function generalizedTime(date: Date): Bytes {
  return tlv(0x18, utf8(digits(date)));
}

/** Context-specific, constructed: an EXPLICIT tag, or an IMPLICIT one over a SEQUENCE. */
export function explicit(number: number, ...content: readonly Bytes[]): Bytes {
  return tlv(0xa0 | number, ...content);
}

/** Context-specific, primitive: an IMPLICIT tag over a simple type's content. */
export function implicit(number: number, content: Bytes): Bytes {
  return tlv(0x80 | number, content);
}

function digits(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
}

function length(count: number): Bytes {
  if (count < 0x80) return Uint8Array.of(count);
  const width = count < 0x100 ? 1 : count < 0x10000 ? 2 : 3;
  return join(Uint8Array.of(0x80 | width), bigEndian(count, width));
}

function base128(value: bigint): Bytes {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) {
    bytes.unshift(Number(rest & 0x7fn) | 0x80);
  }
  return Uint8Array.from(bytes);
}

function bigEndian(value: number, width: number): Bytes {
  return Uint8Array.from(
    { length: width },
    (_, index) => value >>> (8 * (width - 1 - index)) & 0xff,
  );
}
