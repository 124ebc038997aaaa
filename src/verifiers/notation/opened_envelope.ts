import { type Bytes, hash, LruMap, toHex } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { readCoseEnvelope } from "./cose_envelope.ts";
import type { Envelope } from "./envelope.ts";
import { JWS_ENVELOPE } from "./headers.ts";
import { checkIntegrity, type SignedEnvelope } from "./integrity.ts";
import { readJwsEnvelope } from "./jws_envelope.ts";

/** An envelope that could be read; its integrity is checked when somebody asks. */
export interface OpenedEnvelope {
  readonly envelope: Envelope;
  /** @throws {VerificationFailure} `integrity.*`. */
  integrity(): Promise<SignedEnvelope>;
}

/** Parts of an envelope are kept decoded, and as the bytes that were signed: about thrice the blob. */
const WEIGHT = 3;

/**
 * What is in an envelope, and whether its signature and chain are right, follows from its bytes alone:
 * it is found out once. Time, trust and policy come later and are in none of this.
 */
const opened = new LruMap<string, OpenedEnvelope | VerificationFailure>(4096, 64 * 1024 * 1024);

/**
 * Reads a signature envelope of one of the two types, or finds what was read.
 *
 * @throws {VerificationFailure} `integrity.*`.
 */
export function openEnvelope(mediaType: string, bytes: Bytes): OpenedEnvelope {
  const id = `${toHex(hash("SHA-256", bytes))} ${mediaType}`;
  let outcome = opened.get(id);
  if (outcome === undefined) {
    outcome = open(mediaType, bytes);
    opened.set(id, outcome, outcome instanceof VerificationFailure ? 1024 : WEIGHT * bytes.length);
  }
  if (outcome instanceof VerificationFailure) throw outcome;
  return outcome;
}

function open(mediaType: string, bytes: Bytes): OpenedEnvelope | VerificationFailure {
  const read = mediaType === JWS_ENVELOPE ? readJwsEnvelope : readCoseEnvelope;
  try {
    const envelope = read(bytes);
    let signed: Promise<SignedEnvelope> | undefined;
    return {
      envelope,
      integrity: async (): Promise<SignedEnvelope> => {
        const checking = signed ??= checkIntegrity(envelope);
        try {
          return await checking;
        } catch (error) {
          if (!isCertain(error)) signed = undefined;
          throw error;
        }
      },
    };
  } catch (error) {
    if (error instanceof VerificationFailure) return error;
    throw error;
  }
}

/**
 * Whether a refusal follows from the bytes for ever. Where a key could not be imported it is a refusal
 * too, but the reason may be this machine's.
 */
function isCertain(error: unknown): boolean {
  return error instanceof VerificationFailure && error.reason !== "integrity.key" &&
    error.reason !== "integrity.chain";
}
