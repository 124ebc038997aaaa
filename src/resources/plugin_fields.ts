import type { Candidate, ProblemList } from "./candidate.ts";

/** Programs are never downloaded: nobody could say what would run. */
export function refuseSource(candidate: Candidate, problems: ProblemList): void {
  if (candidate.spec["source"] === undefined) return;
  problems.of(
    candidate,
    [...candidate.specPath, "source"],
    "must be removed: plugins are not downloaded; the built-in types need none",
    { atKey: true },
  );
}

const AWS_SIGNER = "notation-com.amazonaws.signer.notation.plugin";
const AWS_SIGNER_ARTIFACT = "public.ecr.aws/aws-signer/notation-plugin";

/**
 * Whether a Verifier is there to download the plugin of AWS Signer, which is built in: then it is not
 * needed, and says so. It judges nothing itself; the Notation verifier does.
 */
export function isBuiltInPlugin(candidate: Candidate, problems: ProblemList): boolean {
  const { name, type, source } = candidate.spec;
  const { artifact } = Object(source) as Record<string, unknown>;
  const names = [AWS_SIGNER_ARTIFACT, `${AWS_SIGNER_ARTIFACT}:`, `${AWS_SIGNER_ARTIFACT}@`];
  const known = typeof artifact === "string" &&
    names.some((each, index) => index === 0 ? artifact === each : artifact.startsWith(each));
  if ((type ?? name) !== AWS_SIGNER || (source !== undefined && !known)) return false;
  problems.of(
    candidate,
    source === undefined ? candidate.typePath : [...candidate.specPath, "source"],
    "is not needed: the plugin of AWS Signer is built in, and nothing is downloaded; this resource may be removed",
    { severity: "warning", atKey: source !== undefined },
  );
  return true;
}

/** A directory of plugins means nothing here, and a namespace must not name one. */
export function checkAddress(candidate: Candidate, problems: ProblemList): void {
  if (candidate.spec["address"] === undefined) return;
  const path = [...candidate.specPath, "address"];
  if (candidate.scope === "") {
    problems.of(candidate, path, "is ignored: the built-in types need no plugin directory", {
      severity: "warning",
      atKey: true,
    });
  } else {
    problems.of(candidate, path, NAMES_FILES, { atKey: true });
  }
}

/** Why a resource of a namespace must not have a field. */
export const NAMES_FILES = "must not be set in a namespace: it names files of the process";
