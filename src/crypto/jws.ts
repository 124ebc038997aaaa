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

const MEMBERS = ["payload", "protected", "signature", "header", "signatures"];

/**
 * Reads a JWS in flattened JSON serialization (RFC 7515 §7.2.2), strictly: no member twice at any
 * level, no case variant of a known top-level member, base64url in its canonical form, no general
 * serialization. Unknown top-level members are ignored, as the RFC says.
 *
 * @throws {FormatError}
 */
export function parseFlattenedJws(bytes: Bytes): FlattenedJws {
  const envelope = object(parseJson(decodeUtf8(bytes)).value, "the envelope");
  for (const name of Object.keys(envelope)) {
    const known = MEMBERS.find((member) => member === name.toLowerCase());
    if (known !== undefined && known !== name) {
      throw new FormatError("JWS", `${JSON.stringify(name)} is a case variant of ${known}`);
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
  const header = envelope["header"] === undefined ? {} : object(envelope["header"], "the header");
  return {
    protectedHeader,
    header,
    payload: decodeBase64Url(payloadText),
    signature,
    signingInput: encodeUtf8(`${protectedText}.${payloadText}`),
  };
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
