export { DerCursor, expectTag } from "./cursor.ts";
export {
  readBitString,
  readBoolean,
  readInteger,
  readOctets,
  readOid,
  readPositive,
  readSmallInteger,
} from "./primitives.ts";
export {
  type DerNode,
  readChildren,
  readDer,
  readDerSequence,
  TAG,
  type TagClass,
} from "./reader.ts";
export { readString } from "./strings.ts";
export { readTime } from "./time.ts";
