import type { Candidate, ProblemList } from "./candidate.ts";
import type { Members } from "./members.ts";

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

/** Whether the spec of a Verifier is there to download the plugin of AWS Signer, which is built in. */
export function namesBuiltInPlugin({ name, type, source }: Members): boolean {
  const { artifact } = Object(source) as Record<string, unknown>;
  const names = [AWS_SIGNER_ARTIFACT, `${AWS_SIGNER_ARTIFACT}:`, `${AWS_SIGNER_ARTIFACT}@`];
  const known = typeof artifact === "string" &&
    names.some((each, index) => index === 0 ? artifact === each : artifact.startsWith(each));
  return (type ?? name) === AWS_SIGNER && (source === undefined || known);
}

/** As {@link namesBuiltInPlugin}: then it is not needed, and says so. The Notation verifier judges. */
export function isBuiltInPlugin(candidate: Candidate, problems: ProblemList): boolean {
  if (!namesBuiltInPlugin(candidate.spec)) return false;
  const isDownload = candidate.spec["source"] !== undefined;
  problems.of(
    candidate,
    isDownload ? [...candidate.specPath, "source"] : candidate.typePath,
    "is not needed: the plugin of AWS Signer is built in, and nothing is downloaded; this resource may be removed",
    { severity: "warning", atKey: isDownload },
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
