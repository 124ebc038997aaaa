import { CloudError } from "../cloud/mod.ts";
import { FormatError, type HashName, type PublicKey } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { MaterialDetail, TrustMaterial } from "../trust/mod.ts";
import { describeCertificate, describeKey } from "./details.ts";
import { EntryGoneError, type MaterialEntry } from "./entry.ts";
import { readCertificates } from "./pem_material.ts";

/** One thing of a service that has versions, as a configuration names it. */
export interface NamedEntry {
  readonly name: string;
  /** Empty for the newest. */
  readonly version: string;
  /** How many versions: of the newest in all, of those before a named version beside it. */
  readonly versionHistoryLimit: number;
}

/** What is common to the entries of one service. */
export interface EntryOptions {
  readonly kind: "certificate" | "key";
  /** What it is in, as in `the vault example.vault.azure.net`. */
  readonly service: string;
  /** What to look at when it fails. */
  readonly remedy: string;
}

/** Says of one version that it may not be used, or that there is none. */
export class VersionGone extends Error {
  override readonly name = "VersionGone";
  readonly version: string;

  /** @param why as in `is disabled`. */
  constructor(version: string, readonly why: string) {
    super(`${version} ${why}`);
    this.version = version;
  }
}

/**
 * Waits for an answer about a version, and says so when the service is certain that there is none.
 *
 * @param whyGone as in `is disabled`, of a refusal by which the service is certain; undefined for all others.
 * @throws {VersionGone}; what was asked throws.
 */
export async function orGone<T>(
  version: string,
  asked: Promise<T>,
  whyGone: (refusal: CloudError) => string | undefined,
): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const why = error instanceof CloudError ? whyGone(error) : undefined;
    throw why === undefined ? error : new VersionGone(version, why);
  }
}

/**
 * An entry whose fetch speaks the errors of its parts: {@link VersionGone} when nothing of it may be used,
 * `CloudError`, and `FormatError`.
 */
export function serviceEntry(
  options: EntryOptions,
  { name, version }: NamedEntry,
  fetch: (signal: AbortSignal) => Promise<TrustMaterial>,
): MaterialEntry {
  const label = `${options.kind} ${name}${version && ` ${version}`}`;
  return {
    label,
    fetch: async (signal) => {
      try {
        signal.throwIfAborted();
        return await fetch(signal);
      } catch (error) {
        throw translate(error, `The ${label} of ${options.service}`, options, signal);
      }
    },
  };
}

function translate(
  error: unknown,
  what: string,
  { kind, remedy }: EntryOptions,
  signal: AbortSignal,
): unknown {
  const failure = (message: string, transient: boolean, hint: string = remedy): AssayError =>
    new AssayError({
      code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
      component: "keyManagementProvider",
      message: `${what} ${message}`,
      remedy: hint,
      transient,
      cause: error,
    });
  if (error instanceof VersionGone) {
    const which = error.version === "" ? "" : ` (version ${error.version})`;
    return new EntryGoneError(`${what} ${error.why}${which}`, remedy);
  }
  if (error instanceof CloudError) {
    return failure(`cannot be fetched: ${error.message}`, error.transient);
  }
  if (error instanceof FormatError || error instanceof AssayError) {
    const why = error instanceof FormatError ? `cannot be read: ${error.message}` : error.message;
    return new AssayError({
      code: kind === "key" ? "KEY_INVALID" : "CERT_INVALID",
      component: "keyManagementProvider",
      message: `${what} ${why}`,
      remedy: "Put a certificate or key there that can be used, or name another one.",
      effect: "undecided",
      cause: error,
    });
  }
  if (signal.aborted) {
    return failure("has not been fetched in time", true, "Check that the service answers.");
  }
  return error;
}

/** A key whose content cannot be used. */
export function unusableKey(message: string): AssayError {
  return new AssayError({
    code: "KEY_INVALID",
    component: "keyManagementProvider",
    message,
    effect: "undecided",
  });
}

/** The material of one key. */
export function materialOfKey(
  key: PublicKey,
  name: string,
  version: string,
  hash: HashName | undefined,
): TrustMaterial {
  return {
    certificates: [],
    keys: [{ name, version, key, ...(hash === undefined ? {} : { hash }) }],
    details: [{ ...describeKey(key, name, version), enabled: true }],
  };
}

/** The material of the certificates of one version, in their order. */
export function materialOfCertificates(
  certificates: ReturnType<typeof readCertificates>,
  name: string,
  version: string,
): TrustMaterial {
  return {
    certificates: certificates.map((certificate) => ({ name, version, certificate })),
    keys: [],
    details: certificates.map((certificate) => ({
      ...describeCertificate(certificate, name, version),
      enabled: true,
    })),
  };
}

/**
 * Fetches versions one after the other, and joins them in their order. Those that may not be used are named in
 * the details.
 *
 * @throws {VersionGone} when none may be used.
 */
export async function fetchVersions(
  kind: "certificate" | "key",
  name: string,
  versions: readonly { readonly version: string; readonly enabled: boolean }[],
  fetch: (version: string) => Promise<TrustMaterial>,
): Promise<TrustMaterial> {
  const parts: TrustMaterial[] = [];
  let gone: VersionGone | undefined;
  for (const { version, enabled } of versions) {
    try {
      if (!enabled) throw new VersionGone(version, "is disabled");
      parts.push(await fetch(version));
    } catch (error) {
      if (!(error instanceof VersionGone)) throw error;
      gone ??= error;
      const detail: MaterialDetail = { kind, name, version, enabled: false };
      parts.push({ certificates: [], keys: [], details: [detail] });
    }
  }
  const certificates = parts.flatMap((part) => part.certificates);
  const keys = parts.flatMap((part) => part.keys);
  if (certificates.length + keys.length === 0) {
    throw gone ?? new VersionGone("", "has no version that may be used");
  }
  return { certificates, keys, details: parts.flatMap(({ details }) => details) };
}
