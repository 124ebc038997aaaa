import type { Bytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";

/** The class of an ASN.1 tag. */
export type TagClass = "universal" | "application" | "context" | "private";

/** One element of a DER encoding: views into the input, nothing is copied. */
export interface DerNode {
  readonly tagClass: TagClass;
  readonly constructed: boolean;
  readonly tag: number;
  /** The content without tag and length. */
  readonly value: Bytes;
  /** Tag, length and content. */
  readonly raw: Bytes;
}

/** Universal tags (X.680 §8.4). */
export const TAG = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8String: 12,
  sequence: 16,
  set: 17,
  numericString: 18,
  printableString: 19,
  teletexString: 20,
  ia5String: 22,
  utcTime: 23,
  generalizedTime: 24,
  universalString: 28,
  bmpString: 30,
} as const;

const CLASSES: readonly TagClass[] = ["universal", "application", "context", "private"];

/** Tags whose encoding in DER is constructed; all other universal ones are primitive. */
const CONSTRUCTED: readonly number[] = [TAG.sequence, TAG.set];

/** The most bytes that an element may have, if the caller does not say: 4 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The most elements that one element may have. */
const MAX_CHILDREN = 10_000;

/**
 * Reads the one element that the input consists of (X.690, DER): definite lengths in their
 * shortest form, tags below 31, nothing after the element.
 *
 * @throws {FormatError}
 */
export function readDer(bytes: Bytes, maxBytes: number = MAX_BYTES): DerNode {
  if (bytes.length > maxBytes) {
    throw new FormatError("DER", `there are more than ${maxBytes} bytes`);
  }
  const node = readAt(bytes, 0);
  if (node.raw.length !== bytes.length) {
    throw new FormatError("DER", "there are bytes after the element", node.raw.length);
  }
  return node;
}

/**
 * Reads the elements that a constructed element has. Only one level: the caller decides what to
 * descend into, so that no input decides how deep reading goes.
 *
 * @throws {FormatError}
 */
export function readChildren(node: DerNode): DerNode[] {
  if (!node.constructed) {
    throw new FormatError("DER", "an element that has none is asked for its parts");
  }
  const children: DerNode[] = [];
  for (let offset = 0; offset < node.value.length;) {
    if (children.length === MAX_CHILDREN) {
      throw new FormatError("DER", "an element has too many parts");
    }
    const child = readAt(node.value, offset);
    children.push(child);
    offset += child.raw.length;
  }
  return children;
}

/** The one element that an explicit tag wraps. @throws {FormatError} */
export function readExplicit(node: DerNode): DerNode {
  const [inner, ...more] = readChildren(node);
  if (inner === undefined) throw new FormatError("DER", "an explicitly tagged element is empty");
  if (more.length > 0) {
    throw new FormatError("DER", "an explicitly tagged element has parts too many");
  }
  return inner;
}

/**
 * Splits elements that stand one after the other.
 *
 * @throws {FormatError}
 */
export function readDerSequence(bytes: Bytes): Bytes[] {
  const elements: Bytes[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (elements.length === MAX_CHILDREN) {
      throw new FormatError("DER", "there are too many elements");
    }
    const { raw } = readAt(bytes, offset);
    elements.push(raw.slice());
    offset += raw.length;
  }
  return elements;
}

function readAt(bytes: Bytes, offset: number): DerNode {
  const first = bytes[offset];
  const second = bytes[offset + 1];
  if (first === undefined || second === undefined) {
    throw new FormatError("DER", "an element is cut off", offset);
  }
  const tag = first & 0x1f;
  const tagClass = CLASSES[first >> 6] ?? "universal";
  const constructed = (first & 0x20) !== 0;
  if (tag === 0x1f) throw new FormatError("DER", "a tag is larger than any that is used", offset);
  if (tagClass === "universal" && tag === 0) {
    throw new FormatError("DER", "the tag 0 marks the end of indefinite lengths only", offset);
  }
  if (tagClass === "universal" && constructed !== CONSTRUCTED.includes(tag)) {
    throw new FormatError("DER", "a primitive element is constructed, or the reverse", offset);
  }
  let length = second;
  let start = offset + 2;
  if (second >= 0x80) {
    const count = second - 0x80;
    if (count === 0 || count > 4) {
      throw new FormatError("DER", "a length is indefinite or too large", offset);
    }
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new FormatError("DER", "a length is not in its shortest form", offset);
    }
  }
  if (start + length > bytes.length) throw new FormatError("DER", "an element is cut off", offset);
  return {
    tagClass,
    constructed,
    tag,
    value: bytes.subarray(start, start + length),
    raw: bytes.subarray(offset, start + length),
  };
}
