import { type Bytes, decodeUtf8, FormatError, parseJson, ProtoMessage } from "../../crypto/mod.ts";

/** The most bytes of an envelope: 16 MiB, since an attestation may hold a large predicate. */
export const MAX_ENVELOPE_BYTES = 16 * 1024 * 1024;

/** The fields of an envelope. */
export const ENVELOPE_FIELDS = ["payload", "payloadType", "signatures"] as const;

/** A DSSE envelope with its one signature, read but not believed. */
export interface Envelope {
  readonly payload: Bytes;
  readonly payloadType: string;
  readonly signature: Bytes;
}

/** Reads an envelope by itself, as JSON text. @throws {FormatError} */
export function parseEnvelope(bytes: Bytes): Envelope {
  const { value } = parseJson(decodeUtf8(bytes), { maxLength: MAX_ENVELOPE_BYTES });
  return readEnvelope(new ProtoMessage(value, "", ENVELOPE_FIELDS));
}

/**
 * Reads an envelope. More than one signature is refused: which of them the rest is about would not be
 * known.
 *
 * @throws {FormatError}
 */
export function readEnvelope(envelope: ProtoMessage): Envelope {
  const signatures = envelope.messages("signatures", ["sig", "keyid"]);
  const [only] = signatures;
  if (only === undefined || signatures.length > 1) {
    throw invalid(`its envelope has ${signatures.length} signatures, not one`);
  }
  const signature = only.bytes("sig");
  if (signature.length === 0) throw invalid("the signature of its envelope is empty");
  return {
    payload: envelope.bytes("payload"),
    payloadType: envelope.text("payloadType"),
    signature,
  };
}

function invalid(problem: string): FormatError {
  return new FormatError("protobuf JSON", problem);
}
