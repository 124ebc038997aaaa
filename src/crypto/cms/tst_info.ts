import { hashOfOid, hasNoParameters, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import type { Bytes } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readDer,
  readInteger,
  readOid,
  readPreciseTime,
  readSmallInteger,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import type { HashName } from "../hash.ts";

/** What a timestamping authority says (TSTInfo, RFC 3161 §2.4.2), read but not believed. */
export interface TstInfo {
  readonly version: number;
  /** The authority's policy, an object identifier. */
  readonly policy: string;
  /** The hash of what was stamped; `hash` is undefined for a function that is not allowed. */
  readonly imprint: { readonly hash: HashName | undefined; readonly value: Bytes };
  /** Seconds since 1970, possibly with a fraction. */
  readonly time: number;
  /** By how many seconds the time may be off; undefined when the token does not say. */
  readonly accuracy: number | undefined;
}

/** Reads a TSTInfo from DER with nothing after it. @throws {FormatError} */
export function parseTstInfo(bytes: Bytes): TstInfo {
  const cursor = new DerCursor(
    expectTag(readDer(bytes), TAG.sequence, "a timestamp"),
    "a timestamp",
  );
  const version = readSmallInteger(cursor.take(TAG.integer, "version"));
  const policy = readOid(cursor.take(TAG.oid, "policy"));
  const imprint = readImprint(cursor.take(TAG.sequence, "message imprint"));
  readInteger(cursor.take(TAG.integer, "serial number"));
  const time = readPreciseTime(cursor.take(TAG.generalizedTime, "time"));
  const accuracy = cursor.takeIf(TAG.sequence);
  cursor.takeIf(TAG.boolean); // ordering
  cursor.takeIf(TAG.integer); // nonce
  cursor.takeContext(0); // the authority's name: its certificate has it
  cursor.takeContext(1); // extensions
  cursor.end();
  return {
    version,
    policy,
    imprint,
    time,
    accuracy: accuracy === undefined ? undefined : readAccuracy(accuracy),
  };
}

function readImprint(node: DerNode): TstInfo["imprint"] {
  const cursor = new DerCursor(node, "a message imprint");
  const algorithm = readAlgorithmIdentifier(cursor.take(TAG.sequence, "hash algorithm"));
  const { value } = cursor.take(TAG.octetString, "hash");
  cursor.end();
  return { hash: hasNoParameters(algorithm) ? hashOfOid(algorithm.oid) : undefined, value };
}

function readAccuracy(node: DerNode): number {
  const cursor = new DerCursor(node, "an accuracy");
  const seconds = cursor.takeIf(TAG.integer);
  const millis = cursor.takeContext(0);
  const micros = cursor.takeContext(1);
  cursor.end();
  return (seconds === undefined ? 0 : readSmallInteger(seconds)) + fraction(millis) / 1e3 +
    fraction(micros) / 1e6;
}

function fraction(node: DerNode | undefined): number {
  if (node === undefined) return 0;
  const value = node.constructed ? 1000 : readSmallInteger(node);
  if (value < 1 || value > 999) {
    throw new FormatError("timestamp", "a part of the accuracy is not from 1 to 999");
  }
  return value;
}
