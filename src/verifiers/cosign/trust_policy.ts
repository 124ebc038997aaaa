import type { HashName, PublicKey } from "../../crypto/mod.ts";
import { canonicalScope } from "../../trust/mod.ts";
import type { IdentityPolicy } from "../sigstore/mod.ts";

/** Where keys of a trust policy come from. */
export type KeySource =
  | {
    readonly kind: "provider";
    /** The reference of a key management provider. */
    readonly provider: string;
    /** One key of it, with its version; all keys when absent. */
    readonly name: string | undefined;
    readonly version: string;
    readonly hash: HashName | undefined;
  }
  | {
    readonly kind: "file";
    readonly path: string;
    readonly key: PublicKey;
    readonly hash: HashName | undefined;
  };

/** Who may sign under a trust policy: holders of keys, or somebody whom a certificate names. */
export type TrustedSigners =
  | { readonly kind: "keys"; readonly sources: readonly KeySource[] }
  | {
    readonly kind: "keyless";
    readonly identity: IdentityPolicy;
    /** Whether the certificate must be in a certificate transparency log. */
    readonly requireCertificateLog: boolean;
  };

/** A trust policy of a Cosign verifier, validated. */
export interface CosignTrustPolicy {
  readonly name: string;
  /** References, or beginnings of them followed by `*`; `*` alone for all. */
  readonly scopes: readonly string[];
  readonly signers: TrustedSigners;
  /** Whether signatures must be in a transparency log. */
  readonly requireLog: boolean;
  /** The provider of the trusted root; the verifier's default when absent. */
  readonly trustedRoot: string | undefined;
  /** The log to ask about signatures without log entries; none when absent. */
  readonly logUrl: URL | undefined;
  /** Pairs that the signed payload must have. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The trust policy that applies to an image: the one with a scope that is the reference, or begins
 * it and ends in `*`; else the one with the scope `*`; else none. Scopes do not overlap, so that at
 * most one applies.
 *
 * @param references spellings of the image's reference, with tag or digest.
 */
export function selectTrustPolicy(
  policies: readonly CosignTrustPolicy[],
  references: readonly string[],
): CosignTrustPolicy | undefined {
  const names = references.map(canonicalScope);
  const applies = (scope: string): boolean => {
    const wanted = canonicalScope(scope);
    return wanted.endsWith("*")
      ? names.some((name) => name.startsWith(wanted.slice(0, -1)))
      : names.includes(wanted);
  };
  return policies.find(({ scopes }) => scopes.some((scope) => scope !== "*" && applies(scope))) ??
    policies.find(({ scopes }) => scopes.includes("*"));
}
