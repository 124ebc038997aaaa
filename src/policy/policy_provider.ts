import type { ArtifactReport, Decision } from "../report/mod.ts";

/** What a policy decides on. */
export interface PolicyInput {
  readonly reports: readonly ArtifactReport[];
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
  decide(input: PolicyInput): Decision;
}
