import type { Certificate } from "../../crypto/mod.ts";

/** What an issuer, or a responder that speaks for it, said of a certificate. */
export interface RevocationAnswer {
  readonly status: "good" | "revoked" | "unknown";
  /** The address that it came from. */
  readonly source: string;
  readonly protocol: "OCSP" | "CRL";
  /** From when until when it may be relied on, both included. */
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revokedAt?: Date;
  /** The name of the CRLReason, where one is given. */
  readonly reason?: string;
  /** From when on the key is not to be trusted, where that is said. */
  readonly invalidityDate?: Date;
}

/** What is asked of a certificate's revocation. */
export interface RevocationQuestion {
  /** The time as of which answers must be fresh. */
  readonly now: Date;
  readonly signal: AbortSignal;
  /** An authentic signing time, seconds since 1970: a key that was lost later signed in good faith. */
  readonly signingTime?: number;
  /** Hosts, with or without port, that may be asked although they are local. */
  readonly allowedHosts: readonly string[];
  /** For how many milliseconds a good answer may be used beyond its time, while nobody answers. */
  readonly staleWhileUnreachable: number;
}

/** The revocation status of one certificate. */
export type RevocationStatus =
  /** It names no address for its status: it cannot be revoked. */
  | { readonly kind: "notRevocable" }
  /** An authentic answer; `stale` when it is past its time and nobody answers. */
  | { readonly kind: "answered"; readonly answer: RevocationAnswer; readonly stale: boolean }
  /** No authentic fresh answer could be had; the problem names the address. */
  | { readonly kind: "unavailable"; readonly problem: string };

/** Finds out whether certificates are revoked. It does the asking; what an answer means is decided here. */
export interface RevocationChecker {
  /**
   * The status of a certificate.
   *
   * @throws what the question's signal was aborted with.
   */
  check(
    certificate: Certificate,
    issuer: Certificate,
    question: RevocationQuestion,
  ): Promise<RevocationStatus>;
}

/** How far clocks may be apart, in milliseconds. */
const MAX_SKEW_MS = 60_000;

/** Whether an answer may be relied on at a time; for a person, what is wrong otherwise. */
export function describeFreshnessProblem(
  { thisUpdate, nextUpdate }: Pick<RevocationAnswer, "thisUpdate" | "nextUpdate">,
  now: Date,
): string | undefined {
  if (thisUpdate.getTime() > now.getTime() + MAX_SKEW_MS) {
    return `is of ${thisUpdate.toISOString()}, which is still to come`;
  }
  return now > nextUpdate ? `is out of date since ${nextUpdate.toISOString()}` : undefined;
}

/**
 * What an answer means for a signature of an authentic time: a key that was revoked because it was lost
 * later has signed in good faith.
 *
 * @param signingTime seconds since 1970; undefined when no authentic time is known.
 */
export function atSigningTime(
  answer: RevocationAnswer,
  signingTime: number | undefined,
): RevocationAnswer {
  const { status, invalidityDate } = answer;
  const before = status === "revoked" && signingTime !== undefined &&
    invalidityDate !== undefined && signingTime * 1000 < invalidityDate.getTime();
  return before ? { ...answer, status: "good" } : answer;
}

/** RFC 5280 §5.3.1. */
const REASONS: Readonly<Record<number, string>> = {
  0: "unspecified",
  1: "keyCompromise",
  2: "cACompromise",
  3: "affiliationChanged",
  4: "superseded",
  5: "cessationOfOperation",
  6: "certificateHold",
  8: "removeFromCRL",
  9: "privilegeWithdrawn",
  10: "aACompromise",
};

/** The name of a CRLReason. */
export function reasonName(reason: number): string {
  return REASONS[reason] ?? `reason ${reason}`;
}
