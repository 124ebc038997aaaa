import type { Certificate } from "../crypto/mod.ts";
import { VerificationFailure } from "../errors.ts";
import { parseDistinguishedName } from "./distinguished_name.ts";
import { isSubset, X509_SUBJECT } from "./policy_document.ts";
import { describeAmbiguity, subjectText } from "./subject_text.ts";

/**
 * Checks that the subject of the signing certificate is one of the trusted identities of the trust
 * policy: each attribute of the identity must be in the subject, with exactly the same value.
 *
 * @returns the identity that matched.
 * @throws {VerificationFailure} `authenticity.identity_mismatch`.
 */
export function matchTrustedIdentity(leaf: Certificate, identities: readonly string[]): string {
  if (identities.length === 1 && identities[0] === "*") return "*";
  const text = subjectText(leaf.subject);
  const natives = identities.filter((identity) => identity.startsWith(`${X509_SUBJECT}:`));
  if (natives.length === 0) {
    throw mismatch("The trust policy has no x509.subject identity that the signer could match");
  }
  const ambiguity = describeAmbiguity(leaf.subject);
  if (ambiguity !== undefined) {
    throw mismatch(`The signer "${text}" cannot be compared with trusted identities: ${ambiguity}`);
  }
  const subject = parseDistinguishedName(text);
  if (typeof subject === "string") {
    throw mismatch(
      `The signer "${text}" cannot be compared with trusted identities: its subject ${subject}`,
    );
  }
  for (const identity of natives) {
    const wanted = parseDistinguishedName(identity.slice(X509_SUBJECT.length + 1));
    if (typeof wanted !== "string" && isSubset(wanted, subject)) return identity;
  }
  throw mismatch(
    `The signer "${text}" is none of the trusted identities: ${
      natives.slice(0, 5).map((identity) => `"${identity}"`).join(", ")
    }${natives.length > 5 ? ` and ${natives.length - 5} more` : ""}`,
  );
}

function mismatch(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "authenticity.identity_mismatch", message });
}
