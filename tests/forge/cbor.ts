/** A writer of CBOR (RFC 8949). It writes what it is told, also what a strict reader must refuse. */

import { type Bytes, join, utf8 } from "./bytes.ts";

/** Encoded CBOR that goes into the output as it is. */
export class RawCbor {
  constructor(readonly bytes: Bytes) {}
}

/** A map as a list of entries, so that keys may repeat and have any order. */
export class CborEntries {
  constructor(readonly entries: readonly CborEntry[]) {}
}

/** A key and its value. */
export type CborEntry = readonly [key: CborInput, value: CborInput];

/** What can be written. A whole number becomes an integer, another one a double. */
export type CborInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | Bytes
  | readonly CborInput[]
  | CborEntries
  | RawCbor;

/** How many bytes after the first hold a length or number; the fewest when not given. */
export type Width = 0 | 1 | 2 | 4 | 8;

/** Encodes a value, every number and length in the fewest bytes. */
export function cbor(value: CborInput): Bytes {
  if (value instanceof RawCbor) return value.bytes;
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "bigint") return integer(value).bytes;
  if (typeof value === "number") {
    return Number.isInteger(value) ? integer(value).bytes : float(value).bytes;
  }
  if (typeof value === "string") return text(value).bytes;
  if (value instanceof Uint8Array) return byteString(value).bytes;
  if (value instanceof CborEntries) {
    return join(head(5, value.entries.length), ...value.entries.flat().map(cbor));
  }
  return join(head(4, value.length), ...value.map(cbor));
}

/** The first bytes of an item: major type and number, in the width asked for. */
export function head(major: number, number: number | bigint, width?: Width): Bytes {
  const value = BigInt(number);
  const chosen = width ??
    (value < 24n ? 0 : value < 0x100n ? 1 : value < 0x10000n ? 2 : value < 0x100000000n ? 4 : 8);
  if (chosen === 0) return Uint8Array.of(major << 5 | Number(value));
  const bytes = Array.from({ length: chosen }, (_, index) => {
    return Number(value >> BigInt(8 * (chosen - 1 - index)) & 0xffn);
  });
  return Uint8Array.of(major << 5 | 24 + Math.log2(chosen), ...bytes);
}

/** An integer, with more bytes than it needs if asked for. */
export function integer(value: number | bigint, width?: Width): RawCbor {
  return new RawCbor(value >= 0 ? head(0, value, width) : head(1, -1n - BigInt(value), width));
}

/** A byte string, with a longer length than it needs if asked for. */
export function byteString(bytes: Bytes, width?: Width): RawCbor {
  return new RawCbor(join(head(2, bytes.length, width), bytes));
}

/** A text string, with a longer length than it needs if asked for. */
export function text(value: string, width?: Width): RawCbor {
  const bytes = utf8(value);
  return new RawCbor(join(head(3, bytes.length, width), bytes));
}

/** A tag around a value. */
export function tagged(tag: number, value: CborInput, width?: Width): RawCbor {
  return new RawCbor(join(head(6, tag, width), cbor(value)));
}

/** A double. */
export function float(value: number): RawCbor {
  const bytes = new Uint8Array(9);
  bytes[0] = 0xfb;
  new DataView(bytes.buffer).setFloat64(1, value);
  return new RawCbor(bytes);
}

/** An item of unknown length (major type 2 to 5) with its parts and the end mark. */
export function indefinite(major: 2 | 3 | 4 | 5, ...parts: readonly CborInput[]): RawCbor {
  return new RawCbor(join(Uint8Array.of(major << 5 | 31), ...parts.map(cbor), Uint8Array.of(0xff)));
}
