import type { JsonValue } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import type { CheckList } from "../check_list.ts";
import { refusal, type TextMatcher } from "../sigstore/mod.ts";
import { type PredicatePath, valuesAt } from "./predicate_path.ts";
import { repositoryOf } from "./predicates.ts";

/** What a predicate must have somewhere. */
export interface Condition {
  /** What the condition is called in the report. */
  readonly name: string;
  /** Where to look, in order; the first path that leads to a value counts. */
  readonly paths: readonly PredicatePath[];
  /** What one of the values there must be. */
  readonly test: ConditionTest;
}

/** A value that is equal, one of several, a text that an expression fits, or a repository. */
export type ConditionTest =
  | { readonly kind: "in"; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "matches"; readonly matcher: TextMatcher }
  | { readonly kind: "repository"; readonly repository: string };

/**
 * Checks every condition, so that all are reported, and refuses if any is not met.
 *
 * @throws {VerificationFailure} `attestation.condition`.
 */
export async function checkConditions(
  list: CheckList,
  predicate: JsonValue,
  conditions: readonly Condition[],
): Promise<void> {
  let first: VerificationFailure | undefined;
  for (const condition of conditions) {
    try {
      await list.run(condition.name, "enforce", () => checkCondition(predicate, condition));
    } catch (error) {
      if (!(error instanceof VerificationFailure)) throw error;
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
}

function checkCondition(predicate: JsonValue, { name, paths, test }: Condition): string {
  for (const path of paths) {
    const values = valuesAt(predicate, path);
    if (values.length === 0) continue;
    const fitting = values.find((value) => fits(value, test));
    if (fitting !== undefined) return `${path.text} is ${show(fitting)}`;
    const found = values.slice(0, 3).map(show).join(", ");
    throw refusal(
      "attestation.condition",
      `${name}: ${path.text} is ${found}, not ${wanted(test)}`,
    );
  }
  const where = paths.map(({ text }) => text).join(" or ");
  throw refusal("attestation.condition", `${name}: the predicate has nothing at ${where}`);
}

function fits(value: JsonValue, test: ConditionTest): boolean {
  switch (test.kind) {
    case "in":
      return test.values.some((one) => one === value);
    case "matches":
      return typeof value === "string" && test.matcher.matches(value);
    case "repository":
      return typeof value === "string" && repositoryOf(value) === repositoryOf(test.repository);
  }
}

function wanted(test: ConditionTest): string {
  switch (test.kind) {
    case "in":
      return test.values.map((value) => JSON.stringify(value)).join(" or ");
    case "matches":
      return test.matcher.wanted;
    case "repository":
      return JSON.stringify(test.repository);
  }
}

function show(value: JsonValue): string {
  return JSON.stringify(value).slice(0, 200);
}
