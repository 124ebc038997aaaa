import type { ResolveAnswer, VerifyAnswer } from "../engine/mod.ts";
import type { AssayError } from "../errors.ts";
import { repositoryName } from "../oci/mod.ts";
import { renderWire, type Stamp } from "../report/mod.ts";

/** The most characters of the causes in a system error, and the most keys that it names. */
const MAX_SYSTEM_ERROR = 4000;
const MAX_NAMED = 10;

/** A key without a decision that may get one when it is asked again. */
interface Hiccup {
  readonly key: string;
  readonly error: AssayError;
}

/** The body of an answer. */
export interface ProviderResponse {
  readonly body: string;
  /** Why the whole is a system error; undefined when it is none. */
  readonly fault: AssayError | undefined;
}

/**
 * The answer to `/verify`. A decided key has a value. One that is undecided for good has an error,
 * which Gatekeeper keeps for a while as it keeps values. One that may be decided next time has
 * neither: it is named in the system error, which Gatekeeper never keeps and templates deny on.
 */
export function verifyResponse(
  answers: readonly VerifyAnswer[],
  stamp: Stamp,
): ProviderResponse {
  const items: string[] = [];
  const hiccups: Hiccup[] = [];
  for (const { key, report, error } of answers) {
    const cause = error ??
      (report?.verdict.verdict === "undecided" ? report.verdict.cause : undefined);
    if (cause === undefined && report !== undefined) {
      items.push(`{"key":${JSON.stringify(key)},"value":${renderWire(report, stamp)}}`);
    } else if (cause !== undefined && isHiccup(cause)) hiccups.push({ key, error: cause });
    else if (cause !== undefined) items.push(JSON.stringify({ key, error: errorText(cause) }));
  }
  const body = providerResponse(items, false, systemErrorOf(answers.length, hiccups));
  return { body, fault: hiccups[0]?.error };
}

/**
 * The answer to `/mutate`: for a tag the reference by digest, for a digest the key as it is. What
 * failed has an error beside the unchanged key; what may succeed next time is a system error as well.
 */
export function mutateResponse(answers: readonly ResolveAnswer[]): ProviderResponse {
  const hiccups: Hiccup[] = [];
  const items = answers.map(({ key, reference, digest, error }) => {
    if (error !== undefined) {
      if (isHiccup(error)) hiccups.push({ key, error });
      return JSON.stringify({ key, value: key, error: errorText(error) });
    }
    const resolved = reference !== undefined && reference.digest === undefined;
    return JSON.stringify({
      key,
      value: resolved ? `${repositoryName(reference)}@${digest}` : key,
    });
  });
  const body = providerResponse(items, true, systemErrorOf(answers.length, hiccups));
  return { body, fault: hiccups[0]?.error };
}

/** The answer to a request that cannot be answered key by key. */
export function errorResponse(error: AssayError, idempotent: boolean): string {
  return providerResponse([], idempotent, errorText(error));
}

function isHiccup(error: AssayError): boolean {
  return error.effect === "undecided" && error.transient;
}

function systemErrorOf(keys: number, hiccups: readonly Hiccup[]): string {
  if (hiccups.length === 0) return "";
  const named = hiccups.slice(0, MAX_NAMED).map(({ key, error }) => `${key}: ${errorText(error)}`);
  if (hiccups.length > MAX_NAMED) named.push(`and ${hiccups.length - MAX_NAMED} more`);
  const text = `${hiccups.length} of ${keys} image${
    keys === 1 ? "" : "s"
  } could not be decided on: ${named.join("; ")}`;
  return text.length <= MAX_SYSTEM_ERROR ? text : `${text.slice(0, MAX_SYSTEM_ERROR)}…`;
}

/** `CODE: what happened. The evidence. What to do.` */
export function errorText({ code, message, detail, remedy }: AssayError): string {
  const sentences = [message, ...(detail === undefined ? [] : [detail]), remedy];
  return `${code}: ${sentences.map((text) => /[.!?]$/.test(text) ? text : `${text}.`).join(" ")}`;
}

/** Members that would be empty are left out, as clients of this protocol expect. */
function providerResponse(
  items: readonly string[],
  idempotent: boolean,
  systemError: string,
): string {
  const members = [
    ...(idempotent ? ['"idempotent":true'] : []),
    ...(items.length > 0 ? [`"items":[${items.join(",")}]`] : []),
    ...(systemError === "" ? [] : [`"systemError":${JSON.stringify(systemError)}`]),
  ];
  return '{"apiVersion":"externaldata.gatekeeper.sh/v1alpha1","kind":"ProviderResponse",' +
    `"response":{${members.join(",")}}}\n`;
}
