export type { Condition, ConditionTest } from "./conditions.ts";
export { parsePath, type PredicatePath } from "./predicate_path.ts";
export { PREDICATE_TYPES, PROVENANCE_PATHS } from "./predicates.ts";
export { type AttestationConfiguration, createAttestationVerifier } from "./verifier.ts";
