import { type AlgorithmIdentifier, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import type { Bytes } from "../bytes.ts";
import { DerCursor, type DerNode, expectTag, readDer, readOctets, TAG } from "../der/mod.ts";

/** What is signed, and the signature beside it, as certificates, CRLs and OCSP answers have it. */
export interface Signed {
  readonly tbs: DerNode;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Bytes;
  /** What comes after the signature. */
  readonly rest: DerCursor;
}

/**
 * Reads SIGNED (RFC 5280 §4.1.1) from DER, with nothing after it.
 *
 * @param what the structure, for messages.
 * @throws {FormatError}
 */
export function readSigned(der: Bytes, what: string, maxBytes: number): Signed {
  const rest = new DerCursor(expectTag(readDer(der, maxBytes), TAG.sequence, what), what);
  const tbs = rest.take(TAG.sequence, "signed part");
  const signatureAlgorithm = readAlgorithmIdentifier(
    rest.take(TAG.sequence, "signature algorithm"),
  );
  const signature = readOctets(rest.take(TAG.bitString, "signature"));
  return { tbs, signatureAlgorithm, signature, rest };
}
