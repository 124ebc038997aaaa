/** The validations of a signature that a trust policy decides about. */
export type Validation =
  | "integrity"
  | "authenticity"
  | "authenticTimestamp"
  | "expiry"
  | "revocation";

/** What happens when a validation fails: the signature is refused, or the failure is only reported. */
export type Action = "enforce" | "log" | "skip";

/** The named levels of the Notary Project trust policy. */
export type Level = "strict" | "permissive" | "audit" | "skip";

/** The types of trust stores. */
export type TrustStoreType = "ca" | "signingAuthority" | "tsa";

/** How the signatures of a statement's scopes are verified. */
export interface SignatureVerification {
  readonly level: Level;
  readonly override?: Readonly<Partial<Record<Validation, Action>>> | undefined;
  readonly verifyTimestamp?: "always" | "afterCertExpiry" | undefined;
}

/** One statement of a trust policy document. */
export interface TrustPolicyStatement {
  readonly name: string;
  readonly registryScopes: readonly string[];
  readonly signatureVerification: SignatureVerification;
  readonly trustStores?: readonly string[] | undefined;
  readonly trustedIdentities?: readonly string[] | undefined;
}

/** A Notary Project trust policy document, version 1.0. */
export interface TrustPolicyDocument {
  readonly version: string;
  readonly trustPolicies: readonly TrustPolicyStatement[];
}
