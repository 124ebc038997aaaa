import type { Certificate } from "../crypto/mod.ts";
import { AssayError, VerificationFailure } from "../errors.ts";
import { isSelfSigned } from "./chain.ts";
import type { TrustStoreType } from "./trust_policy.ts";
import type { TrustSnapshot } from "./snapshot.ts";

/** Where the certificates of trust stores come from. */
export interface TrustStoreSources {
  /** `type:name` → references of key management providers. */
  readonly stores: ReadonlyMap<string, readonly string[]>;
  /** Certificates that serve every `ca:` store, when no stores are configured at all. */
  readonly caCertificates: readonly Certificate[] | undefined;
}

/**
 * The certificates of one trust store that may be anchors: CA certificates and self-signed ones.
 *
 * @param scope the namespace of the request; decides which providers may be used.
 * @throws {VerificationFailure} `authenticity.invalid_trust_store`, undecided: without the store
 * nobody can say whether the signer is trusted.
 */
export async function loadTrustStore(
  type: TrustStoreType,
  name: string,
  sources: TrustStoreSources,
  snapshot: TrustSnapshot,
  scope: string,
): Promise<readonly Certificate[]> {
  const store = `${type}:${name}`;
  const certificates = collect(store, type, sources, snapshot, scope);
  const anchors: Certificate[] = [];
  for (const certificate of certificates) {
    if (certificate.basicConstraints?.ca || await isSelfSigned(certificate)) {
      anchors.push(certificate);
    }
  }
  if (certificates.length === 0) throw unusable(`Trust store ${store} has no certificates`);
  if (anchors.length === 0) {
    throw unusable(
      `Trust store ${store} has no certificate that can be an anchor: none is a CA or self-signed`,
    );
  }
  return anchors;
}

function collect(
  store: string,
  type: TrustStoreType,
  sources: TrustStoreSources,
  snapshot: TrustSnapshot,
  scope: string,
): readonly Certificate[] {
  const references = sources.stores.get(store);
  if (references === undefined) {
    if (type === "ca" && sources.caCertificates !== undefined) return sources.caCertificates;
    throw unusable(`Trust store ${store} is named by the trust policy but not configured`);
  }
  return references.flatMap((reference) => {
    try {
      return snapshot.material(reference, scope).certificates.map((entry) => entry.certificate);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      throw unusable(`Trust store ${store} could not be read: ${error.message}`, error);
    }
  });
}

function unusable(message: string, cause?: AssayError): VerificationFailure {
  return new VerificationFailure({
    reason: "authenticity.invalid_trust_store",
    effect: "undecided",
    transient: cause?.transient ?? false,
    message,
    ...(cause === undefined ? {} : { remedy: cause.remedy, cause }),
  });
}
