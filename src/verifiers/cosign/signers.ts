import { AssayError, VerificationFailure } from "../../errors.ts";
import type { ProvidedKey, TrustedRoot, TrustSnapshot } from "../../trust/mod.ts";
import type { Signer } from "../sigstore/mod.ts";
import type { CosignTrustPolicy, KeySource } from "./trust_policy.ts";

/** What the report says about the key that a signature was held against. */
export interface KeyInformation {
  readonly provider?: string;
  readonly name?: string;
  readonly version?: string;
}

/** A signer, or why there is none: a key that is missing must not hide those that are there. */
export interface Candidate {
  readonly information: KeyInformation;
  readonly signer: Signer | VerificationFailure;
  /** Since when its key could not be refreshed, where the last refresh failed. */
  readonly staleSince?: string | undefined;
}

/**
 * All signers that a trust policy trusts, in a fixed order: that of the policy, and within a provider
 * by name and version.
 */
export function trustedSigners(
  policy: CosignTrustPolicy,
  trust: TrustSnapshot,
  scope: string,
): Candidate[] {
  const { signers } = policy;
  if (signers.kind === "keyless") {
    const { identity, requireCertificateLog } = signers;
    const signer: Signer = { kind: "identity", policy: identity, requireCertificateLog };
    return [{ information: {}, signer }];
  }
  return signers.sources.flatMap((source) => candidatesOf(source, trust, scope));
}

function candidatesOf(source: KeySource, trust: TrustSnapshot, scope: string): Candidate[] {
  const { hash } = source;
  if (source.kind === "file") {
    const information = { provider: "file", name: source.path };
    return [{ information, signer: { kind: "key", key: source.key, hash } }];
  }
  const { provider, name, version } = source;
  const asked = { provider, ...(name === undefined ? {} : { name, version }) };
  let material;
  try {
    material = trust.material(provider, scope);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return [{ information: asked, signer: unavailable(error.message, error) }];
  }
  const { keys, incomplete } = material;
  const found = selectKeys(keys, name, version);
  const candidates: Candidate[] = found
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
    .map((key) => ({
      information: { provider, name: key.name, version: key.version },
      signer: { kind: "key", key: key.key, hash: hash ?? key.hash },
      staleSince: key.staleSince,
    }));
  const isPinned = name !== undefined && version !== "";
  if (incomplete !== undefined && !(isPinned && found.length > 0)) {
    // What is missing may be the key that signed.
    candidates.push({ information: asked, signer: unavailable(incomplete.message, incomplete) });
  } else if (found.length === 0) {
    const what = name === undefined ? "no key" : `no key ${name}${version && ` ${version}`}`;
    const signer = unavailable(`Key management provider ${provider} has ${what}`);
    candidates.push({ information: asked, signer });
  }
  return candidates;
}

/** All keys, or the one of a name and version; without a version the newest, which comes first. */
function selectKeys(
  keys: readonly ProvidedKey[],
  name: string | undefined,
  version: string,
): readonly ProvidedKey[] {
  if (name === undefined) return keys;
  const named = keys.filter((key) => key.name === name);
  return version === ""
    ? named.slice(0, 1)
    : named.filter((key) => key.version === version).slice(0, 1);
}

/**
 * The trusted root of a policy.
 *
 * @throws {VerificationFailure} `cosign.trusted_root`, undecided: without it nobody can say whom to
 * trust.
 */
export function trustedRootOf(
  policy: CosignTrustPolicy,
  fallback: TrustedRoot | undefined,
  trust: TrustSnapshot,
  scope: string,
): TrustedRoot {
  const reference = policy.trustedRoot;
  if (reference === undefined) {
    if (fallback !== undefined) return fallback;
    throw noRoot(`The trust policy "${policy.name}" names no trusted root`);
  }
  let material;
  try {
    material = trust.material(reference, scope);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    throw noRoot(error.message, error);
  }
  const { trustedRoot: root, incomplete } = material;
  if (root === undefined) {
    if (incomplete !== undefined) throw noRoot(incomplete.message, incomplete);
    throw noRoot(`Key management provider ${reference} has no Sigstore trusted root`);
  }
  return root;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unavailable(message: string, cause?: AssayError): VerificationFailure {
  return undecided("cosign.key", message, cause);
}

function noRoot(message: string, cause?: AssayError): VerificationFailure {
  return undecided("cosign.trusted_root", message, cause);
}

function undecided(
  reason: "cosign.key" | "cosign.trusted_root",
  message: string,
  cause: AssayError | undefined,
): VerificationFailure {
  return new VerificationFailure({
    reason,
    effect: "undecided",
    transient: cause?.transient ?? false,
    message,
    ...(cause === undefined ? {} : { remedy: cause.remedy, cause }),
  });
}
