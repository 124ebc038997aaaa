import * as z from "zod";
import type { Issue } from "../errors.ts";
import { describe } from "./describe.ts";
import { suggest } from "./suggest.ts";

/** A value that fits its schema, or everything that is wrong with it. */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] };

/** A problem whose place is a member's name rather than its value. */
export interface FieldIssue extends Issue {
  readonly atKey: boolean;
}

/** The most unknown members of one object that are told. */
const MAX_UNKNOWN = 300;

/** Holds a value against a schema; problems say what is wrong and what would be right. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): Validated<z.output<S>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    issues: result.error.issues.flatMap((issue) => toIssues(issue, schema, value)),
  };
}

function toIssues(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): FieldIssue[] {
  const path = issue.path.map((step) => typeof step === "number" ? step : String(step));
  const at = (
    message: string,
  ): FieldIssue[] => [{ severity: "error", path, message, atKey: false }];
  const found = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = memberNames(schema, path);
      return issue.keys.slice(0, MAX_UNKNOWN).map((key) => ({
        severity: "error",
        path: [...path, key],
        message: unknownField(key, known),
        atKey: true,
      }));
    }
    case "invalid_type":
      return found === undefined
        ? at(`is missing: ${EXPECTED[issue.expected] ?? issue.expected} is required`)
        : at(
          `must be ${EXPECTED[issue.expected] ?? issue.expected}; found ${describe(found)}${
            issue.expected === "string" && typeof found === "number" ? ": put it in quotes" : ""
          }`,
        );
    case "invalid_value": {
      const values = issue.values.map(String).filter((value) => value !== "");
      const allowed = values.length === 1 ? values.join() : `one of ${values.join(", ")}`;
      const hint = typeof found === "string" ? suggest(found, values) : undefined;
      return found === undefined ? at(`is missing: ${allowed} is required`) : at(
        `must be ${allowed}; found ${describe(found)}${
          hint === undefined ? "" : ` (did you mean ${hint}?)`
        }`,
      );
    }
    case "too_small":
      return at(
        issue.origin === "string"
          ? "must not be empty"
          : issue.origin === "array"
          ? `must have at least ${issue.minimum} ${issue.minimum === 1 ? "entry" : "entries"}`
          : `must be at least ${issue.minimum}; found ${describe(found)}`,
      );
    case "too_big":
      return at(
        issue.origin === "array"
          ? `must have at most ${issue.maximum} entries`
          : `must be at most ${issue.maximum}; found ${describe(found)}`,
      );
    case "invalid_format":
      return at(
        issue.format === "url"
          ? `must be a URL; found ${describe(found)}`
          : `${issue.message}; found ${describe(found)}`,
      );
    case "invalid_union": {
      // The branch that fits the type says what is wrong inside it.
      const inside = issue.errors.find((branch) => expectedType(branch) === undefined);
      if (inside === undefined) {
        const types = issue.errors.map((branch) => EXPECTED[expectedType(branch) ?? ""]);
        return at(`must be ${types.join(" or ")}; found ${describe(found)}`);
      }
      return inside.flatMap((inner) =>
        toIssues({ ...inner, path: [...issue.path, ...inner.path] }, schema, root)
      );
    }
    case "invalid_key":
      return [{ severity: "error", path, message: keyMessage(issue.issues[0]), atKey: true }];
    default:
      return at(`${issue.message}${found === undefined ? "" : `; found ${describe(found)}`}`);
  }
}

/** What is wrong with the name of a member. */
function keyMessage(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === "too_small") return "must not have an empty name";
  return issue?.message ?? "is not a name that belongs there";
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** The type that a branch of a union asks for, when the value is of another one. */
function expectedType(issues: readonly z.core.$ZodIssue[]): string | undefined {
  const [issue] = issues;
  return issue?.code === "invalid_type" && issue.path.length === 0 ? issue.expected : undefined;
}

function unknownField(key: string, known: readonly string[]): string {
  const hint = suggest(key, known);
  if (hint !== undefined) return `is not a known field; did you mean ${hint}?`;
  return known.length === 0
    ? "is not a known field"
    : `is not a known field; known are ${known.join(", ")}`;
}

/** The members of the object schema at a path, as far as the path can be followed. */
function memberNames(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let current: unknown = schema;
  for (const step of path) {
    current = unwrap(current);
    if (current instanceof z.ZodObject) current = current.shape[String(step)];
    else if (current instanceof z.ZodArray) current = current.element;
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else return [];
  }
  current = unwrap(current);
  if (current instanceof z.ZodRecord && current.keyType instanceof z.ZodEnum) {
    return current.keyType.options.map(String);
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (current instanceof z.ZodOptional || current instanceof z.ZodDefault) {
    current = current.unwrap();
  }
  return current;
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
