import type { Bytes } from "./bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readExplicit,
  readOid,
  readSmallInteger,
  TAG,
} from "./der/mod.ts";
import { FormatError } from "./format_error.ts";
import type { HashName } from "./hash.ts";

/** An AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** The parameters' element; undefined when there are none. */
  readonly parameters: DerNode | undefined;
  readonly raw: Bytes;
}

/** What an RSASSA-PSS AlgorithmIdentifier pins down (RFC 4055 §3.1). */
export interface PssParameters {
  readonly hash: string;
  readonly mgfHash: string;
  readonly saltLength: number;
  readonly trailer: number;
}

const SHA1 = "1.3.14.3.2.26";
const MGF1 = "1.2.840.113549.1.1.8";

const HASHES: ReadonlyMap<string, HashName> = new Map([
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);

/** The hash function of an object identifier; undefined for every hash that signatures must not use. */
export function hashOfOid(oid: string): HashName | undefined {
  return HASHES.get(oid);
}

/** @throws {FormatError} */
export function readAlgorithmIdentifier(node: DerNode): AlgorithmIdentifier {
  const cursor = new DerCursor(
    expectTag(node, TAG.sequence, "an AlgorithmIdentifier"),
    "an AlgorithmIdentifier",
  );
  const oid = readOid(cursor.take(TAG.oid, "object identifier"));
  const parameters = cursor.takeAny();
  cursor.end();
  return { oid, parameters, raw: node.raw };
}

/** Whether the parameters are absent or NULL. */
export function hasNoParameters(algorithm: AlgorithmIdentifier): boolean {
  const { parameters } = algorithm;
  return parameters === undefined ||
    (parameters.tagClass === "universal" && parameters.tag === TAG.null &&
      parameters.value.length === 0);
}

/** RSASSA-PSS-params; absent members have their defaults, which are SHA-1. @throws {FormatError} */
export function readPssParameters(node: DerNode): PssParameters {
  const cursor = new DerCursor(
    expectTag(node, TAG.sequence, "RSASSA-PSS-params"),
    "RSASSA-PSS-params",
  );
  const [hash, mask, salt, trailer] = [0, 1, 2, 3].map((tag) => {
    const node = cursor.takeContext(tag);
    return node && readExplicit(node);
  });
  cursor.end();
  return {
    hash: hash === undefined ? SHA1 : readHash(hash),
    mgfHash: mask === undefined ? SHA1 : readMaskHash(mask),
    saltLength: salt === undefined
      ? 20
      : readSmallInteger(expectTag(salt, TAG.integer, "saltLength")),
    trailer: trailer === undefined
      ? 1
      : readSmallInteger(expectTag(trailer, TAG.integer, "trailerField")),
  };
}

function readHash(node: DerNode): string {
  const algorithm = readAlgorithmIdentifier(node);
  if (!hasNoParameters(algorithm)) throw new FormatError("DER", "a hash algorithm has parameters");
  return algorithm.oid;
}

function readMaskHash(node: DerNode): string {
  const algorithm = readAlgorithmIdentifier(node);
  if (algorithm.oid !== MGF1 || algorithm.parameters === undefined) {
    throw new FormatError("DER", "the mask generation function is not MGF1");
  }
  return readHash(algorithm.parameters);
}
