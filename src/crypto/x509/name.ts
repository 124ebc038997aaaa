import type { Bytes } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readChildren,
  readOid,
  readString,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";

/** One attribute of a distinguished name. */
export interface NameAttribute {
  readonly oid: string;
  /** The text; undefined when the value is not of a string type. */
  readonly value: string | undefined;
  /** The value's element as encoded. */
  readonly rawValue: Bytes;
}

/** A distinguished name: relative ones in the order of the encoding, each a set of attributes. */
export interface Name {
  readonly raw: Bytes;
  readonly rdns: readonly (readonly NameAttribute[])[];
}

/** Reads a Name (RFC 5280 §4.1.2.4). @throws {FormatError} */
export function readName(node: DerNode): Name {
  const rdns = readChildren(expectTag(node, TAG.sequence, "a name")).map((rdn) => {
    const attributes = readChildren(expectTag(rdn, TAG.set, "a relative name")).map(readAttribute);
    if (attributes.length === 0) throw new FormatError("X.509", "a relative name has no attribute");
    return attributes;
  });
  return { raw: node.raw, rdns };
}

function readAttribute(node: DerNode): NameAttribute {
  const cursor = new DerCursor(
    expectTag(node, TAG.sequence, "an attribute of a name"),
    "an attribute of a name",
  );
  const oid = readOid(cursor.take(TAG.oid, "type"));
  const value = cursor.takeAny();
  if (value === undefined) throw new FormatError("X.509", "an attribute of a name has no value");
  cursor.end();
  return { oid, value: readString(value), rawValue: value.raw };
}
