import type { AssayError } from "../errors.ts";
import type { ArtifactReport, ReferrerReport } from "./report.ts";

/** What a policy says of the reports on one image. */
export type Decision =
  | { readonly decision: "allow"; readonly explanation: string }
  | { readonly decision: "deny"; readonly explanation: string }
  | {
    readonly decision: "undecided";
    readonly explanation: string;
    readonly transient: boolean;
    /** Why, where it is no report that could not be decided. */
    readonly cause?: AssayError;
  };

/**
 * The answer for one image. An undecided verdict carries its cause; whether that is transient says
 * the cause itself.
 */
export type Verdict =
  | { readonly verdict: "allow"; readonly explanation: string }
  | { readonly verdict: "deny"; readonly cause: AssayError }
  | { readonly verdict: "undecided"; readonly cause: AssayError };

/** Something attached to the image that no verifier accepts. */
export interface IgnoredArtifact {
  readonly digest: string;
  readonly artifactType: string;
}

/** Everything known about one image when the answer goes out. */
export interface ImageReport {
  /** The normalised reference as asked. */
  readonly reference: string;
  /** The digest of the bytes that were hashed; undefined when the image was not found. */
  readonly digest: string | undefined;
  readonly verdict: Verdict;
  readonly artifacts: readonly ArtifactReport[];
  readonly ignored: readonly IgnoredArtifact[];
  /** Everything attached, as a tree, where the policy judges that. */
  readonly referrers?: readonly ReferrerReport[] | undefined;
}
