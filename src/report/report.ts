import type { FailureReason } from "../errors.ts";
import type { Check } from "./check.ts";

/** What one verifier found about one attached artifact. */
export interface ArtifactReport {
  /** The reference as asked, normalised; and the digest that was verified. */
  readonly subject: string;
  readonly subjectDigest: string;
  readonly verifierName: string;
  readonly verifierType: string;
  readonly referenceDigest: string;
  readonly artifactType: string;
  readonly outcome: "success" | "failure" | "undecided";
  /** One sentence for a person. */
  readonly message: string;
  readonly checks: readonly Check[];
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Set unless the outcome is success. */
  readonly failure?: ReportFailure | undefined;
  /** Until when this holds: the next moment at which time alone may change it; undefined when never. */
  readonly validUntil?: Date | undefined;
  /** Whose resources it was verified under, where those of several are asked: `cluster`, `namespace NAME`. */
  readonly origin?: string | undefined;
  /** How long the verifier took, waiting for content included, in milliseconds. */
  readonly durationMs?: number | undefined;
  /** Reports of what is attached to this artifact. */
  readonly nested?: readonly ArtifactReport[] | undefined;
}

/** Something attached to an image or an artifact, and all that is known of it, whoever accepts it. */
export interface ReferrerReport {
  /** What it is attached to: the reference as asked, or `registry/repository@digest` of an artifact. */
  readonly subject: string;
  readonly referenceDigest: string;
  readonly artifactType: string;
  /** Of all verifiers that accept it; there may be none. */
  readonly reports: readonly ArtifactReport[];
  /** What is attached to it. */
  readonly nested: readonly ReferrerReport[];
}

/** Why an artifact was not accepted, and what to do. */
export interface ReportFailure {
  readonly reason: FailureReason | "defect" | "deadline";
  readonly remedy: string;
  /** For undecided: whether asking again may give another answer. */
  readonly transient: boolean;
}
