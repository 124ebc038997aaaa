import { FormatError, type JsonObject, type JsonValue } from "../../crypto/mod.ts";

/** The value as an object. @throws {FormatError} */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormatError("JSON", `${what.slice(0, 100)} is not an object`);
}

/** A member that is an object. @throws {FormatError} */
export function objectMember(parent: JsonObject, name: string): JsonObject {
  return asObject(parent[name], name);
}

/** A member that is a text. @throws {FormatError} */
export function textMember(parent: JsonObject, name: string): string {
  const value = parent[name];
  if (typeof value === "string") return value;
  throw new FormatError("JSON", `${name} is not a text`);
}

/** A member that is an integer from 0 to 2⁵³-1. @throws {FormatError} */
export function integerMember(parent: JsonObject, name: string): number {
  const value = parent[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FormatError("JSON", `${name} is not an integer from 0 to 2^53-1`);
}
