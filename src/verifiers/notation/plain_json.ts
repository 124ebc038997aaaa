import { encodeBase64 } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";

/**
 * An attribute's value as JSON has it: bytes in base64. A value that JSON has no form for cannot be given
 * to a plugin.
 *
 * @throws {VerificationFailure} `plugin.invalid_attribute`.
 */
export function toPlainJson(label: string, value: unknown): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Uint8Array) return encodeBase64(value.slice());
  if (Array.isArray(value)) return value.map((entry) => toPlainJson(label, entry));
  const entries = value instanceof Map
    ? [...value]
    : isPlainObject(value)
    ? Object.entries(value)
    : undefined;
  if (entries === undefined || entries.some(([key]) => typeof key !== "string")) {
    throw new VerificationFailure({
      reason: "plugin.invalid_attribute",
      message: `The signed attribute ${
        JSON.stringify(label.slice(0, 100))
      } has a value that a plugin cannot be given`,
    });
  }
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of entries) object[key] = toPlainJson(label, entry);
  return object;
}

/** What the reader of JSON makes; tags and floats of CBOR are objects of their own. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !("tag" in value && "value" in value) &&
    !("float" in value);
}
