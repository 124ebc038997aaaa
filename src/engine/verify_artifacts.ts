import { asAssayError, ERROR_CODES, FAILURE_REASONS } from "../errors.ts";
import type { ArtifactReport, IgnoredArtifact } from "../report/mod.ts";
import type { ArtifactStore, Referrer, Subject } from "../stores/mod.ts";
import type { TrustSnapshot } from "../trust/mod.ts";
import type { VerifiedSubject, Verifier, VerifierResult } from "../verifiers/mod.ts";
import { StoreArtifactReader } from "./artifact_reader.ts";
import { withinDeadline } from "./deadline.ts";
import { mapBounded } from "./parallel.ts";

/** How many artifacts of one image are verified at once. */
const PARALLEL_ARTIFACTS = 8;

/** A referrer and the store that listed it. */
export interface ListedReferrer {
  readonly store: ArtifactStore;
  readonly referrer: Referrer;
}

/** What the verification of one image looks at. */
export interface VerificationContext {
  readonly trust: TrustSnapshot;
  readonly scope: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** The reports on an image's artifacts, and what no verifier accepts. */
export interface ArtifactOutcomes {
  readonly artifacts: readonly ArtifactReport[];
  readonly ignored: readonly IgnoredArtifact[];
}

/**
 * Lets every verifier judge every artifact that it accepts, in the order of the listing and then of
 * the verifiers. What lies beyond a verifier's limit of attempts is reported as one failure: it
 * cannot satisfy a policy, nor be forgotten by one that wants all.
 *
 * @param image what the image is called in reports, and for scopes (empty where it has no name).
 */
export async function verifyArtifacts(
  image: { readonly name: string; readonly repository: string },
  subject: Subject,
  referrers: readonly ListedReferrer[],
  verifiers: readonly Verifier[],
  context: VerificationContext,
): Promise<ArtifactOutcomes> {
  const { descriptor } = subject;
  const target = {
    reference: `${image.repository}@${descriptor.digest}`,
    ...(image.repository === "" ? {} : { asked: image.name }),
    descriptor,
  };
  const ignored: IgnoredArtifact[] = [];
  const attempts = new Map<Verifier, number>();
  const tasks: (() => Promise<ArtifactReport>)[] = [];
  for (const { store, referrer } of referrers) {
    const accepting = verifiers.filter((verifier) => verifier.accepts(referrer.artifactType));
    if (accepting.length === 0) ignored.push(referrer);
    const reader = new StoreArtifactReader(store, subject, referrer, context.signal);
    for (const verifier of accepting) {
      const attempt = (attempts.get(verifier) ?? 0) + 1;
      attempts.set(verifier, attempt);
      const describe = (result: Outcome): ArtifactReport => ({
        ...result,
        subject: image.name,
        subjectDigest: subject.descriptor.digest,
        verifierName: verifier.name,
        verifierType: verifier.type,
        referenceDigest: referrer.digest,
        artifactType: referrer.artifactType,
      });
      if (attempt > verifier.maxAttempts + 1) continue; // one report speaks for all that follow
      tasks.push(async () =>
        describe(
          attempt > verifier.maxAttempts
            ? beyondLimit(verifier)
            : await verifyOne(verifier, target, referrer, reader, context),
        )
      );
    }
  }
  const artifacts = await mapBounded(tasks, PARALLEL_ARTIFACTS, (task) => task());
  return { artifacts, ignored };
}

type Outcome = Pick<
  ArtifactReport,
  "outcome" | "message" | "checks" | "extensions" | "failure"
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
      () => verifier.verify(target, referrer, { ...context, artifacts: reader }),
    );
  } catch (error) {
    const { code, message, remedy } = asAssayError(error, "verifier");
    if (code === "DEADLINE_EXCEEDED") return undecided("deadline", message, remedy, true);
    return undecided(
      "defect",
      `Verifier ${verifier.name} failed in a way that it must not: ${message}`,
      ERROR_CODES.UNKNOWN.remedy,
      false,
    );
  }
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
