/**
 * Makes whatever is to be logged plain, small and free of secrets. What is logged comes from
 * registries, certificates and requests: it can be long, deep and meant to deceive.
 */

import { AssayError, VerificationFailure } from "../errors.ts";

/** What a log line is made of after {@link plain}. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;

export interface PlainObject {
  readonly [name: string]: Plain;
}

/** Characters of one text, levels of objects in each other, members of one, values in one field. */
const LIMITS = { text: 2048, depth: 4, members: 32, values: 200 };

/** Names of members whose values are never shown, wherever they stand. */
const SECRET_NAME =
  /^(authorization|auth|cookie|set-?cookie|password|passwd|.*secret|.*token|credentials?|private-?key|api-?key|registrytoken)$/i;

/** The value with all limits applied. Members that are undefined are left out. */
export function plain(value: unknown): Plain {
  return reduce(value, 0, { left: LIMITS.values });
}

/**
 * A text without what must not be in a log, and not longer than the limit: passwords in addresses,
 * the query of an address (where signed links and tokens have theirs), and authorization headers.
 */
export function redacted(text: string): string {
  // What is beyond twice the limit is never shown, so it need not be looked at.
  const result = text.slice(0, 2 * LIMITS.text)
    .replace(/\/\/[^\s/@"']+@/g, "//…@")
    .replace(/(https?:\/\/[^\s"'?#]+)\?[^\s"'#]*/gi, "$1?…")
    .replace(/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, "$1 …");
  return result.length > LIMITS.text ? `${result.slice(0, LIMITS.text)}…` : result;
}

/** Whether a member of this name holds something that is never shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

function reduce(value: unknown, depth: number, budget: { left: number }): Plain {
  if (--budget.left < 0) return "…";
  switch (typeof value) {
    case "string":
      return redacted(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "object":
      break;
    default:
      return redacted(String(value));
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "?" : value.toISOString();
  if (depth >= LIMITS.depth) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, LIMITS.members).map((item) => reduce(item, depth + 1, budget));
    return value.length > LIMITS.members ? [...items, "…"] : items;
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const members = Object.entries(value instanceof Error ? errorFields(value) : value)
    .filter(([, member]) => member !== undefined);
  const result: Record<string, Plain> = Object.create(null);
  for (const [name, member] of members.slice(0, LIMITS.members)) {
    result[redacted(name)] = isSecretName(name) ? "…" : reduce(member, depth + 1, budget);
  }
  if (members.length > LIMITS.members) result["…"] = members.length - LIMITS.members;
  return result;
}

/** An error as fields: what is written for people. No stack, and no cause, which is another's text. */
function errorFields(error: Error): Readonly<Record<string, unknown>> {
  const { message } = error;
  if (error instanceof AssayError) {
    return { code: error.code, component: error.component, message, detail: error.detail };
  }
  if (error instanceof VerificationFailure) return { reason: error.reason, message };
  return { name: error.name, message };
}
