import { AssayError, FAILURE_REASONS } from "../errors.ts";
import { withDigest } from "../oci/mod.ts";
import type {
  ArtifactReport,
  Check,
  Decision,
  ReferrerReport,
  ReportFailure,
} from "../report/mod.ts";
import type { Subject } from "../stores/mod.ts";
import type { Verifier, VerifierResult } from "../verifiers/mod.ts";
import { Steps } from "./deadline.ts";
import { type Listing, listReferrers } from "./find_artifacts.ts";
import type {
  ArtifactOutcomes,
  ArtifactsRequest,
  ArtifactsVerification,
  ListedReferrer,
  Outcome,
  VerificationContext,
} from "./verify_artifacts.ts";

/** How many levels of artifacts there are: those of the image, theirs, and those of these. */
const MAX_LEVELS = 3;

/** The most reports on what is attached to artifacts of one image, at all levels together. */
const MAX_NESTED_REPORTS = 500;

/** The most artifacts of one image of which all that is attached is listed, whoever accepts them. */
const MAX_BRANCHES = 200;

/** How deep below an image artifacts are attached, and how many reports there may still be on them. */
export class Nesting {
  readonly level: number;
  readonly #rest: { reports: number; branches: number };

  private constructor(level: number, rest: { reports: number; branches: number }) {
    this.level = level;
    this.#rest = rest;
  }

  /** The artifacts of an image, of which its listing and the verifiers bound the number. */
  static ofImage(): Nesting {
    return new Nesting(1, { reports: MAX_NESTED_REPORTS, branches: MAX_BRANCHES });
  }

  /** The artifacts of artifacts; undefined where none are verified any more. */
  get deeper(): Nesting | undefined {
    return this.level < MAX_LEVELS ? new Nesting(this.level + 1, this.#rest) : undefined;
  }

  /** Asks for one report more. */
  take(): boolean {
    return this.level === 1 || this.#rest.reports-- > 0;
  }

  /** Asks for the listing of what is attached to one artifact more. */
  takeBranch(): boolean {
    return this.#rest.branches-- > 0;
  }

  /** The report that speaks for all artifacts of one subject that are not verified for want of room. */
  beyondLimit(): Outcome {
    return limitExceeded(
      `At most ${MAX_NESTED_REPORTS} artifacts below those of an image are verified; this one and those after it were not`,
    );
  }
}

/** The verification of what is attached to an artifact. It can be asked at any moment what it knows. */
export class NestedVerification {
  readonly #listed: ListedReferrer;
  readonly #request: ArtifactsRequest;
  readonly #context: VerificationContext;
  readonly #create: typeof ArtifactsVerification;
  readonly #steps = new Steps();
  #listing: Listing | undefined;
  #artifacts: ArtifactsVerification | undefined;
  #run: Promise<void> | undefined;
  #beyond: AssayError | undefined;

  /**
   * @param request the verification that the artifact is part of.
   * @param create how what is attached there is verified.
   */
  constructor(
    listed: ListedReferrer,
    request: ArtifactsRequest,
    context: VerificationContext,
    create: typeof ArtifactsVerification,
  ) {
    this.#listed = listed;
    this.#request = request;
    this.#context = context;
    this.#create = create;
  }

  /** Runs to the end, or until the signal of the context fires; once, however often it is called. */
  run(): Promise<void> {
    return this.#run ??= this.#verify();
  }

  /**
   * Puts together what a verifier found in the artifact and what is attached to it. A failure of
   * either wins over what is undecided.
   */
  conclude(own: Outcome, verifier: Verifier): Outcome {
    if (this.#request.nesting.deeper === undefined) {
      const limit = limitExceeded(
        `What is attached to artifacts is verified ${MAX_LEVELS} levels below the image at most`,
      );
      return own.outcome === "failure" ? own : { ...limit, checks: own.checks };
    }
    const { artifacts: nested } = this.#outcomes;
    const decision = this.#decide(nested, verifier);
    const checks = [...own.checks, toCheck(decision)];
    if (decision.decision === "allow") {
      const concluded = verifier.withNested?.(own as VerifierResult, nested) ?? own;
      // The last word is about the verifier's own checks; what was found below stays behind them.
      return { ...own, ...concluded, checks, nested };
    }
    const isSettled = own.outcome === "failure" ||
      (own.outcome === "undecided" && decision.decision === "undecided");
    if (isSettled) return { ...own, checks, nested };
    return { ...own, ...this.#refused(decision, nested), checks, nested };
  }

  /** Everything that is attached there, as a tree; where the policy judges one. */
  get referrers(): readonly ReferrerReport[] {
    return this.#outcomes.referrers ?? [];
  }

  /** Why what is attached there is not known completely; undefined when it is, or lies too deep to matter. */
  get fault(): AssayError | undefined {
    if (this.#request.nesting.deeper === undefined) return undefined;
    if (this.#listing === undefined) return this.#beyond ?? this.#steps.exceeded();
    return this.#listing.failure ?? this.#artifacts?.fault;
  }

  get #outcomes(): ArtifactOutcomes {
    return this.#artifacts?.outcomes ?? { artifacts: [], ignored: [] };
  }

  #decide(reports: readonly ArtifactReport[], verifier: Verifier): Decision {
    const failure = this.#listing?.failure;
    if (failure?.effect === "deny") return { decision: "deny", explanation: failure.message };
    return this.#request.policy.decide({
      reports,
      listingComplete: this.#listing !== undefined && failure === undefined,
      nestedTypes: verifier.nestedReferences ?? [],
    });
  }

  /** Why the artifact is not accepted though it is in order itself. */
  #refused(
    decision: Exclude<Decision, { readonly decision: "allow" }>,
    nested: readonly ArtifactReport[],
  ): Pick<Outcome, "outcome" | "message" | "failure"> {
    const outcome = decision.decision === "deny" ? "failure" : "undecided";
    const told = nested.find((report) =>
      report.outcome === outcome && report.failure?.reason !== "not_applicable"
    );
    const failure = told?.failure ?? this.#listingFailure(decision);
    const parts = [decision.explanation, told?.message ?? this.#listing?.failure?.message];
    const words = parts.filter((part) => part !== undefined && part !== "");
    const message = `nested verification failed: ${[...new Set(words)].join(": ")}`;
    const transient = decision.decision === "undecided" && decision.transient;
    return { outcome, message, failure: { ...failure, transient } };
  }

  #listingFailure({ decision }: Decision): ReportFailure {
    const { reason, remedy } = this.#listing?.failure?.effect === "deny"
      ? { reason: "limit_exceeded", remedy: this.#listing.failure.remedy } as const
      : decision === "deny"
      ? { reason: "nested.missing", remedy: FAILURE_REASONS["nested.missing"] } as const
      : (this.#listing?.failure?.code ?? "DEADLINE_EXCEEDED") === "DEADLINE_EXCEEDED"
      ? { reason: "deadline", remedy: this.#steps.exceeded().remedy } as const
      : { reason: "nested.listing", remedy: FAILURE_REASONS["nested.listing"] } as const;
    return { reason, remedy, transient: false };
  }

  async #verify(): Promise<void> {
    const { deeper } = this.#request.nesting;
    if (deeper === undefined) return;
    if (this.#request.policy.judgesTree === true && !deeper.takeBranch()) {
      this.#beyond = new AssayError({
        code: "LIMIT_EXCEEDED",
        component: "executor",
        message: `More than ${MAX_BRANCHES} artifacts are attached to the image and its artifacts`,
      });
      return;
    }
    const { store, referrer } = this.#listed;
    const { image, subject } = this.#request;
    const { mediaType, digest, size } = referrer;
    const artifact: Subject = {
      reference: withDigest(subject.reference, digest),
      descriptor: { mediaType, digest, size },
    };
    const name = image.repository === "" ? digest : `${image.repository}@${digest}`;
    const listing = await listReferrers(name, artifact, [store], this.#context, this.#steps);
    this.#artifacts = new this.#create(
      {
        ...this.#request,
        image: { name, repository: image.repository },
        subject: artifact,
        referrers: listing.referrers,
        nesting: deeper,
      },
      this.#context,
    );
    this.#listing = listing;
    await this.#artifacts.run();
  }
}

function toCheck({ decision, explanation }: Decision): Check {
  const outcome = { allow: "passed", deny: "failed", undecided: "undecided" } as const;
  return {
    name: "attached",
    outcome: outcome[decision],
    detail: explanation === "" ? "What is attached could not be listed" : explanation,
  };
}

function limitExceeded(message: string): Outcome {
  const failure = {
    reason: "limit_exceeded",
    remedy: "Attach fewer artifacts to artifacts.",
    transient: false,
  } as const;
  return { outcome: "failure", message, checks: [], failure };
}
