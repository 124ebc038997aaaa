import { VerificationFailure } from "../../errors.ts";
import type { Check } from "../../report/mod.ts";
import { failedResult } from "../check_list.ts";
import type { VerifierResult } from "../verifier.ts";
import type { Evidence } from "../sigstore/mod.ts";
import type { Attempt } from "./attempt.ts";

/** The most attempts that are told one by one. */
const MAX_TOLD = 200;

/**
 * Makes the result of all attempts. One that succeeded is enough; else one that could not be decided
 * leaves the whole undecided; else the one that came farthest is the reason.
 *
 * @param before checks that came before any signature was looked at.
 * @param extensions what the report says beside the signatures.
 */
export function summarise(
  attempts: readonly Attempt[],
  before: readonly Check[],
  extensions: Readonly<Record<string, unknown>>,
  words: { readonly success: string; readonly failure: string },
): VerifierResult {
  const described = { ...extensions, signatures: describeSignatures(attempts) };
  const success = attempts.find(({ failure }) => failure === undefined);
  if (success !== undefined) {
    const others = attempts.filter(({ failure }) => failure !== undefined).length;
    const checks = [...before, ...success.checks];
    if (others > 0) {
      const detail =
        `${others} of ${attempts.length} attempts with other signatures or keys failed`;
      checks.push({ name: "others", outcome: "skipped", detail });
    }
    const validUntil = success.evidence?.validUntil;
    return {
      outcome: "success",
      message: words.success,
      checks,
      extensions: described,
      ...(validUntil === undefined ? {} : { validUntil }),
    };
  }
  const told = farthest(attempts.filter(({ failure }) => failure?.effect === "undecided")) ??
    farthest(attempts);
  const failure = told?.failure ?? new VerificationFailure({
    reason: "no_signatures",
    message: "There is no signature in what is attached",
  });
  const checks = attempts.length <= 1
    ? told?.checks ?? []
    : attempts.slice(0, MAX_TOLD).map(asCheck);
  const result = failedResult(failure, [...before, ...checks]);
  const message = `${words.failure}: ${failure.message}`;
  return { ...result, message, extensions: attempts.length === 0 ? extensions : described };
}

/** The older form of the report: a flat list of signatures. */
export function summariseLegacy(
  attempts: readonly Attempt[],
  before: readonly Check[],
): VerifierResult {
  const result = summarise(attempts, before, {}, {
    success: "Verification success. Valid signatures found",
    failure: "no valid signatures found",
  });
  const signatures = attempts.map(({ digest, evidence, failure }) => ({
    signatureDigest: digest,
    isSuccess: failure === undefined,
    bundleVerified: (evidence?.entries.length ?? 0) > 0,
    ...(failure === undefined ? {} : { error: failure.message }),
    keyInformation: {},
  }));
  return { ...result, extensions: { signatures } };
}

function farthest(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.toSorted((a, b) => passed(b) - passed(a))[0];
}

function passed(attempt: Attempt): number {
  return attempt.checks.filter(({ outcome }) => outcome === "passed").length;
}

/** One line for an attempt that failed. */
function asCheck({ index, information, failure }: Attempt): Check {
  const { provider, name } = information;
  const key = [provider, name].filter(Boolean).join("/");
  return {
    name: `signature ${index + 1}${key === "" ? "" : `, ${key}`}`,
    outcome: failure?.effect === "undecided" ? "undecided" : "failed",
    detail: failure?.message ?? "",
  };
}

/** One entry for each signature, with one for each signer it was held against. */
function describeSignatures(attempts: readonly Attempt[]): unknown[] {
  const signatures = new Map<number, { signature: string; verifications: unknown[] }>();
  for (const each of attempts) {
    const entry = signatures.get(each.index) ?? { signature: each.signature, verifications: [] };
    entry.verifications.push(describeAttempt(each));
    signatures.set(each.index, entry);
  }
  return [...signatures.values()];
}

function describeAttempt({ evidence, failure, information }: Attempt): Record<string, unknown> {
  const { entries = [], identity } = evidence ?? {};
  const [entry] = entries;
  return {
    isSuccess: failure === undefined,
    bundleVerified: entries.length > 0,
    ...(failure === undefined ? {} : { error: failure.message, errorReason: failure.reason }),
    keyInformation: information,
    ...(identity ?? {}),
    ...(entry === undefined ? {} : { logIndex: entry.logIndex, log: entry.log.baseUrl }),
    ...(entry?.integratedTime === undefined
      ? {}
      : { integratedTime: new Date(entry.integratedTime * 1000).toISOString() }),
    ...(evidence === undefined ? {} : { summary: summaryOf(evidence) }),
  };
}

/** The texts that existing policies and dashboards know. */
function summaryOf({ entries, identity, online }: Evidence): string[] {
  const logged = entries.length === 0 ? [] : online
    ? [
      "The claims were present in the transparency log",
      "The signatures were integrated into the transparency log when the certificate was valid",
    ]
    : ["Existence of the claims in the transparency log was verified offline."];
  return [
    "The cosign claims were validated",
    ...logged,
    identity === undefined
      ? "The signatures were verified against the specified public key"
      : "The code-signing certificate was verified using trusted certificate authority certificates",
  ];
}
