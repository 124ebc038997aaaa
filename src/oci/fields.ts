/** Strict reading of members from parsed JSON, for descriptors and manifests. */

import { AssayError } from "../errors.ts";
import { quote } from "./quote.ts";

/** A JSON object after parsing. Members must be looked up with {@link member}, never by `.name`. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The error for a manifest with the right digest that cannot be read. `where` names the member. */
export function invalidManifest(where: string, reason: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "MANIFEST_INVALID",
    component: "referrerStore",
    message: where === ""
      ? `A manifest cannot be read: ${reason}.`
      : `A manifest cannot be read: its ${where} ${reason}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An object's own member; what its prototype has does not count. */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The value as an object, not an array or null. Throws {@link AssayError} `MANIFEST_INVALID`. */
export function objectOf(value: unknown, where: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidManifest(where, `must be an object, not ${describe(value)}`);
  }
  return value as JsonObject;
}

/** A member that must be text. Throws {@link AssayError} `MANIFEST_INVALID`. */
export function textMember(object: JsonObject, name: string, where: string): string {
  const value = member(object, name);
  if (typeof value !== "string") {
    throw invalidManifest(where, `must be text, not ${describe(value)}`);
  }
  return value;
}

/**
 * A member that is a list; absent and null mean an empty list, as some encoders write it.
 * Throws {@link AssayError} `MANIFEST_INVALID`.
 */
export function listMember(object: JsonObject, name: string): readonly unknown[] {
  const value = member(object, name) ?? [];
  if (!Array.isArray(value)) throw invalidManifest(name, `must be a list, not ${describe(value)}`);
  return value;
}

/**
 * A member that maps text to text; absent and null mean empty. The result has no prototype, so that looking up
 * a name that was not written finds nothing. Throws {@link AssayError} `MANIFEST_INVALID`.
 */
export function textMapMember(
  object: JsonObject,
  name: string,
  where: string,
): Readonly<Record<string, string>> {
  const map: Record<string, string> = Object.create(null);
  const value = member(object, name) ?? {};
  for (const [key, text] of Object.entries(objectOf(value, where))) {
    if (typeof text !== "string") {
      throw invalidManifest(`${where}[${quote(key, 60)}]`, `must be text, not ${describe(text)}`);
    }
    map[key] = text;
  }
  return Object.freeze(map);
}

function describe(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : quote(String(value), 40);
}
