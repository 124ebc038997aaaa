import type { Certificate } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { subjectText } from "../../trust/mod.ts";

/**
 * The revocation validation. The root is trusted as it is; a certificate below it that names no
 * address for its status cannot be revoked. One that does cannot be judged in this build.
 *
 * @throws {VerificationFailure} `revocation.not_available`, undecided.
 */
export function checkChainRevocation(chain: readonly Certificate[]): string {
  for (const certificate of chain.slice(0, -1)) {
    const addresses = [...certificate.ocspUrls, ...certificate.crlUrls];
    if (addresses.length > 0) {
      throw new VerificationFailure({
        reason: "revocation.not_available",
        effect: "undecided",
        message: `The certificate "${
          subjectText(certificate.subject)
        }" names addresses for its revocation status, and revocation is not checked in this build`,
      });
    }
  }
  return "No certificate names an address for its revocation status";
}
