import {
  type Bytes,
  concatBytes,
  decodePem,
  FormatError,
  parsePublicKey,
  type PublicKey,
  type SignatureScheme,
  verifySignature,
} from "../crypto/mod.ts";
import { TufError } from "./tuf_error.ts";

/** A key of a repository, and how it signs. */
export interface RoleKey {
  readonly key: PublicKey;
  readonly scheme: SignatureScheme;
}

/** Who signs a kind of metadata, and how many of them must. */
export interface Role {
  readonly keyIds: ReadonlySet<string>;
  readonly threshold: number;
}

/** A signature in metadata. */
export interface RoleSignature {
  readonly keyId: string;
  readonly signature: Bytes;
}

/** What comes before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410). */
const ED25519_PREFIX = Uint8Array.fromHex("302a300506032b6570032100");

const SCHEMES: Readonly<
  Record<string, { readonly fits: string; readonly scheme: SignatureScheme }>
> = {
  "ed25519": { fits: "Ed25519", scheme: { name: "Ed25519" } },
  "ecdsa-sha2-nistp256": {
    fits: "EC P-256",
    scheme: { name: "ECDSA", hash: "SHA-256", encoding: "der" },
  },
  "ecdsa-sha2-nistp384": {
    fits: "EC P-384",
    scheme: { name: "ECDSA", hash: "SHA-384", encoding: "der" },
  },
};

/**
 * Reads a key. One of a kind that is not known, or that is none, is undefined: it then signs nothing,
 * and others may still reach the threshold.
 *
 * @param text a PEM block, or for Ed25519 the key in hexadecimal.
 */
export function readRoleKey(scheme: string, text: string): RoleKey | undefined {
  const known = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (known === undefined) return undefined;
  try {
    const key = parsePublicKey(spkiOf(scheme, text));
    return key.description === known.fits ? { key, scheme: known.scheme } : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function spkiOf(scheme: string, text: string): Bytes {
  if (scheme === "ed25519" && /^[0-9a-f]{64}$/.test(text)) {
    return concatBytes(ED25519_PREFIX, Uint8Array.fromHex(text));
  }
  const [block, ...others] = decodePem(text);
  if (block?.label === "PUBLIC KEY" && others.length === 0) return block.bytes;
  throw new FormatError("PEM", "there is no single PUBLIC KEY block");
}

/**
 * Checks that enough keys of a role have signed. A key counts once, under however many names.
 *
 * @param what the file, for messages.
 * @throws {TufError} `signature`.
 */
export async function checkThreshold(
  what: string,
  signedBytes: Bytes,
  signatures: readonly RoleSignature[],
  role: Role,
  keys: ReadonlyMap<string, RoleKey>,
): Promise<void> {
  const signers = new Set<string>();
  for (const { keyId, signature } of signatures) {
    const known = role.keyIds.has(keyId) ? keys.get(keyId) : undefined;
    if (known === undefined || signers.has(known.key.fingerprint)) continue;
    if (await isRight(known, signature, signedBytes)) signers.add(known.key.fingerprint);
  }
  if (signers.size >= role.threshold) return;
  throw new TufError(
    "signature",
    `${what} is signed by ${signers.size} of its keys; ${role.threshold} are needed`,
  );
}

async function isRight({ key, scheme }: RoleKey, signature: Bytes, data: Bytes): Promise<boolean> {
  try {
    return await verifySignature(key.spki, scheme, signature, data);
  } catch (error) {
    if (error instanceof FormatError) return false; // a key that cannot be used
    throw error;
  }
}
