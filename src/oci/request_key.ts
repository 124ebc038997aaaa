/** The keys that Gatekeeper sends: an image reference, with the namespace that asks before it. */

import { AssayError } from "../errors.ts";
import { quote } from "./quote.ts";

/** Who asks: the name of a namespace, or empty for the cluster. */
export type Scope = string;

/** A key of a request, taken apart. */
export interface RequestKey {
  /** The key without line ends: what an answer repeats. */
  readonly key: string;
  readonly scope: Scope;
  /** Text to give to {@link parseReference}. */
  readonly reference: string;
}

/**
 * Reads `[namespace]image`. Line ends are removed first. No bracket, or `[]`, is the cluster scope.
 * A bracket with a colon in it is the IPv6 address of a registry and belongs to the image: no
 * namespace has a colon. Throws {@link AssayError} `REFERENCE_INVALID` when the namespace is not an
 * RFC 1123 label (1 to 63 of a-z, 0-9 and "-", no "-" at either end), or the bracket is not closed.
 */
export function parseKey(text: string): RequestKey {
  const key = text.replaceAll("\n", "").replaceAll("\r", "");
  if (!key.startsWith("[")) return { key, scope: "", reference: key };
  const end = key.indexOf("]");
  if (end < 0) throw invalid(key, "the bracket before the image is not closed");
  const scope = key.slice(1, end);
  if (scope.includes(":")) return { key, scope: "", reference: key };
  if (scope !== "" && !isLabel(scope)) {
    throw invalid(
      key,
      `the namespace ${
        quote(scope, 70)
      } must be 1 to 63 lower-case letters, digits and "-", with ` +
        "a letter or digit at both ends",
    );
  }
  return { key, scope, reference: key.slice(end + 1) };
}

function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9-]+$/.test(text) && !text.startsWith("-") &&
    !text.endsWith("-");
}

function invalid(key: string, reason: string): AssayError {
  return new AssayError({
    code: "REFERENCE_INVALID",
    component: "executor",
    message: `The key ${quote(key)} cannot be read: ${reason}.`,
    remedy: "Write it as [namespace]registry/repository:tag, or without the bracket.",
  });
}
