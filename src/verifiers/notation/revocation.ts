import type { Certificate } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { type RevocationAnswer, type RevocationStatus, subjectText } from "../../trust/mod.ts";
import type { VerifierContext } from "../verifier.ts";
import type { Findings, RevocationRecord } from "./findings.ts";

/** What a verifier's configuration says of asking for revocation. */
export interface RevocationSettings {
  /** Hosts, with or without port, that may be asked although they are local. */
  readonly allowedRevocationHosts: readonly string[];
  /** For how many milliseconds a good answer may be used beyond its time, while nobody answers. */
  readonly staleWhileUnreachable: number;
}

/**
 * Checks that no certificate of a chain is revoked. The root is trusted as it is; a certificate below it
 * that names no address for its status cannot be revoked.
 *
 * @param findings what the answers say is noted there.
 * @param signingTime an authentic one, seconds since 1970.
 * @throws {VerificationFailure} `revocation.*`: a refusal when an authentic answer says so, undecided when
 * there is none.
 */
export async function checkChainRevocation(
  chain: readonly Certificate[],
  settings: RevocationSettings,
  context: VerifierContext,
  findings: Findings,
  signingTime?: number,
): Promise<string> {
  const question = {
    now: context.now,
    signal: context.signal,
    allowedHosts: settings.allowedRevocationHosts,
    staleWhileUnreachable: settings.staleWhileUnreachable,
    ...(signingTime === undefined ? {} : { signingTime }),
  };
  const found = await Promise.all(
    chain.slice(0, -1).map(async (certificate, index) => ({
      certificate,
      status: await statusOf(certificate, chain[index + 1] as Certificate, question, context),
    })),
  );
  const asked = found.filter(({ status }) => status.kind !== "notRevocable");
  if (asked.length === 0) return "No certificate names an address for its revocation status";
  const answers = asked.flatMap(({ certificate, status }) =>
    status.kind === "answered" ? [{ certificate, ...status }] : []
  );
  for (const answered of answers) {
    findings.revocation.push(record(answered));
    findings.noteEnd(answered.stale ? soon(context.now) : answered.answer.nextUpdate);
  }
  refuse(asked);
  return answers.map(describe).join("; ");
}

/** A stale answer is good for a second: then somebody may answer again. */
function soon(now: Date): Date {
  return new Date(now.getTime() + 1000);
}

interface Asked {
  readonly certificate: Certificate;
  readonly status: RevocationStatus;
}

async function statusOf(
  certificate: Certificate,
  issuer: Certificate,
  question: Parameters<NonNullable<VerifierContext["revocation"]>["check"]>[2],
  { revocation }: VerifierContext,
): Promise<RevocationStatus> {
  if (certificate.ocspUrls.length === 0 && certificate.crlUrls.length === 0) {
    return { kind: "notRevocable" };
  }
  return await revocation?.check(certificate, issuer, question) ??
    { kind: "unavailable", problem: "nobody was there to ask" };
}

/** A revoked certificate outweighs one whose status is unknown, and that one what could not be asked. */
function refuse(asked: readonly Asked[]): void {
  for (const { certificate, status } of asked) {
    if (status.kind !== "answered" || status.answer.status !== "revoked") continue;
    const { revokedAt, reason, source } = status.answer;
    throw new VerificationFailure({
      reason: "revocation.revoked",
      message: `The certificate "${subjectText(certificate.subject)}" is revoked${
        revokedAt === undefined ? "" : ` since ${revokedAt.toISOString()}`
      }${reason === undefined ? "" : ` (${reason})`}, as ${source} says`,
    });
  }
  for (const { certificate, status } of asked) {
    if (status.kind !== "answered" || status.answer.status !== "unknown") continue;
    throw new VerificationFailure({
      reason: "revocation.unknown",
      message: `The certificate "${
        subjectText(certificate.subject)
      }" is unknown to its issuer's responder ${status.answer.source}`,
    });
  }
  for (const { certificate, status } of asked) {
    if (status.kind !== "unavailable") continue;
    throw new VerificationFailure({
      reason: "revocation.unavailable",
      effect: "undecided",
      transient: true,
      message: `Whether the certificate "${
        subjectText(certificate.subject)
      }" is revoked could not be found out: ${status.problem}`,
    });
  }
}

interface Answered {
  readonly certificate: Certificate;
  readonly answer: RevocationAnswer;
  readonly stale: boolean;
}

function describe({ answer, stale }: Answered): string {
  const until = answer.nextUpdate.toISOString();
  return stale
    ? `Not revoked when ${answer.source} last answered, which held until ${until}; nobody answers now`
    : `Not revoked, as ${answer.source} says until ${until}`;
}

function record({ certificate, answer, stale }: Answered): RevocationRecord {
  return {
    subject: subjectText(certificate.subject),
    status: answer.status,
    protocol: answer.protocol,
    source: answer.source,
    thisUpdate: answer.thisUpdate.toISOString(),
    nextUpdate: answer.nextUpdate.toISOString(),
    ...(stale ? { stale } : {}),
  };
}
