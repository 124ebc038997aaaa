import type { Certificate } from "../../crypto/mod.ts";
import { quote, reading, refusal } from "./failure.ts";
import { readIdentity } from "./fulcio_certificate.ts";

/** Says whether a text is one that is wanted. */
export interface TextMatcher {
  /** What is wanted, for messages. */
  readonly wanted: string;
  matches(text: string): boolean;
}

/** Wants exactly this text. */
export function exactly(text: string): TextMatcher {
  return { wanted: quote(text), matches: (found) => found === text };
}

/** Who may sign: a subject alternative name, and who must have identified it. */
export interface IdentityPolicy {
  readonly identity: TextMatcher;
  readonly issuer: TextMatcher;
}

/** Whom the certificate names, as far as the policy wanted it. */
export interface MatchedIdentity {
  readonly identity: string;
  readonly issuer: string;
}

/**
 * Checks that a certificate names a signer and an issuer that the policy wants. Both must match. One of
 * the certificate's names is enough (B.6.3), but in a bundle only one of them counts (B.9.3.7).
 *
 * @throws {VerificationFailure} `cosign.identity_mismatch`.
 */
export function matchIdentity(
  certificate: Certificate,
  policy: IdentityPolicy,
  bundled: boolean,
): MatchedIdentity {
  const { names: all, bundleName, issuer } = reading(
    "cosign.identity_mismatch",
    "Whom the certificate names cannot be read",
    () => readIdentity(certificate),
  );
  if (issuer === undefined) {
    throw mismatch("The certificate does not say who identified the signer");
  }
  const names = !bundled ? all : bundleName === undefined ? [] : [bundleName];
  const identity = names.find((name) => policy.identity.matches(name));
  if (identity === undefined) {
    throw mismatch(
      `The signer is ${
        names.map(quote).join(", ") || "not named"
      }; the policy wants ${policy.identity.wanted}`,
    );
  }
  if (!policy.issuer.matches(issuer)) {
    throw mismatch(
      `The signer was identified by ${quote(issuer)}; the policy wants ${policy.issuer.wanted}`,
    );
  }
  return { identity, issuer };
}

function mismatch(message: string): Error {
  return refusal("cosign.identity_mismatch", message);
}
