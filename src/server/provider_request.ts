import { AssayError } from "../errors.ts";

/** The most keys of one request. */
export const MAX_KEYS = 512;

/**
 * Reads a ProviderRequest of Gatekeeper's external data protocol. Only `request.keys` counts; what
 * else is there may be anything, and no keys are no keys.
 *
 * @throws {AssayError} BAD_REQUEST for what is not JSON, keys that are not texts, and too many.
 */
export function readProviderRequest(body: Uint8Array<ArrayBuffer>): readonly string[] {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw badRequest(
      body.length === 0 ? "The request has no body" : "The body of the request is not JSON",
    );
  }
  if (document === null) return [];
  const request = memberOf(document, "the body", "request");
  if (request === undefined || request === null) return [];
  const keys = memberOf(request, "request", "keys");
  if (keys === undefined || keys === null) return [];
  if (!Array.isArray(keys)) throw badRequest("request.keys must be a list of image references");
  if (keys.length > MAX_KEYS) {
    throw badRequest(`The request has ${keys.length} keys; at most ${MAX_KEYS} are answered`);
  }
  const wrong = keys.findIndex((key) => typeof key !== "string");
  if (wrong >= 0) throw badRequest(`request.keys[${wrong}] must be an image reference`);
  return keys;
}

function memberOf(value: unknown, what: string, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(`${what} must be an object`);
  }
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** The error of a request that cannot be answered key by key. */
export function badRequest(message: string): AssayError {
  return new AssayError({ code: "BAD_REQUEST", component: "server", message });
}
