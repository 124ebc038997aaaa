import { asAssayError, type AssayError, ERROR_CODES, FAILURE_REASONS } from "../errors.ts";
import type { PolicyProvider } from "../policy/mod.ts";
import type { ArtifactReport, IgnoredArtifact, ReferrerReport } from "../report/mod.ts";
import type { ArtifactStore, Referrer, StoreOptions, Subject } from "../stores/mod.ts";
import type { RevocationChecker, TrustSnapshot } from "../trust/mod.ts";
import type { PluginHost, VerifiedSubject, Verifier, VerifierResult } from "../verifiers/mod.ts";
import { StoreArtifactReader } from "./artifact_reader.ts";
import { deadlineExceeded, withinDeadline } from "./deadline.ts";
import { NestedVerification, type Nesting } from "./nested.ts";
import { mapBounded } from "./parallel.ts";

/** How many artifacts of one image are verified at once. */
const PARALLEL_ARTIFACTS = 8;

/** A referrer and the store that listed it. */
export interface ListedReferrer {
  readonly store: ArtifactStore;
  readonly referrer: Referrer;
}

/** What the verification of one image looks at. */
export interface VerificationContext extends StoreOptions {
  readonly trust: TrustSnapshot;
  readonly scope: string;
  readonly now: Date;
  readonly revocation?: RevocationChecker | undefined;
  readonly plugins?: PluginHost | undefined;
}

/** The reports on an image's artifacts, and what no verifier accepts. */
export interface ArtifactOutcomes {
  readonly artifacts: readonly ArtifactReport[];
  readonly ignored: readonly IgnoredArtifact[];
  /** Everything attached, as a tree; where the policy judges one. */
  readonly referrers?: readonly ReferrerReport[];
}

/** What is verified: an image, and what is attached to it. */
export interface ArtifactsRequest {
  /** What the image is called in reports, and for scopes (empty where it has no name). */
  readonly image: { readonly name: string; readonly repository: string };
  readonly subject: Subject;
  readonly referrers: readonly ListedReferrer[];
  readonly verifiers: readonly Verifier[];
  /** Decides about what is attached to an artifact, where a verifier wants something there. */
  readonly policy: PolicyProvider;
  /** How deep below an image this is, and what may still be verified there. */
  readonly nesting: Nesting;
}

/** One report that is due; `done` once it is known. */
interface Task {
  readonly describe: (outcome: Outcome) => ArtifactReport;
  readonly run: () => Promise<Outcome>;
  readonly step: () => string;
  readonly nested: NestedTask | undefined;
  done?: Outcome;
}

/** Something attached, where everything that is attached to it is looked at too. */
interface Branch {
  readonly referrer: Referrer;
  readonly verification: NestedVerification;
}

/** What is attached to an artifact, and what a verifier wants there. */
interface NestedTask {
  readonly verifier: Verifier;
  readonly verification: NestedVerification;
}

/**
 * Lets every verifier judge every artifact that it accepts, in the order of the listing and then of
 * the verifiers. What lies beyond a verifier's limit of attempts is reported as one failure: it
 * cannot satisfy a policy, nor be forgotten by one that wants all.
 */
export class ArtifactsVerification {
  readonly #tasks: Task[] = [];
  readonly #ignored: IgnoredArtifact[] = [];
  /** Undefined where the policy judges no tree. */
  readonly #branches: Branch[] | undefined;
  readonly #subject: string;

  constructor(
    request: ArtifactsRequest,
    context: VerificationContext,
  ) {
    const { image, subject, referrers, verifiers, nesting } = request;
    const { descriptor } = subject;
    this.#subject = image.name;
    this.#branches = request.policy.judgesTree === true ? [] : undefined;
    const target = {
      reference: `${image.repository}@${descriptor.digest}`,
      ...(image.repository === "" ? {} : { asked: image.name }),
      descriptor,
    };
    const attempts = new Map<Verifier, number>();
    let isFull = false;
    for (const { store, referrer } of referrers) {
      const accepting = verifiers.filter((verifier) => verifier.accepts(referrer.artifactType));
      if (accepting.length === 0) this.#ignored.push(referrer);
      const reader = new StoreArtifactReader(store, subject, referrer, context);
      const wantsNested = accepting.some(({ nestedReferences }) => nestedReferences !== undefined);
      const verification = wantsNested || this.#branches !== undefined
        ? new NestedVerification({ store, referrer }, request, context, ArtifactsVerification)
        : undefined;
      if (verification !== undefined) this.#branches?.push({ referrer, verification });
      for (const verifier of accepting) {
        const attempt = (attempts.get(verifier) ?? 0) + 1;
        attempts.set(verifier, attempt);
        if (attempt > verifier.maxAttempts + 1) continue; // one report speaks for all that follow
        const hasRoom = nesting.take();
        if (!hasRoom && isFull) continue; // and here too
        isFull ||= !hasRoom;
        const isBeyond = !hasRoom || attempt > verifier.maxAttempts;
        const nested = verification === undefined || verifier.nestedReferences === undefined ||
            isBeyond
          ? undefined
          : { verifier, verification };
        this.#tasks.push({
          describe: (outcome) => ({
            ...outcome,
            subject: image.name,
            subjectDigest: descriptor.digest,
            verifierName: verifier.name,
            verifierType: verifier.type,
            referenceDigest: referrer.digest,
            artifactType: referrer.artifactType,
          }),
          run: () =>
            isBeyond
              ? Promise.resolve(
                hasRoom ? beyondLimit(verifier) : nesting.beyondLimit(),
              )
              : verifyOne(verifier, target, referrer, reader, context),
          step: () => reader.step,
          nested,
        });
      }
    }
  }

  /** Runs to the end, or until the signal of the context fires. */
  async run(): Promise<void> {
    const branches = mapBounded(
      this.#branches ?? [],
      PARALLEL_ARTIFACTS,
      ({ verification }) => verification.run(),
    );
    const tasks = mapBounded(this.#tasks, PARALLEL_ARTIFACTS, async (task) => {
      const started = performance.now();
      const own = async (): Promise<void> => {
        task.done = { ...await task.run(), durationMs: performance.now() - started };
      };
      await Promise.all([own(), task.nested?.verification.run()]);
    });
    await Promise.all([tasks, branches]);
  }

  /** Why the tree is not complete, so that a policy on it says nothing for certain; undefined when it is. */
  get fault(): AssayError | undefined {
    const faults = (this.#branches ?? []).map(({ verification }) => verification.fault)
      .filter((fault) => fault !== undefined);
    // A limit that was reached is certain; what else went wrong may pass.
    return faults.find(({ effect }) => effect === "deny") ?? faults[0];
  }

  /** What is known now; a report that is not is undecided, and says what it waits for. */
  get outcomes(): ArtifactOutcomes {
    const artifacts = this.#tasks.map((task) => {
      const own = task.done ?? outOfTime(deadlineExceeded(task.step()));
      const { nested } = task;
      return task.describe(
        nested === undefined ? own : nested.verification.conclude(own, nested.verifier),
      );
    });
    const ignored = this.#ignored;
    if (this.#branches === undefined) return { artifacts, ignored };
    const referrers = this.#branches.map(({ referrer, verification }) => ({
      subject: this.#subject,
      referenceDigest: referrer.digest,
      artifactType: referrer.artifactType,
      reports: artifacts.filter(({ referenceDigest, artifactType }) =>
        referenceDigest === referrer.digest && artifactType === referrer.artifactType
      ),
      nested: verification.referrers,
    }));
    return { artifacts, ignored, referrers };
  }
}

/** What a report says of an artifact, whichever verifier and artifact it is. */
export type Outcome = Pick<
  ArtifactReport,
  | "outcome"
  | "message"
  | "checks"
  | "extensions"
  | "failure"
  | "validUntil"
  | "durationMs"
  | "nested"
>;

/** One verifier on one artifact; whatever goes wrong becomes a report. */
async function verifyOne(
  verifier: Verifier,
  target: VerifiedSubject,
  referrer: Referrer,
  reader: StoreArtifactReader,
  context: VerificationContext,
): Promise<Outcome> {
  try {
    return await withinDeadline<VerifierResult>(
      context.signal,
      () => reader.step,
      () => {
        const { trust, scope, now, signal, plugins } = context;
        const revocation = reader.revocation(context.revocation);
        const given = { trust, scope, now, signal, revocation, plugins, artifacts: reader };
        return verifier.verify(target, referrer, given);
      },
    );
  } catch (error) {
    const cause = asAssayError(error, "verifier");
    if (cause.code === "DEADLINE_EXCEEDED") return outOfTime(cause);
    return undecided(
      "defect",
      `Verifier ${verifier.name} failed in a way that it must not: ${cause.message}`,
      ERROR_CODES.UNKNOWN.remedy,
      false,
    );
  }
}

function outOfTime({ message, remedy }: AssayError): Outcome {
  return undecided("deadline", message, remedy, true);
}

function beyondLimit(verifier: Verifier): Outcome {
  return {
    outcome: "failure",
    message:
      `Verifier ${verifier.name} looks at ${verifier.maxAttempts} artifacts of an image at most; this one and those after it were not verified`,
    checks: [],
    failure: {
      reason: "limit_exceeded",
      remedy: FAILURE_REASONS["limit_exceeded"],
      transient: false,
    },
  };
}

function undecided(
  reason: "deadline" | "defect",
  message: string,
  remedy: string,
  transient: boolean,
): Outcome {
  return { outcome: "undecided", message, checks: [], failure: { reason, remedy, transient } };
}
