import type { Verifier } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileAttestation } from "./compile_attestation.ts";
import { compileContent } from "./compile_content.ts";
import { compileCosign } from "./compile_cosign.ts";
import { compileNotation, type VerifierEnvironment } from "./compile_notation.ts";
import { quote } from "./describe.ts";
import { checkAddress, isBuiltInPlugin, refuseSource } from "./plugin_fields.ts";
import { splitList } from "./schema/common.ts";
import { contentParameters, type ContentType } from "./schema/content.ts";
import { verifierSpec } from "./schema/verifier.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const TYPES = ["notation", "cosign", "attestation", ...Object.keys(contentParameters)];

/** Compiles a Verifier; undefined, with problems, when it is wrong or for a later build. */
export async function compileVerifier(
  candidate: Candidate,
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const spec = validate(verifierSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  if (isBuiltInPlugin(candidate, problems)) return undefined;
  refuseSource(candidate, problems);
  checkAddress(candidate, problems);
  const type = candidate.spec["type"] ?? candidate.spec["name"];
  if (typeof type !== "string" || type === "") return undefined; // the schema has said so
  if (!TYPES.includes(type)) {
    const hint = suggest(type, TYPES);
    problems.of(
      candidate,
      candidate.typePath,
      `must be one of ${TYPES.join(", ")}; found ${quote(type)}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
      { code: "PLUGIN_NOT_FOUND" },
    );
    return undefined;
  }
  if (type === "notation") {
    const artifactTypes = spec.ok ? splitList(spec.value.artifactTypes) : [];
    return await compileNotation(candidate, artifactTypes, environment, problems);
  }
  if (type === "cosign") {
    const artifactTypes = spec.ok ? splitList(spec.value.artifactTypes) : [];
    return await compileCosign(candidate, artifactTypes, environment, problems);
  }
  if (type === "attestation") {
    const artifactTypes = spec.ok ? splitList(spec.value.artifactTypes) : [];
    return await compileAttestation(candidate, artifactTypes, environment, problems);
  }
  const artifactTypes = spec.ok ? splitList(spec.value.artifactTypes) : [];
  return await compileContent(candidate, type as ContentType, artifactTypes, environment, problems);
}
