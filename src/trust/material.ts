import type { Certificate, HashName, PublicKey } from "../crypto/mod.ts";
import type { AssayError } from "../errors.ts";
import type { TrustedRoot } from "./trusted_root.ts";

/** A certificate of a key management provider. */
export interface ProvidedCertificate {
  /** The name and version in the provider; empty for inline material. */
  readonly name: string;
  readonly version: string;
  readonly certificate: Certificate;
  /** When it was last fetched, as RFC 3339, where a refresh since then has failed. */
  readonly staleSince?: string;
}

/** A public key of a key management provider. */
export interface ProvidedKey {
  readonly name: string;
  readonly version: string;
  readonly key: PublicKey;
  /** The hash that the key signs with, where the provider knows it: a vault sets it by the key's size. */
  readonly hash?: HashName;
  /** When it was last fetched, as RFC 3339, where a refresh since then has failed. */
  readonly staleSince?: string;
}

/** What a person reads about one entry of a provider. */
export interface MaterialDetail {
  readonly kind: "certificate" | "key" | "trustedRoot";
  readonly name: string;
  readonly version: string;
  /** Whether its vault lets it be used; undefined where nothing says so. What is not enabled is not in the material. */
  readonly enabled?: boolean;
  /**
   * Lower-case hex SHA-256 of the certificate's DER, the key's SubjectPublicKeyInfo, or the text; undefined for
   * what is not in the material.
   */
  readonly fingerprint?: string;
  /** Certificates: subject, and validity as RFC 3339. */
  readonly subject?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** When it was last fetched, as RFC 3339, where a refresh since then has failed. */
  readonly staleSince?: string;
}

/** Everything that one provider gave, at one time. Of versions with one name, the newest comes first. */
export interface TrustMaterial {
  readonly certificates: readonly ProvidedCertificate[];
  readonly keys: readonly ProvidedKey[];
  /** Whom a Sigstore deployment trusts, where the provider has that. */
  readonly trustedRoot?: TrustedRoot;
  readonly details: readonly MaterialDetail[];
  /**
   * Why something of it is missing: it never came, or is too old to be used. Who does not find what it looks
   * for cannot say that there is no such thing.
   */
  readonly incomplete?: AssayError;
}
