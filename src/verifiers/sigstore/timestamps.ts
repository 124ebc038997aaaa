import {
  type Bytes,
  DerCursor,
  expectTag,
  FormatError,
  readDer,
  readSmallInteger,
  TAG,
} from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import {
  type CertificateAuthority,
  formatMoment,
  isWithin,
  verifyTimestamp,
} from "../../trust/mod.ts";
import { reading } from "./failure.ts";

/** A time that a trusted authority has signed. */
export interface SignedTime {
  /** Seconds since 1970, possibly with a fraction. */
  readonly moment: number;
  readonly authority: string;
}

/**
 * Verifies the RFC 3161 timestamps over a signature. Those of authorities that are not trusted are
 * passed over; one that is broken, or about something else, is refused.
 *
 * @param responses TimeStampResp, DER.
 * @throws {VerificationFailure} `timestamp.*`.
 */
export async function verifyTimestamps(
  responses: readonly Bytes[],
  signature: Bytes,
  authorities: readonly CertificateAuthority[],
): Promise<SignedTime[]> {
  const times: SignedTime[] = [];
  for (const response of responses) {
    const token = reading(
      "timestamp.malformed",
      "A timestamp cannot be read",
      () => readResponse(response),
    );
    const time = await firstTrusted(token, signature, authorities);
    if (time !== undefined) times.push(time);
  }
  return times;
}

/** A token may lack its signer's certificate, so that one authority cannot read what another can. */
async function firstTrusted(
  token: Bytes,
  signature: Bytes,
  authorities: readonly CertificateAuthority[],
): Promise<SignedTime | undefined> {
  let broken: VerificationFailure | undefined;
  for (const { chain, name, validFor } of authorities) {
    try {
      const root = chain.slice(-1);
      const { time } = await verifyTimestamp(token, signature, root, chain.slice(0, -1));
      if (isWithin(validFor, time)) return { moment: time, authority: name };
    } catch (error) {
      if (!(error instanceof VerificationFailure)) throw error;
      if (error.reason !== "timestamp.untrusted") broken ??= error;
    }
  }
  if (broken !== undefined) throw broken;
  return undefined;
}

/** The token of a TimeStampResp (RFC 3161 §2.4.2) whose status is that it was granted. */
function readResponse(response: Bytes): Bytes {
  const cursor = new DerCursor(
    expectTag(readDer(response), TAG.sequence, "a response"),
    "a response",
  );
  const info = new DerCursor(cursor.take(TAG.sequence, "status"), "a status");
  const status = readSmallInteger(info.take(TAG.integer, "code"));
  const token = cursor.takeIf(TAG.sequence);
  cursor.end();
  if (status > 1 || token === undefined) {
    throw new FormatError("timestamp", "the authority did not grant it");
  }
  return token.raw;
}

/** The times for a person. */
export function describeTimes(times: readonly SignedTime[]): string {
  return times.length === 0
    ? "None is by an authority of the trusted root"
    : times.map(({ moment, authority }) => `${formatMoment(moment)} by ${authority}`).join("; ");
}
