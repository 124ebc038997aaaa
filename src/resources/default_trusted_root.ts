import { parseTrustedRoot, type TrustedRoot } from "../trust/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import publicGoodRoot from "./data/public_good_root.json" with { type: "json" };
import stagingRoot from "./data/staging_root.json" with { type: "json" };

/** When the root of the public good instance that comes with Assay was taken over. */
export const PUBLIC_GOOD_ROOT_DATE = new Date("2026-10-20T00:00:00Z");

/** After so many days somebody should look whether keys have changed. */
const MAX_AGE_DAYS = 180;

let parsed: TrustedRoot | undefined;

/** The trusted root of the public good instance of Sigstore, as of {@link PUBLIC_GOOD_ROOT_DATE}. */
export function publicGoodTrustedRoot(): TrustedRoot {
  return parsed ??= parseTrustedRoot(JSON.stringify(publicGoodRoot));
}

/** The trusted root of the staging instance of Sigstore, as of {@link PUBLIC_GOOD_ROOT_DATE}. */
export function stagingTrustedRoot(): TrustedRoot {
  return parseTrustedRoot(JSON.stringify(stagingRoot));
}

/**
 * The trusted root for trust policies that name none: that of the public good instance of Sigstore.
 * Warns when it is old.
 */
export function defaultTrustedRoot(
  candidate: Candidate,
  { now }: VerifierEnvironment,
  problems: ProblemList,
): TrustedRoot {
  const days = now === undefined
    ? 0
    : Math.floor((now.getTime() - PUBLIC_GOOD_ROOT_DATE.getTime()) / 86_400_000);
  if (days > MAX_AGE_DAYS) {
    problems.of(
      candidate,
      candidate.parametersPath,
      `trusts the public Sigstore instance as it was ${days} days ago: name a newer trusted root with trustedRoot, or update Assay`,
      { severity: "warning" },
    );
  }
  return publicGoodTrustedRoot();
}
