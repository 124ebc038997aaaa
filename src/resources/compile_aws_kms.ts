import { awsKmsEntries, type MaterialEntry } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { EntriesEnvironment } from "./fetching_providers.ts";
import { awsKmsParameters } from "./schema/aws_kms.ts";
import { validate } from "./validate.ts";

/** Compiles the parameters of a provider of the type `awskms`. */
export function compileAwsKms(
  candidate: Candidate,
  { surroundings }: EntriesEnvironment,
  problems: ProblemList,
): readonly MaterialEntry[] | undefined {
  const parameters = validate(awsKmsParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { region, keys } = parameters.value;
  const named = keys.map(({ name, keyId }) => ({ name: name ?? keyId, keyId }));
  return awsKmsEntries({ region, keys: named }, surroundings);
}
