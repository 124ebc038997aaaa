import type { ArtifactReport, Decision, ReferrerReport } from "../report/mod.ts";

/** What a policy decides on. */
export interface PolicyInput {
  readonly reports: readonly ArtifactReport[];
  /** Everything attached, as a tree, for a policy that judges one; see {@link PolicyProvider.judgesTree}. */
  readonly referrers?: readonly ReferrerReport[] | undefined;
  /** False when the listing of attached artifacts failed: there may be more than was reported. */
  readonly listingComplete: boolean;
  /**
   * For what is attached to an artifact rather than to the image: the artifact types that must be
   * there, `*` for any, in place of what the policy wants attached to an image.
   */
  readonly nestedTypes?: readonly string[];
}

/** Turns reports into a decision. Pure: the same input gives the same decision. */
export interface PolicyProvider {
  readonly type: string;
  /** Whether it judges everything attached, at all levels, rather than the reports on artifacts. */
  readonly judgesTree?: boolean;
  decide(input: PolicyInput): Decision;
}
