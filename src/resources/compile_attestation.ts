import {
  type Condition,
  type ConditionTest,
  createAttestationVerifier,
  parsePath,
  PREDICATE_TYPES,
  type PredicatePath,
  PROVENANCE_PATHS,
  type Verifier,
} from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { checkTrustPolicies } from "./check_cosign.ts";
import {
  askLog,
  compilePattern,
  compileTrustPolicies,
  type Context,
  rootFor,
} from "./compile_cosign.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import { quote } from "./describe.ts";
import type { Path } from "./document.ts";
import { type AttestationParameters, attestationParameters } from "./schema/attestation.ts";
import { validate } from "./validate.ts";

/** Compiles the parameters of an attestation verifier; undefined, with problems, when they are wrong. */
export async function compileAttestation(
  candidate: Candidate,
  artifactTypes: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const validated = validate(attestationParameters, candidate.parameters ?? {});
  if (!validated.ok) {
    problems.issues(candidate, candidate.parametersPath, validated.issues);
    return undefined;
  }
  const parameters = validated.value;
  checkTrustPolicies(candidate, parameters.trustPolicies, environment, problems);
  const context = { candidate, environment, problems };
  const trustPolicies = await compileTrustPolicies(parameters.trustPolicies, context);
  return createAttestationVerifier({
    name: candidate.name,
    type: "attestation",
    artifactTypes,
    trustPolicies,
    trustedRoot: await rootFor(trustPolicies, context),
    askLog: environment.askLog ?? askLog,
    predicateTypes: compilePredicateTypes(parameters.predicateTypes, context),
    conditions: [
      ...namedConditions(parameters),
      ...await compileConditions(parameters.conditions ?? [], context),
    ],
  });
}

/** Short names become the addresses that they stand for. */
function compilePredicateTypes(
  types: readonly string[],
  { candidate, problems }: Context,
): string[] {
  return types.flatMap((type, index) => {
    const known = Object.hasOwn(PREDICATE_TYPES, type) ? PREDICATE_TYPES[type] : undefined;
    if (known !== undefined) return [known];
    if (URL.canParse(type)) return [type];
    const names = Object.keys(PREDICATE_TYPES).join(", ");
    const path = [...candidate.parametersPath, "predicateTypes", index];
    problems.of(candidate, path, `must be one of ${names}, or an address; found ${quote(type)}`);
    return [];
  });
}

function namedConditions(parameters: AttestationParameters): Condition[] {
  return (["builderID", "sourceRepository", "buildType"] as const).flatMap((name) => {
    const value = parameters[name];
    if (value === undefined) return [];
    const paths = PROVENANCE_PATHS[name].map((path) => parsePath(path) as PredicatePath);
    const test: ConditionTest = name === "sourceRepository"
      ? { kind: "repository", repository: value }
      : { kind: "in", values: [value] };
    return [{ name, paths, test }];
  });
}

async function compileConditions(
  conditions: NonNullable<AttestationParameters["conditions"]>,
  context: Context,
): Promise<Condition[]> {
  const { candidate, problems } = context;
  const compiled: Condition[] = [];
  for (const [index, condition] of conditions.entries()) {
    const at = [...candidate.parametersPath, "conditions", index];
    const path = parsePath(condition.path);
    if (path === undefined) {
      const text = "must be a path such as $.runDetails.builder.id, $.list[0] or $['a name'][*]";
      problems.of(candidate, [...at, "path"], `${text}; found ${quote(condition.path)}`);
    }
    const test = await compileTest(condition, at, context);
    if (path === undefined || test === undefined) continue;
    compiled.push({ name: condition.path, paths: [path], test });
  }
  return compiled;
}

async function compileTest(
  condition: NonNullable<AttestationParameters["conditions"]>[number],
  at: Path,
  context: Context,
): Promise<ConditionTest | undefined> {
  const { equals, in: values, matches } = condition;
  if ([equals, values, matches].filter((one) => one !== undefined).length !== 1) {
    context.problems.of(context.candidate, at, "must have exactly one of equals, in and matches");
    return undefined;
  }
  if (matches !== undefined) {
    const matcher = await compilePattern(matches, [...at, "matches"], context);
    return matcher && { kind: "matches", matcher };
  }
  return { kind: "in", values: values ?? (equals === undefined ? [] : [equals]) };
}
