import { awsKmsEntries } from "../keys/mod.ts";
import type { CompileEntries } from "./fetching_providers.ts";
import { awsKmsParameters } from "./schema/aws_kms.ts";
import { validate } from "./validate.ts";

/** Compiles the parameters of a provider of the type `awskms`. */
export const compileAwsKms: CompileEntries = (candidate, { surroundings }, problems) => {
  const parameters = validate(awsKmsParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { region, keys } = parameters.value;
  const named = keys.map(({ name, keyId }) => ({ name: name ?? keyId, keyId }));
  return awsKmsEntries({ region, keys: named }, surroundings);
};
