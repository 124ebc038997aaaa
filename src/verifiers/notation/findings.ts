import type { RevocationAnswer } from "../../trust/mod.ts";
import type { SignedEnvelope } from "./integrity.ts";

/** What was found out about the revocation of one certificate, as the report has it. */
export interface RevocationRecord {
  readonly subject: string;
  readonly status: RevocationAnswer["status"];
  readonly protocol: RevocationAnswer["protocol"];
  readonly source: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
  /** Set when the answer is past its time, and was used because nobody answers. */
  readonly stale?: true;
}

/** What the checks of one signature come across beside their outcome. */
export class Findings {
  readonly revocation: RevocationRecord[] = [];
  readonly #moments: number[] = [];

  /** Notes the last moment of something: right after it, the outcome may be another one. */
  noteEnd(moment: Date): void {
    this.#moments.push(moment.getTime() + 1);
  }

  /** Notes the moments of a signature: its expiry, and both ends of its certificates' validity. */
  noteSignature({ envelope, chain }: SignedEnvelope): void {
    if (envelope.expiry !== undefined) this.#moments.push(envelope.expiry * 1000);
    for (const { notBefore, notAfter } of chain) {
      this.#moments.push(notBefore.getTime());
      this.noteEnd(notAfter);
    }
  }

  /** The next of these moments; undefined when none is to come. */
  next(now: Date): Date | undefined {
    const coming = this.#moments.filter((moment) => moment > now.getTime());
    return coming.length === 0 ? undefined : new Date(Math.min(...coming));
  }
}
