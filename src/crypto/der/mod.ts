export { type BerLimits, berToDer } from "./ber.ts";
export { DerCursor, expectTag } from "./cursor.ts";
export { encodeDer } from "./encode.ts";
export {
  readBitString,
  readBoolean,
  readEnumerated,
  readInteger,
  readOctets,
  readOctetString,
  readOid,
  readPositive,
  readSmallInteger,
} from "./primitives.ts";
export {
  type DerNode,
  readChildren,
  readDer,
  readDerSequence,
  readExplicit,
  TAG,
  type TagClass,
} from "./reader.ts";
export { readString } from "./strings.ts";
export { readPreciseTime, readTime } from "./time.ts";
