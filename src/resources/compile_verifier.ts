import type { Verifier } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileNotation, type VerifierEnvironment } from "./compile_notation.ts";
import { checkCosign } from "./check_cosign.ts";
import { checkAddress, notAvailable, refuseSource } from "./plugin_fields.ts";
import { contentParameters } from "./schema/content.ts";
import { splitList } from "./schema/common.ts";
import { verifierSpec } from "./schema/verifier.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const TYPES = ["notation", "cosign", ...Object.keys(contentParameters)];

/** Compiles a Verifier; undefined, with problems, when it is wrong or for a later build. */
export async function compileVerifier(
  candidate: Candidate,
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const spec = validate(verifierSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  refuseSource(candidate, problems);
  checkAddress(candidate, problems);
  const type = String(candidate.spec["type"] ?? candidate.spec["name"] ?? "");
  if (type === "") return undefined;
  if (!TYPES.includes(type)) {
    const hint = suggest(type, TYPES);
    problems.of(
      candidate,
      candidate.typePath,
      `must be one of ${TYPES.join(", ")}; found ${JSON.stringify(type)}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
      { code: "PLUGIN_NOT_FOUND" },
    );
    return undefined;
  }
  if (type === "notation") {
    const artifactTypes = spec.ok ? splitList(spec.value.artifactTypes) : [];
    const verifier = await compileNotation(candidate, type, artifactTypes, environment, problems);
    return spec.ok ? verifier : undefined;
  }
  if (type === "cosign") checkCosign(candidate, environment, problems);
  else checkContent(candidate, type, problems);
  notAvailable(candidate, candidate.typePath, `The verifier type ${type}`, problems);
  return undefined;
}

function checkContent(candidate: Candidate, type: string, problems: ProblemList): void {
  const schema = contentParameters[type];
  if (schema === undefined) return;
  const parameters = validate(schema, candidate.parameters ?? {});
  if (!parameters.ok) problems.issues(candidate, candidate.parametersPath, parameters.issues);
}
