import type { Bytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { encodeDer } from "./encode.ts";

/** How much a BER element may have. */
export interface BerLimits {
  readonly maxBytes: number;
  /** How many elements an element may be inside of; 24 when absent. */
  readonly maxDepth?: number;
  /** Elements in all; 10,000 when absent. */
  readonly maxElements?: number;
}

const OCTET_STRING = 0x04;
const CONSTRUCTED = 0x20;
const SEQUENCE = 0x30;
const SET = 0x31;

/**
 * Rewrites the one BER element (X.690 §8) that the input consists of with the lengths of DER: definite, in
 * their shortest form, and OCTET STRINGs in one piece. What DER asks of values is not looked at; the
 * reader of the result does that.
 *
 * @throws {FormatError}
 */
export function berToDer(bytes: Bytes, limits: BerLimits): Bytes {
  if (bytes.length > limits.maxBytes) {
    throw new FormatError("DER", `there are more than ${limits.maxBytes} bytes`);
  }
  const writer = new Rewriter(bytes, limits.maxDepth ?? 24, limits.maxElements ?? 10_000);
  return writer.rewrite();
}

/** Where an element's content is; the end of an indefinite one shows only when its parts were read. */
interface Header {
  readonly identifier: number;
  readonly start: number;
  readonly end: number | undefined;
}

class Rewriter {
  readonly #bytes: Bytes;
  readonly #maxDepth: number;
  #elements: number;
  #offset = 0;

  constructor(bytes: Bytes, maxDepth: number, maxElements: number) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
    this.#elements = maxElements;
  }

  rewrite(): Bytes {
    const der = this.#element(this.#bytes.length, 0);
    if (this.#offset !== this.#bytes.length) throw this.#error("there are bytes after the element");
    return der;
  }

  #element(limit: number, depth: number): Bytes {
    if (depth > this.#maxDepth) throw this.#error("elements are nested too deep");
    if (this.#elements-- <= 0) throw this.#error("there are too many elements");
    const header = this.#header(limit);
    if ((header.identifier & CONSTRUCTED) === 0) {
      if (header.end === undefined) throw this.#error("a primitive element has no length");
      this.#offset = header.end;
      return encodeDer(header.identifier, this.#bytes.subarray(header.start, header.end));
    }
    const parts = this.#parts(header, limit, depth);
    if (header.identifier === (OCTET_STRING | CONSTRUCTED)) {
      return encodeDer(OCTET_STRING, ...parts.map((part) => this.#segment(part)));
    }
    const universal = header.identifier < 0x40;
    if (universal && header.identifier !== SEQUENCE && header.identifier !== SET) {
      throw this.#error("an element is made of parts that must not be");
    }
    return encodeDer(header.identifier, ...parts);
  }

  #parts(header: Header, limit: number, depth: number): Bytes[] {
    const parts: Bytes[] = [];
    if (header.end !== undefined) {
      while (this.#offset < header.end) parts.push(this.#element(header.end, depth + 1));
      return parts;
    }
    while (!this.#takeEnd(limit)) parts.push(this.#element(limit, depth + 1));
    return parts;
  }

  /** The end-of-contents octets, if they are next. */
  #takeEnd(limit: number): boolean {
    if (this.#offset + 2 > limit) throw this.#error("an element is cut off");
    const ends = this.#bytes[this.#offset] === 0 && this.#bytes[this.#offset + 1] === 0;
    if (ends) this.#offset += 2;
    return ends;
  }

  /** A segment was rewritten already: it is one OCTET STRING in DER. */
  #segment(part: Bytes): Bytes {
    if (part[0] !== OCTET_STRING) throw this.#error("an OCTET STRING has a part that is none");
    const second = part[1] ?? 0;
    return part.subarray(second < 0x80 ? 2 : 2 + second - 0x80);
  }

  #header(limit: number): Header {
    const identifier = this.#next(limit);
    if ((identifier & 0x1f) === 0x1f) throw this.#error("a tag is larger than any that is used");
    if (identifier === 0) throw this.#error("an end stands where nothing ends");
    const first = this.#next(limit);
    if (first === 0x80) return { identifier, start: this.#offset, end: undefined };
    let length = first;
    if (first > 0x80) {
      length = 0;
      if (first - 0x80 > 8) throw this.#error("a length is too large");
      for (let count = first - 0x80; count > 0; count--) length = length * 256 + this.#next(limit);
    }
    const end = this.#offset + length;
    if (end > limit) throw this.#error("an element is cut off");
    return { identifier, start: this.#offset, end };
  }

  #next(limit: number): number {
    const byte = this.#offset < limit ? this.#bytes[this.#offset] : undefined;
    if (byte === undefined) throw this.#error("an element is cut off");
    this.#offset++;
    return byte;
  }

  #error(problem: string): FormatError {
    return new FormatError("DER", problem, this.#offset);
  }
}
