import { type Bytes, toHex } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { type DerNode, TAG } from "./reader.ts";

/** The most bytes of an object identifier. */
const MAX_OID_BYTES = 64;

/** BOOLEAN: one byte, 00 or FF. @throws {FormatError} */
export function readBoolean(node: DerNode): boolean {
  const [byte] = node.value;
  if (node.value.length !== 1 || (byte !== 0 && byte !== 0xff)) {
    throw new FormatError("DER", "a BOOLEAN is neither 00 nor FF");
  }
  return byte === 0xff;
}

/** The content of an INTEGER, which must be in its shortest form. @throws {FormatError} */
export function readInteger(node: DerNode): Bytes {
  const [first = 0, second = 0] = node.value;
  if (node.value.length === 0) throw new FormatError("DER", "an INTEGER is empty");
  if (node.value.length > 1 && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)) {
    throw new FormatError("DER", "an INTEGER is not in its shortest form");
  }
  return node.value;
}

/** A positive INTEGER without its sign byte, big-endian. @throws {FormatError} */
export function readPositive(node: DerNode): Bytes {
  const value = readInteger(node);
  const [first = 0] = value;
  if (first >= 0x80) throw new FormatError("DER", "an INTEGER that must be positive is negative");
  const magnitude = first === 0 ? value.subarray(1) : value;
  if (magnitude.length === 0) {
    throw new FormatError("DER", "an INTEGER that must be positive is zero");
  }
  return magnitude;
}

/** An INTEGER from 0 to 2³¹-1. @throws {FormatError} */
export function readSmallInteger(node: DerNode): number {
  const value = readInteger(node);
  if (value.length > 4 || (value[0] ?? 0) >= 0x80) {
    throw new FormatError("DER", "an INTEGER is negative or too large");
  }
  return value.reduce((number, byte) => number * 256 + byte, 0);
}

/** An ENUMERATED from 0 to 2³¹-1. @throws {FormatError} */
export function readEnumerated(node: DerNode): number {
  if (node.tagClass !== "universal" || node.tag !== TAG.enumerated) {
    throw new FormatError("DER", "an element is not an ENUMERATED");
  }
  return readSmallInteger(node);
}

/** A BIT STRING: its bytes, and how many bits of the last one are not used (and zero). @throws {FormatError} */
export function readBitString(node: DerNode): { readonly bytes: Bytes; readonly unused: number } {
  const unused = node.value[0];
  const bytes = node.value.subarray(1);
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused > 0)) {
    throw new FormatError("DER", "a BIT STRING does not say how many bits it has");
  }
  if (((bytes.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0) {
    throw new FormatError("DER", "a BIT STRING has bits set that it does not use");
  }
  return { bytes, unused };
}

/** A BIT STRING of whole bytes. @throws {FormatError} */
export function readOctets(node: DerNode): Bytes {
  const { bytes, unused } = readBitString(node);
  if (unused !== 0) throw new FormatError("DER", "a BIT STRING is not made of whole bytes");
  return bytes;
}

/** The bytes of an OCTET STRING. @throws {FormatError} */
export function readOctetString(node: DerNode): Bytes {
  if (node.tagClass !== "universal" || node.tag !== TAG.octetString) {
    throw new FormatError("DER", "an element is not an OCTET STRING");
  }
  return node.value;
}

/** An OBJECT IDENTIFIER as dotted decimals. @throws {FormatError} */
export function readOid(node: DerNode): string {
  const { value } = node;
  if (value.length === 0 || value.length > MAX_OID_BYTES || (value.at(-1) ?? 0) >= 0x80) {
    throw new FormatError(
      "DER",
      `an OBJECT IDENTIFIER is empty, cut off or too long (${toHex(value.subarray(0, 8))})`,
    );
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  let begins = true;
  for (const byte of value) {
    if (begins && byte === 0x80) {
      throw new FormatError("DER", "an OBJECT IDENTIFIER has an arc with padding");
    }
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    begins = byte < 0x80;
    if (!begins) continue;
    if (arcs.length === 0) {
      const root = arc < 40n ? 0n : arc < 80n ? 1n : 2n;
      arcs.push(root, arc - root * 40n);
    } else {
      arcs.push(arc);
    }
    arc = 0n;
  }
  return arcs.join(".");
}
