import { type Bytes, decodeUtf8 } from "./bytes.ts";
import { FormatError } from "./format_error.ts";

/** What a CBOR map may be keyed by. */
export type CborLabel = string | number | bigint;

/** A tagged value. */
export interface CborTag {
  readonly tag: number | bigint;
  readonly value: CborValue;
}

/** A floating-point number, which must not pass for the integer that it may be equal to. */
export interface CborFloat {
  readonly float: number;
}

/** A value of CBOR. Integers beyond what a number holds exactly are bigints. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Bytes
  | CborValue[]
  | CborMap
  | CborTag
  | CborFloat;

/** A map; every label once. */
export type CborMap = Map<CborLabel, CborValue>;

/** How much an item may have. */
export interface CborLimits {
  /** 4 Mi when absent. */
  readonly maxBytes?: number;
  /** How many items an item may be inside of; 16 when absent. */
  readonly maxDepth?: number;
  /** Items in all, labels of maps among them; 100,000 when absent. */
  readonly maxItems?: number;
}

/**
 * Reads the one CBOR item (RFC 8949) that the input consists of, strictly: definite lengths,
 * integers in their shortest form, every label of a map once, UTF-8, nothing after the item. The
 * length of a byte string alone may be longer than need be, as COSE allows it for headers. Map
 * labels are texts or integers.
 *
 * @throws {FormatError}
 */
export function parseCbor(bytes: Bytes, limits: CborLimits = {}): CborValue {
  const { maxBytes = 4 * 1024 * 1024, maxDepth = 16, maxItems = 100_000 } = limits;
  if (bytes.length > maxBytes) {
    throw new FormatError("CBOR", `there are more than ${maxBytes} bytes`);
  }
  return new Reader(bytes, maxDepth, maxItems).read();
}

class Reader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  readonly #maxDepth: number;
  #offset = 0;
  #items: number;

  constructor(bytes: Bytes, maxDepth: number, maxItems: number) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
    this.#items = maxItems;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): CborValue {
    const value = this.#item(0);
    if (this.#offset < this.#bytes.length) throw this.#error("there are bytes after the item");
    return value;
  }

  #item(depth: number): CborValue {
    if (depth > this.#maxDepth) {
      throw this.#error(`items are nested more than ${this.#maxDepth} deep`);
    }
    if (this.#items-- <= 0) throw this.#error("there are too many items");
    const initial = this.#take(1)[0] ?? 0;
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (major === 7) return this.#simpleOrFloat(info);
    const argument = this.#argument(info, major === 2);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER
          ? -1 - argument
          : -1n - BigInt(argument);
      case 2:
        return this.#take(argument).slice();
      case 3:
        return decodeUtf8(this.#take(argument));
      case 4:
        return this.#array(argument, depth);
      case 5:
        return this.#map(argument, depth);
      default:
        return { tag: argument, value: this.#item(depth + 1) };
    }
  }

  /** The number that goes with the initial byte. */
  #argument(info: number, lenient: boolean): number | bigint {
    if (info < 24) return info;
    const at = this.#offset;
    let value: number | bigint;
    let least: number | bigint;
    switch (info) {
      case 24:
        [value, least] = [this.#take(1)[0] ?? 0, 24];
        break;
      case 25:
        this.#take(2);
        [value, least] = [this.#view.getUint16(at), 0x100];
        break;
      case 26:
        this.#take(4);
        [value, least] = [this.#view.getUint32(at), 0x1_0000];
        break;
      case 27: {
        this.#take(8);
        const large = this.#view.getBigUint64(at);
        [value, least] = [large <= Number.MAX_SAFE_INTEGER ? Number(large) : large, 0x1_0000_0000];
        break;
      }
      default:
        throw this.#error("a length is indefinite or reserved");
    }
    if (value < least && !lenient) throw this.#error("a number is not in its shortest form");
    return value;
  }

  #array(length: number | bigint, depth: number): CborValue[] {
    const array: CborValue[] = [];
    for (let count = this.#count(length, 1); count > 0; count--) array.push(this.#item(depth + 1));
    return array;
  }

  #map(length: number | bigint, depth: number): CborMap {
    const map: CborMap = new Map();
    for (let count = this.#count(length, 2); count > 0; count--) {
      const label = this.#label(depth + 1);
      if (map.has(label)) throw this.#error("a map has a label twice");
      map.set(label, this.#item(depth + 1));
    }
    return map;
  }

  #label(depth: number): CborLabel {
    const label = this.#item(depth);
    if (typeof label === "string" || typeof label === "number" || typeof label === "bigint") {
      return label;
    }
    throw this.#error("a map has a label that is neither text nor integer");
  }

  /** A count that the rest of the input can hold, so that no claim makes us reserve memory. */
  #count(length: number | bigint, bytesEach: number): number {
    const rest = this.#bytes.length - this.#offset;
    if (typeof length === "bigint" || length * bytesEach > rest) {
      throw this.#error("the input is cut off");
    }
    return length;
  }

  #simpleOrFloat(info: number): CborValue {
    const at = this.#offset;
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 25:
        this.#take(2);
        return { float: this.#view.getFloat16(at) };
      case 26:
        this.#take(4);
        return { float: this.#view.getFloat32(at) };
      case 27:
        this.#take(8);
        return { float: this.#view.getFloat64(at) };
      default:
        throw this.#error("a simple value is none of false, true and null");
    }
  }

  #take(length: number | bigint): Bytes {
    const start = this.#offset;
    if (typeof length === "bigint" || length > this.#bytes.length - start) {
      throw this.#error("the input is cut off");
    }
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  #error(problem: string): FormatError {
    return new FormatError("CBOR", problem, this.#offset);
  }
}
