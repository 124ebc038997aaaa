import { VerificationFailure } from "../../errors.ts";
import type { Check } from "../../report/mod.ts";
import { staleness } from "../../trust/mod.ts";
import { CheckList } from "../check_list.ts";
import {
  type Evidence,
  type EvidenceRules,
  type SignedContent,
  verifySigned,
} from "../sigstore/mod.ts";
import type { Candidate, KeyInformation } from "./signers.ts";

/** One signature held against one signer. */
export interface Attempt {
  /** The position of the signature, from 0. */
  readonly index: number;
  /** The digest of the layer that it is in. */
  readonly digest: string;
  /** The signature as it is written. */
  readonly signature: string;
  readonly information: KeyInformation;
  readonly checks: readonly Check[];
  /** Set when it was found right. */
  readonly evidence: Evidence | undefined;
  /** Set otherwise. */
  readonly failure: VerificationFailure | undefined;
}

/** A signature to judge. */
export interface Signature {
  readonly index: number;
  readonly digest: string;
  readonly text: string;
  /** Its parts, or why they cannot be read. */
  readonly content: SignedContent | VerificationFailure;
  /** Checks what was signed, once the signature is known to be right. */
  readonly checkClaims: (list: CheckList) => Promise<void>;
}

/** Holds a signature against a signer. Never throws for anything that is wrong with either. */
export async function attempt(
  signature: Signature,
  { information, signer, staleSince }: Candidate,
  rules: EvidenceRules | VerificationFailure,
): Promise<Attempt> {
  const list = new CheckList();
  const { index, digest, text } = signature;
  const about = { index, digest, signature: text, information };
  try {
    for (const part of [signature.content, signer, rules]) {
      if (part instanceof VerificationFailure) {
        await list.run("signature", "enforce", () => fail(part));
      }
    }
    list.conclude();
    const evidence = await verifySigned(
      list,
      signature.content as SignedContent, // the failures have been thrown above
      signer as Exclude<typeof signer, VerificationFailure>,
      rules as EvidenceRules,
    );
    if (staleSince !== undefined) {
      const { now } = rules as EvidenceRules;
      const { provider = "", name = "" } = information;
      const text = `The key ${name} of ${provider} is in use${staleness(staleSince, now)}`;
      await list.run("key material", "enforce", () => text);
    }
    await signature.checkClaims(list);
    list.conclude();
    return { ...about, checks: list.checks, evidence, failure: undefined };
  } catch (error) {
    if (!(error instanceof VerificationFailure)) throw error;
    return { ...about, checks: list.checks, evidence: undefined, failure: error };
  }
}

function fail(failure: VerificationFailure): never {
  throw failure;
}
