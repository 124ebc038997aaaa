import { VerificationFailure } from "../../errors.ts";
import {
  incompleteStore,
  loadTrustStore,
  matchTrustedIdentity,
  parseTrustStore,
  staleness,
  subjectText,
  type TrustPolicyStatement,
  type TrustStore,
  type TrustStoreSources,
  type TrustStoreType,
} from "../../trust/mod.ts";
import type { VerifierContext } from "../verifier.ts";
import type { SigningScheme } from "./headers.ts";
import type { SignedEnvelope } from "./integrity.ts";

/** The type of trust store that can vouch for each signing scheme; no other is consulted. */
const STORE_TYPE: Readonly<Record<SigningScheme, TrustStoreType>> = {
  "notary.x509": "ca",
  "notary.x509.signingAuthority": "signingAuthority",
};

/**
 * Checks that a certificate of the chain is, byte for byte, in one of the trust stores that the
 * statement names for the signing scheme.
 *
 * @throws {VerificationFailure} `authenticity.*`; undecided when a store cannot be read.
 */
export async function checkTrustStores(
  signed: SignedEnvelope,
  statement: TrustPolicyStatement,
  sources: TrustStoreSources,
  context: VerifierContext,
): Promise<string> {
  const type = STORE_TYPE[signed.envelope.scheme];
  const names = (statement.trustStores ?? []).map(parseTrustStore)
    .filter((store) => store?.type === type).map((store) => store?.name ?? "");
  if (names.length === 0) {
    throw new VerificationFailure({
      reason: "authenticity.no_trusted_certificates",
      message:
        `The signing scheme is ${signed.envelope.scheme}, and trust policy "${statement.name}" names no trust store of type ${type}`,
    });
  }
  const stores: TrustStore[] = []; // all of them: one that cannot be read at all leaves it undecided
  for (const name of names) {
    stores.push(await loadTrustStore(type, name, sources, context.trust, context.scope));
  }
  for (const certificate of signed.chain) {
    const store = stores.find(({ anchors }) => anchors.has(certificate.fingerprint));
    if (store !== undefined) {
      const since = store.staleSince.get(certificate.fingerprint);
      const age = staleness(since, context.now);
      return `"${subjectText(certificate.subject)}" is in trust store ${store.name}${age}`;
    }
  }
  for (const { name, incomplete } of stores) {
    if (incomplete !== undefined) throw incompleteStore(name, incomplete);
  }
  throw new VerificationFailure({
    reason: "authenticity.untrusted",
    message: `No certificate of the signer "${
      subjectText(signed.leaf.subject)
    }" is in the trust stores ${names.map((name) => `${type}:${name}`).join(", ")}`,
  });
}

/** Checks the signer against the statement's trusted identities. */
export function checkIdentity(signed: SignedEnvelope, statement: TrustPolicyStatement): string {
  const matched = matchTrustedIdentity(signed.leaf, statement.trustedIdentities ?? []);
  return matched === "*" ? "Any identity is trusted" : `The signer matches "${matched}"`;
}
