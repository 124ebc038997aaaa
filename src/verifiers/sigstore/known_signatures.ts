import {
  type Bytes,
  concatBytes,
  encodeUtf8,
  FormatError,
  hash,
  LruMap,
  type SignatureScheme,
  toHex,
  verifySignature,
} from "../../crypto/mod.ts";

/**
 * Signatures that were found right, by a hash of key, scheme, signature and data: that a signature is
 * right follows from these alone and never changes. What is wrong is found out each time.
 */
const right = new LruMap<string, true>(8192);

/**
 * Checks a signature, or remembers that it is right. A key that cannot be used cannot have signed
 * either: both are false.
 */
export async function isAuthentic(
  spki: Bytes,
  scheme: SignatureScheme,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  const parts = [encodeUtf8(JSON.stringify(scheme)), spki, signature, data];
  const id = toHex(hash("SHA-256", concatBytes(...parts.map((part) => hash("SHA-256", part)))));
  if (right.get(id)) return true;
  try {
    const verified = await verifySignature(spki, scheme, signature, data);
    if (verified) right.set(id, true);
    return verified;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
