import { AssayError } from "../errors.ts";
import { parseTrustedRoot, type TrustedRoot } from "../trust/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { Path } from "./document.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import { sigstoreFiles, withSigstoreFiles } from "./sigstore_variables.ts";
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
 * The trusted root for trust policies that name none: that of the public good instance of Sigstore, with
 * what the environment names in place of its parts. Warns when it is old.
 */
export async function defaultTrustedRoot(
  candidate: Candidate,
  { env, inputs, now }: VerifierEnvironment,
  problems: ProblemList,
): Promise<TrustedRoot | undefined> {
  const at = candidate.parametersPath;
  if (sigstoreFiles(env).length === 0) warnWhenOld(candidate, at, now, problems);
  try {
    const root = await withSigstoreFiles(publicGoodTrustedRoot(), env);
    inputs.push(JSON.stringify([candidate.name, fingerprintsOf(root)]));
    return root;
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    problems.of(candidate, at, error.message, { code: error.code });
    return undefined;
  }
}

/** Warns that the root of the public good instance that comes with Assay is old, if it is. */
export function warnWhenOld(
  candidate: Candidate,
  at: Path,
  now: Date | undefined,
  problems: ProblemList,
): void {
  const days = now === undefined
    ? 0
    : Math.floor((now.getTime() - PUBLIC_GOOD_ROOT_DATE.getTime()) / 86_400_000);
  if (days <= MAX_AGE_DAYS) return;
  const text =
    `trusts the public Sigstore instance as it was ${days} days ago: name a newer trusted root with trustedRoot, or update Assay`;
  problems.of(candidate, at, text, { severity: "warning" });
}

/** What makes up a trusted root, for the hash of the configuration. */
function fingerprintsOf(root: TrustedRoot): string[] {
  return [
    ...[...root.transparencyLogs, ...root.certificateLogs].map(({ logId }) => logId),
    ...[...root.certificateAuthorities, ...root.timestampAuthorities]
      .flatMap(({ chain }) => chain.map(({ fingerprint }) => fingerprint)),
  ];
}
