import { AssayError } from "../errors.ts";
import {
  type ArtifactReport,
  type Decision,
  type ReferrerReport,
  referrerToWire,
  type WireReferrer,
} from "../report/mod.ts";
import { createConfigPolicy } from "./config_policy.ts";
import { hasTransient } from "./group.ts";
import type { PolicyInput, PolicyProvider } from "./policy_provider.ts";

/** The document that a policy in a language is evaluated over: form 1.1.0 of what is attached. */
export interface JudgedDocument {
  readonly verifierReports: readonly WireReferrer[];
}

/** What came of an evaluation: only `yes` lets an image in, and `failed` says that nothing is known. */
export type Judgement =
  | { readonly answer: "yes" }
  | { readonly answer: "no"; readonly explanation: string }
  | {
    readonly answer: "failed";
    readonly explanation: string;
    /** Whether it was stopped, after all the time that an evaluation may take. */
    readonly wasStopped: boolean;
  };

/** Evaluates a policy over a document; the same document gives the same judgement. */
export type Judge = (document: JudgedDocument) => Judgement;

/**
 * A policy that is written in a language, over a tree of everything attached. What is undecided it sees
 * as no success; so a *no* with something undecided in the tree is undecided, and where the tree is not
 * complete so is everything. An evaluation that fails is undecided for good: it would fail again.
 *
 * What must be attached to an artifact because its verifier says so is not asked of the policy: of each
 * of those types, and of every other that is there, one must be valid.
 */
export function createJudgedPolicy(type: string, judge: Judge): PolicyProvider {
  const nested = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });
  let last: { readonly text: string; readonly judgement: Judgement } | undefined;
  const patience = new Patience();
  const remembered = (document: JudgedDocument): Judgement | undefined => {
    const text = JSON.stringify(document);
    if (last?.text !== text) {
      if (!patience.allows()) return undefined;
      last = { text, judgement: judge(document) };
      patience.record(last.judgement);
    }
    return last.judgement;
  };
  return {
    type,
    judgesTree: true,
    decide: (input) =>
      input.nestedTypes === undefined ? decide(input, remembered) : nested.decide(input),
  };
}

/** How often a policy may be stopped before it is asked only now and then. */
const MAX_STOPPED = 3;
/** How many evaluations that end by themselves make up for one that was stopped. */
const MAKE_UP = 50;
/** One of so many calls is made then. */
const RETRY = 50;

/**
 * Keeps a policy that takes all the time it may, again and again, from taking that of others: evaluations
 * hold up the process. What is not evaluated is undecided.
 */
class Patience {
  #stopped = 0;
  #refused = 0;

  allows(): boolean {
    return this.#stopped < MAX_STOPPED || ++this.#refused % RETRY === 0;
  }

  record(judgement: Judgement): void {
    const wasStopped = judgement.answer === "failed" && judgement.wasStopped;
    this.#stopped = wasStopped
      ? Math.min(this.#stopped + 1, MAX_STOPPED)
      : Math.max(this.#stopped - 1 / MAKE_UP, 0);
  }
}

function decide(
  { referrers = [], listingComplete }: PolicyInput,
  judge: (document: JudgedDocument) => Judgement | undefined,
): Decision {
  if (!listingComplete) {
    return {
      decision: "undecided",
      explanation: "what is attached is not known completely",
      transient: true,
    };
  }
  const judgement = judge({ verifierReports: referrers.map(referrerToWire) });
  if (judgement === undefined) {
    const explanation = "it was stopped too often for taking too long; it is tried now and then";
    return failed(explanation, true);
  }
  const open = allReports(referrers).filter(({ outcome }) => outcome === "undecided");
  switch (judgement.answer) {
    case "yes":
      return { decision: "allow", explanation: "the policy says yes" };
    case "failed":
      return failed(judgement.explanation, false);
    case "no":
      return open.length === 0 ? { decision: "deny", explanation: judgement.explanation } : {
        decision: "undecided",
        explanation: judgement.explanation,
        transient: hasTransient(open),
      };
  }
}

function failed(explanation: string, transient: boolean): Decision {
  const cause = new AssayError({
    code: "POLICY_EVALUATION_FAILURE",
    component: "policyProvider",
    message: `The policy came to no value: ${explanation}`,
    transient,
  });
  return { decision: "undecided", explanation, transient, cause };
}

/** The reports of a tree, those of an artifact before those of what is attached to it. */
export function allReports(referrers: readonly ReferrerReport[]): readonly ArtifactReport[] {
  return referrers.flatMap(({ reports, nested }) => [...reports, ...allReports(nested)]);
}
