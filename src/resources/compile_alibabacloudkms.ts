import { alibabaKmsEntries, type MaterialEntry } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { EntriesEnvironment } from "./fetching_providers.ts";
import { alibabaKmsParameters } from "./schema/cloud_keys.ts";
import { asNamedEntries, checkEndpoint } from "./service_entries.ts";
import { validate } from "./validate.ts";

/** Compiles a provider of the type `alibabacloudkms`; undefined, with problems, when it is wrong. */
export function compileAlibabaKms(
  candidate: Candidate,
  { surroundings }: EntriesEnvironment,
  problems: ProblemList,
): readonly MaterialEntry[] | undefined {
  const parameters = validate(alibabaKmsParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { region, certificates = [], keys = [], endpoint } = parameters.value;
  if (certificates.length + keys.length === 0) {
    const text = "must name at least one entry in certificates or keys";
    problems.of(candidate, candidate.parametersPath, text);
    return undefined;
  }
  const written = endpoint ?? `https://kms.${region.trim()}.aliyuncs.com`;
  const address = checkEndpoint(candidate, written, problems);
  if (address === undefined) return undefined;
  return alibabaKmsEntries({
    endpoint: address,
    keys: asNamedEntries(candidate, "keys", keys, problems),
    certificates: asNamedEntries(candidate, "certificates", certificates, problems)
      .map(({ name }) => name),
  }, surroundings);
}
