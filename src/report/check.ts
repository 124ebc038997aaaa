/**
 * How one check of an artifact came out. `logged`: it failed, and the policy only logs it.
 * `skipped`: the policy does not ask for it, or an earlier failure made it pointless.
 */
export type CheckOutcome = "passed" | "failed" | "logged" | "skipped" | "undecided";

/** One check of an artifact, for a person to read. */
export interface Check {
  /** The standard name: integrity, trust store, identity, expiry, timestamp, revocation, target, … */
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** The evidence: what was compared with what. */
  readonly detail: string;
}
