import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import { type CborLabel, type CborMap, type CborValue, parseCbor } from "./cbor.ts";
import { FormatError } from "./format_error.ts";

/** A COSE_Sign1 message, read but not believed. */
export interface CoseSign1 {
  readonly protectedHeader: ReadonlyMap<CborLabel, CborValue>;
  readonly unprotectedHeader: ReadonlyMap<CborLabel, CborValue>;
  readonly payload: Bytes;
  readonly signature: Bytes;
  /** The encoded Sig_structure, which the signature is over. */
  readonly toBeSigned: Bytes;
}

const COSE_SIGN1_TAG = 18;
const CONTEXT = "Signature1";
const MAX_LABEL = 2n ** 63n;

/**
 * Reads a tagged COSE_Sign1 message (RFC 9052 §4.2) with its payload inside and no external data,
 * strictly: tag 18, four elements, no label twice within or across the headers.
 *
 * @throws {FormatError}
 */
export function parseCoseSign1(bytes: Bytes): CoseSign1 {
  const message = parseCbor(bytes);
  if (!isTag(message) || message.tag !== COSE_SIGN1_TAG) {
    throw new FormatError("COSE", "it is not tagged as COSE_Sign1 (18)");
  }
  const parts = message.value;
  if (!Array.isArray(parts) || parts.length !== 4) {
    throw new FormatError("COSE", "it is not an array of four elements");
  }
  const [protectedBytes, unprotectedHeader, payload, signature] = parts;
  if (!(protectedBytes instanceof Uint8Array)) {
    throw new FormatError("COSE", "the protected header is not a byte string");
  }
  if (!(unprotectedHeader instanceof Map)) {
    throw new FormatError("COSE", "the unprotected header is not a map");
  }
  if (!(payload instanceof Uint8Array)) {
    throw new FormatError("COSE", "the payload is not in the message");
  }
  if (!(signature instanceof Uint8Array) || signature.length === 0) {
    throw new FormatError("COSE", "the signature is empty or not a byte string");
  }
  const protectedHeader = protectedBytes.length === 0 ? new Map() : parseCbor(protectedBytes);
  if (!(protectedHeader instanceof Map)) {
    throw new FormatError("COSE", "the protected header is not a map");
  }
  checkLabels(protectedHeader, unprotectedHeader);
  return {
    protectedHeader,
    unprotectedHeader,
    payload,
    signature,
    toBeSigned: concatBytes(
      Uint8Array.of(0x84),
      head(3, CONTEXT.length),
      encodeUtf8(CONTEXT),
      head(2, protectedBytes.length),
      protectedBytes,
      head(2, 0), // no external data
      head(2, payload.length),
      payload,
    ),
  };
}

function checkLabels(protectedHeader: CborMap, unprotectedHeader: CborMap): void {
  for (const label of [...protectedHeader.keys(), ...unprotectedHeader.keys()]) {
    if (typeof label === "bigint" && (label >= MAX_LABEL || label < -MAX_LABEL)) {
      throw new FormatError("COSE", "a header has a label that is too large");
    }
  }
  for (const label of unprotectedHeader.keys()) {
    if (protectedHeader.has(label)) {
      throw new FormatError("COSE", `both headers have the label ${label}`);
    }
  }
}

function isTag(value: CborValue): value is { tag: number | bigint; value: CborValue } {
  return typeof value === "object" && value !== null && "tag" in value;
}

/** The shortest initial bytes for a major type and a length. */
function head(major: number, length: number): Bytes {
  const type = major << 5;
  if (length < 24) return Uint8Array.of(type | length);
  if (length < 0x100) return Uint8Array.of(type | 24, length);
  if (length < 0x1_0000) return Uint8Array.of(type | 25, length >> 8, length & 0xff);
  return Uint8Array.of(
    type | 26,
    length >>> 24,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff,
  );
}
