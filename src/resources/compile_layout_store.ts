import { AssayError } from "../errors.ts";
import { formatReference, parseReference, repositoryName } from "../oci/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { ConfiguredStore, DerivedParameters } from "./configuration.ts";
import { quote } from "./describe.ts";
import { storeIdentity } from "./generation.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import { layoutParameters } from "./schema/store.ts";
import { validate } from "./validate.ts";

/** Compiles a Store of layouts; undefined, with problems, when it is wrong. */
export function compileLayoutStore(
  candidate: Candidate,
  derived: DerivedParameters,
  problems: ProblemList,
): ConfiguredStore | undefined {
  const { name, parametersPath } = candidate;
  const parameters = validate(layoutParameters, candidate.parameters ?? {});
  if (!parameters.ok) problems.issues(candidate, parametersPath, parameters.issues);
  if (candidate.scope !== "") {
    problems.of(candidate, [...parametersPath, "repositories"], NAMES_FILES, { atKey: true });
    return undefined;
  }
  if (!parameters.ok) return undefined;
  const repositories = new Map<string, string>();
  for (const [written, directory] of Object.entries(parameters.value.repositories)) {
    const path = [...parametersPath, "repositories", written];
    const repository = readRepository(written);
    if (repository === undefined) {
      const text = `must be a repository such as registry.example.com/app; found ${quote(written)}`;
      problems.of(candidate, path, text, { atKey: true });
    } else if (repositories.has(repository)) {
      problems.of(candidate, path, `is ${repository}, which has a layout already`, { atKey: true });
    } else repositories.set(repository, directory);
  }
  const compiled = {
    ...parameters.value,
    ...derived,
    repositories: Object.fromEntries(repositories),
  };
  const identity = storeIdentity("oci-layout", candidate, compiled);
  return { name, type: "oci-layout", parameters: compiled, identity, listingTtl: 0 };
}

/** `registry/repository` as references name it; undefined for what is none, or has a tag or digest. */
function readRepository(written: string): string | undefined {
  try {
    const reference = parseReference(written);
    const name = repositoryName(reference);
    // Without a tag of its own it gets the default one.
    return formatReference(reference) === formatReference(parseReference(name)) &&
        !/:[^/]*$/.test(written) && !written.includes("@")
      ? name
      : undefined;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}
