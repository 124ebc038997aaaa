/** What can go wrong when a registry is asked, and which error that is for the image. */

import { AssayError, type ErrorCode } from "../../errors.ts";
import { parseJson } from "../../crypto/mod.ts";

/**
 * - `missing`: the registry says that it is not there (404).
 * - `denied`: the registry or its token service refuses us (401, 403, and what amounts to it).
 * - `passing`: it may go another way next time: network, time-out, 408, 429, 5xx.
 * - `lasting`: asking again does not help: another status, an answer that breaks the protocol.
 * - `tooLarge`: the body is larger than may be read.
 */
export type FailureKind = "missing" | "denied" | "passing" | "lasting" | "tooLarge";

/** Why a request came to nothing. The message is a clause without full stop and without secrets. */
export class RegistryFailure extends Error {
  override readonly name = "RegistryFailure";
  readonly kind: FailureKind;
  /** What to do about it, where it is known better here than by the error's code. */
  readonly remedy: string | undefined;
  /** The registry's own error code, such as `NAME_UNKNOWN`. */
  readonly registryCode: string | undefined;
  /** Whether this request must not be sent again, though a later one may go another way. */
  readonly final: boolean;

  constructor(
    kind: FailureKind,
    message: string,
    options: { remedy?: string; registryCode?: string; final?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.remedy = options.remedy;
    this.registryCode = options.registryCode;
    this.final = options.final ?? false;
  }
}

/** A step as messages name it, and the code of the error when it fails. */
export interface Step {
  /** As in "Reading the manifest of registry.example.com/app:v1". */
  readonly doing: string;
  readonly code: ErrorCode;
  /** The code when it is not there; `code` when absent. */
  readonly missing?: ErrorCode;
}

/** Runs a step. Throws {@link AssayError} in place of {@link RegistryFailure}. */
export async function during<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RegistryFailure ? explain(step, error) : error;
  }
}

/** The error of a step for what went wrong. */
export function explain(step: Step, failure: RegistryFailure): AssayError {
  const code = codeOf(step, failure.kind);
  return new AssayError({
    code,
    component: "referrerStore",
    message: `${step.doing} failed: ${failure.message}.`,
    ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
    ...(failure.kind === "passing" ? { transient: true } : {}),
    ...(failure.kind === "lasting" ? { transient: false } : {}),
    cause: failure,
  });
}

/** The error for a signal that fired; nobody reads it when a caller up the way had the same signal. */
export function deadline(signal: AbortSignal): AssayError {
  return new AssayError({
    code: "DEADLINE_EXCEEDED",
    component: "referrerStore",
    message: "The time for the answer was over while a registry was asked.",
    cause: signal.reason,
  });
}

/** `503`, or `404 (NAME_UNKNOWN)` where the body has an error code of the distribution specification. */
export function statusText(status: number, registryCode: string | undefined): string {
  return registryCode === undefined ? `${status}` : `${status} (${registryCode})`;
}

const MAX_CODE = 64;

/** The first error code in a registry's error body (OCI distribution specification, "Error Codes"). */
export function registryCodeOf(body: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    const text = new TextDecoder().decode(body);
    const document = parseJson(text, { maxDepth: 8, maxValues: 1000 }).value;
    const errors = memberOf(document, "errors");
    const code = memberOf(Array.isArray(errors) ? errors[0] : undefined, "code");
    // Only what is a code: text from outside goes into messages and logs.
    return typeof code === "string" && code.length <= MAX_CODE && /^[A-Za-z0-9_]+$/.test(code)
      ? code
      : undefined;
  } catch {
    return undefined; // an error body that is not JSON says nothing more than its status
  }
}

/** An own member of a JSON object; undefined for anything else. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function codeOf(step: Step, kind: FailureKind): ErrorCode {
  switch (kind) {
    case "denied":
      return "AUTH_DENIED";
    case "tooLarge":
      return "LIMIT_EXCEEDED";
    case "missing":
      return step.missing ?? step.code;
    case "passing":
    case "lasting":
      return step.code;
  }
}
