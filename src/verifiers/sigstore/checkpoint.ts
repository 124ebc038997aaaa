import { type Bytes, decodeBase64, encodeUtf8, FormatError, toHex } from "../../crypto/mod.ts";

/** The most characters of a checkpoint, and the most lines of signatures. */
const MAX_LENGTH = 64 * 1024;
const MAX_SIGNATURES = 32;

/** A log's statement of its size and root hash (C2SP tlog-checkpoint), read but not believed. */
export interface Checkpoint {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: Bytes;
  /** The bytes that the signatures are over. */
  readonly signedBytes: Bytes;
  readonly signatures: readonly CheckpointSignature[];
}

/** One signature line of a signed note (C2SP signed-note). */
export interface CheckpointSignature {
  readonly name: string;
  /** Lower-case hex of the four bytes that name the key. */
  readonly keyHint: string;
  readonly signature: Bytes;
}

const SIGNATURE = /^— ([^ +]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Reads a checkpoint. @throws {FormatError} */
export function parseCheckpoint(envelope: string): Checkpoint {
  if (envelope.length > MAX_LENGTH) throw invalid("is too long");
  // The text may have blank lines of its own only before the last one, which ends it.
  const end = envelope.lastIndexOf("\n\n");
  if (end < 0 || !envelope.endsWith("\n")) throw invalid("has no signatures after a blank line");
  const text = envelope.slice(0, end + 1);
  const [origin = "", size = "", root = ""] = text.split("\n");
  if (origin === "") throw invalid("names no origin");
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw invalid("has no size that can be read");
  }
  const rootHash = decodeBase64(root);
  if (rootHash.length !== 32) throw invalid("has a root hash that is not 32 bytes long");
  const lines = envelope.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw invalid(`has more than ${MAX_SIGNATURES} signatures`);
  const signatures = lines.map(readSignature);
  return { origin, treeSize: Number(size), rootHash, signedBytes: encodeUtf8(text), signatures };
}

function readSignature(line: string): CheckpointSignature {
  const [, name, base64] = SIGNATURE.exec(line) ?? [];
  if (name === undefined || base64 === undefined) {
    throw invalid("has a signature line that cannot be read");
  }
  const bytes = decodeBase64(base64);
  if (bytes.length < 5) throw invalid("has a signature that is too short");
  return { name, keyHint: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

function invalid(problem: string): FormatError {
  return new FormatError("checkpoint", `the checkpoint ${problem}`);
}
