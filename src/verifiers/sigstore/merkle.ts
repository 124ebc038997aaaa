import { type Bytes, concatBytes, equalBytes, hash } from "../../crypto/mod.ts";

/** The most hashes of a proof: enough for 2⁶⁴ entries. */
export const MAX_PROOF_HASHES = 64;

/** The hash of a leaf of a Merkle tree (RFC 6962 §2.1). */
export function leafHash(entry: Bytes): Bytes {
  return hash("SHA-256", concatBytes(new Uint8Array([0]), entry));
}

function nodeHash(left: Bytes, right: Bytes): Bytes {
  return hash("SHA-256", concatBytes(new Uint8Array([1]), left, right));
}

/** That a leaf is in a tree. */
export interface InclusionProof {
  /** The position of the leaf, from 0. */
  readonly index: number;
  /** How many leaves the tree has. */
  readonly treeSize: number;
  /** From the leaf's neighbour upwards. */
  readonly hashes: readonly Bytes[];
  readonly rootHash: Bytes;
}

/**
 * Whether the proof leads from the leaf to the root (RFC 9162 §2.1.3.2). The number of hashes must
 * be exactly the one that index and size need.
 */
export function provesInclusion(leaf: Bytes, proof: InclusionProof): boolean {
  if (proof.index >= proof.treeSize || proof.hashes.length > MAX_PROOF_HASHES) return false;
  // Divisions rather than shifts: sizes may exceed 32 bits.
  let position = proof.index;
  let last = proof.treeSize - 1;
  let result = leaf;
  for (const sibling of proof.hashes) {
    if (sibling.length !== 32 || last === 0) return false;
    if (position % 2 === 1 || position === last) {
      result = nodeHash(sibling, result);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      result = nodeHash(result, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(result, proof.rootHash);
}
