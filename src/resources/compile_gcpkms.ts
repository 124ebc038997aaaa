import { gcpKmsEntries, type MaterialEntry } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { EntriesEnvironment } from "./fetching_providers.ts";
import { gcpKmsParameters } from "./schema/cloud_keys.ts";
import { asNamedEntries, checkEndpoint } from "./service_entries.ts";
import { validate } from "./validate.ts";

/** Compiles a provider of the type `gcpkms`; undefined, with problems, when it is wrong. */
export function compileGcpKms(
  candidate: Candidate,
  { surroundings }: EntriesEnvironment,
  problems: ProblemList,
): readonly MaterialEntry[] | undefined {
  const parameters = validate(gcpKmsParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { project, location, keyRing, keys, endpoint = "https://cloudkms.googleapis.com" } =
    parameters.value;
  const address = checkEndpoint(candidate, endpoint, problems);
  if (address === undefined) return undefined;
  return gcpKmsEntries({
    project: project.trim(),
    location: location.trim(),
    keyRing: keyRing.trim(),
    keys: asNamedEntries(candidate, "keys", keys, problems),
    endpoint: address,
  }, surroundings);
}
