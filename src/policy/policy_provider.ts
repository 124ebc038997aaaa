import type { ArtifactReport, Decision } from "../report/mod.ts";

/** What a policy decides on. */
export interface PolicyInput {
  readonly reports: readonly ArtifactReport[];
  /** False when the listing of attached artifacts failed: there may be more than was reported. */
  readonly listingComplete: boolean;
}

/** Turns reports into a decision. Pure: the same input gives the same decision. */
export interface PolicyProvider {
  readonly type: string;
  decide(input: PolicyInput): Decision;
}
