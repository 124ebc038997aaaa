import { awsKmsEntries } from "../keys/mod.ts";
import type { CompileEntries } from "./fetching_providers.ts";
import { quote } from "./describe.ts";
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
  const seen = new Set<string>();
  for (const [index, { name }] of named.entries()) {
    if (seen.has(name)) {
      const path = [...candidate.parametersPath, "keys", index];
      problems.of(candidate, path, `must have a name of its own; ${quote(name)} is used above`);
      return undefined;
    }
    seen.add(name);
  }
  return awsKmsEntries({ region, keys: named }, surroundings);
};
