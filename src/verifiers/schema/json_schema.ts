import {
  dereference,
  type Schema,
  type SchemaDraft,
  type ValidationResult,
  Validator,
} from "@cfworker/json-schema";
import type { JsonValue } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { isObject } from "../content/mod.ts";

/** A schema that is ready to be held against documents. */
export interface CompiledSchema {
  /**
   * What is wrong with a document, as a sentence without a full stop; undefined when nothing is.
   *
   * @throws {VerificationFailure} `limit_exceeded`: finding out would take too long.
   */
  check(document: JsonValue): string | undefined;
}

/** The drafts that are known, by the end of the address in `$schema`. */
const DRAFTS: readonly (readonly [RegExp, SchemaDraft])[] = [
  [/\/draft-04\/schema#?$/, "4"],
  [/\/draft-0[67]\/schema#?$/, "7"],
  [/\/draft\/2019-09\/schema#?$/, "2019-09"],
  [/\/draft\/2020-12\/schema#?$/, "2020-12"],
];

/** How many elements a list may have when a schema wants elements to differ: all pairs are compared. */
const MAX_UNIQUE = 2000;

/** Members whose values are not schemas, and so are not searched for references. */
const DATA = new Set(["const", "enum", "default", "examples", "example"]);

/** Members whose members are schemas, by names that mean nothing else. */
const NAMED = new Set([
  "properties",
  "patternProperties",
  "definitions",
  "$defs",
  "dependentSchemas",
]);

/**
 * Makes a JSON schema (draft 4, 6, 7, 2019-09 or 2020-12; 7 when it does not say) ready. Nothing is
 * fetched: a reference must lead to a place within the schema.
 *
 * @returns what is wrong with the schema when it cannot be used.
 */
export function compileSchema(schema: JsonValue): CompiledSchema | string {
  if (!isObject(schema)) return "must be a JSON schema: an object";
  const draft = draftOf(schema["$schema"]);
  if (draft === undefined) {
    return "names a draft of JSON Schema in $schema that is not known; known are 4, 6, 7, 2019-09 and 2020-12";
  }
  const found = { patterns: [] as string[], comparesAll: false, isDynamic: false };
  collect(schema, found);
  if (found.isDynamic) return "has a $dynamicRef, which is not known here: use $ref";
  for (const pattern of found.patterns) {
    if (!isPattern(pattern)) return `has a pattern that cannot be read: ${pattern.slice(0, 100)}`;
  }
  try {
    const copy = plainCopy(schema);
    const missing = unresolved(copy);
    if (missing !== undefined) {
      return `refers to ${missing}, which is not in it: schemas are not fetched`;
    }
    const validator = new Validator(copy, draft, true);
    return { check: (document) => check(validator, document, found.comparesAll) };
  } catch (error) {
    return `cannot be used as a JSON schema: ${error instanceof Error ? error.message : error}`;
  }
}

function draftOf(address: JsonValue | undefined): SchemaDraft | undefined {
  if (address === undefined) return "7";
  return DRAFTS.find(([end]) => typeof address === "string" && end.test(address))?.[1];
}

function check(
  validator: Validator,
  document: JsonValue,
  comparesAll: boolean,
): string | undefined {
  const longest = comparesAll ? longestList(document) : 0;
  if (longest > MAX_UNIQUE) {
    throw new VerificationFailure({
      reason: "limit_exceeded",
      message:
        `The document has a list of ${longest} elements, and its schema wants elements to differ; at most ${MAX_UNIQUE} are compared`,
      remedy: "Attach a smaller document, or take uniqueItems out of the schema.",
    });
  }
  const { valid, errors } = validate(validator, document);
  if (valid) return undefined;
  const told = errors.at(-1); // the innermost
  return told === undefined
    ? "it does not follow its schema"
    : `at ${told.instanceLocation}: ${told.error.slice(0, 300)}`;
}

/** Texts of many millions of characters are more than the runtime's regular expressions can follow. */
function validate(validator: Validator, document: JsonValue): ValidationResult {
  try {
    return validator.validate(document);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new VerificationFailure({
      reason: "limit_exceeded",
      message: "The document has a text that is too long to be held against its schema",
      remedy: "Attach a smaller document.",
      cause: error,
    });
  }
}

/** Notes what must be looked at before a schema is used. */
function collect(
  value: JsonValue,
  found: { patterns: string[]; comparesAll: boolean; isDynamic: boolean },
): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (DATA.has(name)) continue;
    if (name === "uniqueItems" && member === true) found.comparesAll = true;
    if (name === "$dynamicRef") found.isDynamic = true;
    if (name === "pattern" && typeof member === "string") found.patterns.push(member);
    if (name === "patternProperties" && isObject(member)) {
      found.patterns.push(...Object.keys(member));
    }
    if (NAMED.has(name) && isObject(member)) {
      for (const schema of Object.values(member)) collect(schema, found);
    } else collect(member, found);
  }
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

/** A reference that leads nowhere. */
function unresolved(root: Schema): string | undefined {
  const places: Readonly<Record<string, Schema | boolean>> = dereference(root);
  for (const schema of Object.values(places)) {
    if (typeof schema === "boolean") continue;
    const { $ref, __absolute_ref__: target } = schema;
    if (target !== undefined && places[target] === undefined) return $ref;
  }
  return undefined;
}

function longestList(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  let longest = Array.isArray(value) ? value.length : 0;
  for (const member of Object.values(value)) longest = Math.max(longest, longestList(member));
  return longest;
}

/** The validator notes things in the schema, and wants objects with a prototype. */
function plainCopy(schema: JsonValue): Schema {
  return JSON.parse(JSON.stringify(schema));
}
