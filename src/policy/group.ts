import type { ArtifactReport } from "../report/mod.ts";

/** How many reports of a group must be successes. */
export type Quantifier = "any" | "all";

/** What is known of a part of a policy: it is met, it is not, or that cannot be told yet. */
export type GroupState = "holds" | "fails" | "undecided";

/** What a verifier found to be of another kind than it judges counts as if it had not been asked. */
export function countedReports(reports: readonly ArtifactReport[]): readonly ArtifactReport[] {
  return reports.filter(({ failure }) => failure?.reason !== "not_applicable");
}

/**
 * Whether the reports of a group are what its quantifier asks for: with `any` one success is enough;
 * with `all` there must be reports, and all must be successes.
 *
 * @param listingComplete false when there may be more reports than these.
 */
export function stateOf(
  quantifier: Quantifier,
  reports: readonly ArtifactReport[],
  listingComplete: boolean,
): GroupState {
  const has = (outcome: ArtifactReport["outcome"]): boolean =>
    reports.some((report) => report.outcome === outcome);
  if (quantifier === "any" && has("success")) return "holds";
  if (!listingComplete) return "undecided";
  if (quantifier === "all" && has("failure")) return "fails";
  if (has("undecided")) return "undecided";
  return quantifier === "all" && reports.length > 0 ? "holds" : "fails";
}

/** Whether asking again may turn one of the reports: a permanent cause beside it does not matter then. */
export function hasTransient(reports: readonly ArtifactReport[]): boolean {
  return reports.some((report) => report.outcome === "undecided" && report.failure?.transient);
}

/** How many of the reports are successes, in words. */
export function foundWords(reports: readonly ArtifactReport[]): string {
  const successes = reports.filter((report) => report.outcome === "success").length;
  return reports.length === 0
    ? "none was found"
    : `${successes} of ${reports.length} ${reports.length === 1 ? "is" : "are"} valid`;
}
