import { decodeBase64Url } from "./base64.ts";
import { type Bytes, decodeUtf8, encodeUtf8 } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import { type JsonObject, type JsonValue, parseJson } from "./json.ts";

/** A JWS in flattened JSON serialization, read but not believed. */
export interface FlattenedJws {
  readonly protectedHeader: JsonObject;
  /** The unprotected header; empty when absent. */
  readonly header: JsonObject;
  readonly payload: Bytes;
  readonly signature: Bytes;
  /** The bytes that the signature is over. */
  readonly signingInput: Bytes;
}

/** The most bytes of an envelope: 4 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

const MEMBERS = ["payload", "protected", "signature", "header", "signatures"];

/**
 * Reads a JWS in flattened JSON serialization (RFC 7515 §7.2.2), strictly: no member twice at any
 * level, no case variant of a known top-level member, base64url in its canonical form, no general
 * serialization, no parameter in both headers (§7.2.1). Unknown top-level members are ignored, as the RFC says.
 *
 * @throws {FormatError}
 */
export function parseFlattenedJws(bytes: Bytes): FlattenedJws {
  if (bytes.length > MAX_BYTES) {
    throw new FormatError("JWS", `the envelope has more than ${MAX_BYTES} bytes`);
  }
  const envelope = object(parseJson(decodeUtf8(bytes)).value, "the envelope");
  for (const name of Object.keys(envelope)) {
    const known = MEMBERS.find((member) => member === foldCase(name));
    if (known !== undefined && known !== name) {
      throw new FormatError(
        "JWS",
        `${JSON.stringify(name.slice(0, 100))} is a case variant of ${known}`,
      );
    }
  }
  if (envelope["signatures"] !== undefined) {
    throw new FormatError("JWS", "it is a general serialization (signatures), not a flattened one");
  }
  const protectedText = text(envelope, "protected");
  const payloadText = text(envelope, "payload");
  const signature = decodeBase64Url(text(envelope, "signature"));
  const protectedHeader = object(
    parseJson(decodeUtf8(decodeBase64Url(protectedText))).value,
    "the protected header",
  );
  const header = envelope["header"] === undefined
    ? Object.create(null) as JsonObject
    : object(envelope["header"], "the header");
  for (const name of Object.keys(header)) {
    if (name in protectedHeader) {
      throw new FormatError("JWS", `both headers have ${JSON.stringify(name.slice(0, 100))}`);
    }
  }
  return {
    protectedHeader,
    header,
    payload: decodeBase64Url(payloadText),
    signature,
    signingInput: encodeUtf8(`${protectedText}.${payloadText}`),
  };
}

/** Folds as decoders that ignore case do: `ſ` (U+017F) is an `s` to them, too. */
function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function text(envelope: JsonObject, name: string): string {
  const value = envelope[name];
  if (typeof value !== "string") throw new FormatError("JWS", `it has no text member "${name}"`);
  return value;
}

function object(value: JsonValue, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormatError("JWS", `${what} is not an object`);
  }
  return value;
}
