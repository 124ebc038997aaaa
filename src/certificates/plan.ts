import { type Certificate, equalBytes } from "../crypto/mod.ts";
import { isSignedBy } from "../trust/mod.ts";
import { type Authority, createAuthority, issueServerPair } from "./authority.ts";
import type { KeyType } from "./key.ts";
import { dnsNamesOf, type ServerPair } from "./server_pair.ts";
import type { StoredTls } from "./stored_tls.ts";

/** What is known beside the secret. */
export interface Surroundings {
  /** What this process serves with. */
  readonly pair: ServerPair | undefined;
  /** What clients trust now, whatever the secret says. */
  readonly trusted: readonly Certificate[];
  /** Whether all clients have had a CA for long enough. */
  readonly isSettled: (authority: Certificate) => boolean;
  /** The names of the server; the first is its subject. */
  readonly dnsNames: readonly [string, ...string[]];
  readonly keyType: KeyType;
  readonly now: Date;
}

/** What the secret should hold. */
export interface Plan extends StoredTls {
  readonly authority: Authority;
  readonly pair: ServerPair;
  /** A server's certificate of the CA is due, as soon as clients have the CA. */
  readonly waits: boolean;
}

/** How long before its end a certificate is replaced: 90 days, in milliseconds. */
export const RENEW_AHEAD = 90 * 24 * 3_600_000;
/** The most CAs that clients are told to trust; the newest stay. */
export const MAX_BUNDLE = 8;

/**
 * What is to become of the secret: the next step of a rotation, or nothing else than what is there. It
 * depends on what is there only, so that any replica takes any step, at any time, after any restart:
 *
 * 1. A CA that is about to end, or cannot issue, is followed by another. Clients are told to trust both;
 *    the server's certificate stays.
 * 2. When clients have had the new CA for long enough, it issues the server's certificate.
 *
 * What serves is never given up for what clients do not trust yet, unless they do not trust it either.
 */
export async function planTls(stored: StoredTls, known: Surroundings): Promise<Plan> {
  const { now, dnsNames, keyType } = known;
  const lasts = ({ notBefore, notAfter }: Certificate, ahead: number): boolean =>
    notBefore <= now && notAfter.getTime() > now.getTime() + ahead;
  const authority = stored.authority !== undefined &&
      lasts(stored.authority.certificate, RENEW_AHEAD)
    ? stored.authority
    : await createAuthority(dnsNames[0], keyType, now);
  const own = authority.certificate;
  const bundle = distinct([own, ...stored.bundle]).filter((one) => one.notAfter > now);
  const serving = await findServing(
    [stored.pair, known.pair].filter((pair) => pair !== undefined && lasts(pair.certificate, 0)),
    distinct([...bundle, ...known.trusted.filter((one) => one.notAfter > now)]),
  );
  const isCurrent = serving !== undefined && serving.pair === stored.pair &&
    serving.issuer.fingerprint === own.fingerprint &&
    lasts(serving.pair.certificate, RENEW_AHEAD) &&
    dnsNamesOf(serving.pair.certificate).includes(dnsNames[0]);
  const issues = serving === undefined || (!isCurrent && known.isSettled(own));
  const pair = issues ? await issueServerPair(authority, dnsNames, keyType, now) : serving.pair;
  // What other replicas may still serve with stays in it.
  const kept = distinct([own, ...(serving === undefined ? [] : [serving.issuer]), ...bundle]);
  const room = new Set(kept.slice(0, MAX_BUNDLE));
  const ordered = distinct([...bundle, ...kept]).filter((one) => room.has(one));
  return { authority, bundle: ordered, pair, waits: !issues && !isCurrent };
}

/** The first pair that was issued by one of these CAs, and by which. */
async function findServing(
  pairs: readonly (ServerPair | undefined)[],
  issuers: readonly Certificate[],
): Promise<{ readonly pair: ServerPair; readonly issuer: Certificate } | undefined> {
  for (const pair of pairs) {
    if (pair === undefined) continue;
    for (const issuer of issuers) {
      const { certificate } = pair;
      if (!equalBytes(certificate.issuer.raw, issuer.subject.raw)) continue;
      if (await isSignedBy(certificate, issuer)) return { pair, issuer };
    }
  }
  return undefined;
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint, one])).values()];
}
