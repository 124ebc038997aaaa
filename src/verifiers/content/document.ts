import {
  decodeUtf8,
  type JsonObject,
  type JsonValue,
  LruMap,
  parseJson,
} from "../../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../../errors.ts";
import type { Bytes, Descriptor } from "../../oci/mod.ts";
import { reading } from "../reading.ts";
import type { VerifierContext } from "../verifier.ts";

/** The most bytes of an attached document that are read: 64 MiB (design §4). */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** The most values that a JSON document may have: the memory that it takes grows with them. */
const MAX_VALUES = 4_000_000;

/** The same, where a document is held against a schema: that takes longer, and all requests wait. */
export const MAX_SCHEMA_VALUES = 500_000;

/** The most blobs of one artifact that are looked into. */
const MAX_BLOBS = 20;

/**
 * The blobs of the artifact, of which there must be at least one.
 *
 * @throws {VerificationFailure} `manifest.no_blobs`, `limit_exceeded`, or why the manifest cannot be had.
 */
export async function blobsOf({ artifacts }: VerifierContext): Promise<readonly Descriptor[]> {
  const { blobs } = await artifacts.manifest();
  if (blobs.length === 0) {
    throw new VerificationFailure({
      reason: "manifest.no_blobs",
      message: "The manifest of the artifact names no content",
    });
  }
  if (blobs.length > MAX_BLOBS) {
    throw new VerificationFailure({
      reason: "limit_exceeded",
      message: `The artifact has ${blobs.length} blobs; at most ${MAX_BLOBS} are looked into`,
      remedy: "Attach the documents as artifacts of their own.",
    });
  }
  return blobs;
}

/**
 * Fetches each blob and reads it, one after the other, so that one document is held at a time.
 *
 * @throws {VerificationFailure} of `read`, or why a blob cannot be had.
 */
export async function readBlobs<T>(
  blobs: readonly Descriptor[],
  { artifacts, signal }: VerifierContext,
  read: (bytes: Bytes, blob: Descriptor) => T,
): Promise<T[]> {
  const results: T[] = [];
  for (const blob of blobs) {
    const bytes = await artifacts.blob(blob, MAX_DOCUMENT_BYTES);
    signal.throwIfAborted();
    results.push(read(bytes, blob));
  }
  return results;
}

/**
 * Reads a JSON document strictly: a member that occurs twice would read differently elsewhere.
 *
 * @param what what the document is, for messages.
 * @param maxValues values in all, members and elements.
 * @throws {VerificationFailure} of the reason.
 */
export function readJson(
  bytes: Bytes,
  what: string,
  reason: FailureReason,
  maxValues = MAX_VALUES,
): JsonValue {
  return reading(reason, `${what} is not JSON that can be read`, () => {
    const limits = { maxLength: MAX_DOCUMENT_BYTES, maxValues };
    return parseJson(decodeUtf8(bytes), limits).value;
  });
}

/** What was read, by kind and digest, for as long as there is room: about four bytes for each of a document. */
const known = new LruMap<string, unknown>(1000, 64 * 1024 * 1024);

/**
 * Reads a document, or takes what was read when the same was read before: large ones are looked into
 * again each time that a verdict is due. Failures are not remembered.
 *
 * @param kind what it is read as: with the digest of the blob, this says all about the result.
 * @param read must not depend on anything but the bytes.
 */
export function readOnce<T>(kind: string, { digest, size }: Descriptor, read: () => T): T {
  const key = `${kind} ${digest}`;
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered as T;
  const result = read();
  known.set(key, result, 4 * size);
  return result;
}

/** Whether a value is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
