import {
  type Bytes,
  type Certificate,
  parseCertificate,
  verifySignature,
} from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { checkChain, MAX_CHAIN_LENGTH } from "../../trust/mod.ts";
import { reading } from "./reading.ts";
import { algorithmOf, type SignatureAlgorithm } from "./algorithm.ts";
import type { Envelope } from "./envelope.ts";
import { type Payload, readPayload } from "./payload.ts";

/** An envelope whose signature verifies with the key of its leaf certificate. Nothing is trusted yet. */
export interface SignedEnvelope {
  readonly envelope: Envelope;
  readonly algorithm: SignatureAlgorithm;
  readonly payload: Payload;
  /** Leaf first; a complete chain that follows the code signing profile. */
  readonly chain: readonly Certificate[];
  readonly leaf: Certificate;
}

/**
 * The integrity validation: certificates, algorithm, signature and chain fit together, and the
 * payload can be read.
 *
 * @throws {VerificationFailure} `integrity.*`.
 */
export async function checkIntegrity(envelope: Envelope): Promise<SignedEnvelope> {
  const chain = parseChain(envelope.chain);
  const leaf = chain[0] as Certificate; // parseChain returns at least one
  const { name, scheme } = algorithmOf(leaf.publicKey);
  if (envelope.algorithm !== name) {
    throw new VerificationFailure({
      reason: "integrity.algorithm",
      message:
        `The signature says algorithm ${envelope.algorithmText}; a ${leaf.publicKey.description} key signs with ${name}`,
    });
  }
  if (!await isAuthentic(leaf, scheme, envelope)) {
    throw new VerificationFailure({
      reason: "integrity.signature",
      message: "The signature does not verify with the key of the signing certificate",
    });
  }
  await checkChain(chain);
  return { envelope, algorithm: name, payload: readPayload(envelope.payload), chain, leaf };
}

function parseChain(chain: readonly Bytes[]): Certificate[] {
  if (chain.length > MAX_CHAIN_LENGTH) {
    throw new VerificationFailure({
      reason: "integrity.chain",
      message:
        `The chain has ${chain.length} certificates; at most ${MAX_CHAIN_LENGTH} are allowed`,
    });
  }
  return chain.map((der, index) =>
    reading(
      "integrity.chain",
      `Certificate ${index + 1} of the chain cannot be read`,
      () => parseCertificate(der),
    )
  );
}

/** A key that cannot be used at all is a bad certificate, not a bad signature. */
async function isAuthentic(
  leaf: Certificate,
  scheme: Parameters<typeof verifySignature>[1],
  envelope: Envelope,
): Promise<boolean> {
  const { publicKey } = leaf;
  try {
    return await verifySignature(publicKey.spki, scheme, envelope.signature, envelope.signedBytes);
  } catch (error) {
    return reading("integrity.key", "The key of the signing certificate cannot be used", () => {
      throw error;
    });
  }
}
