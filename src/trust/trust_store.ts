import { type Certificate, LruMap } from "../crypto/mod.ts";
import { AssayError, VerificationFailure } from "../errors.ts";
import { isSelfSigned } from "./issuance.ts";
import type { ProvidedCertificate } from "./material.ts";
import type { TrustStoreType } from "./trust_policy.ts";
import type { TrustSnapshot } from "./snapshot.ts";

/** Where the certificates of trust stores come from. */
export interface TrustStoreSources {
  /** `type:name` → references of key management providers. */
  readonly stores: ReadonlyMap<string, readonly string[]>;
  /** Certificates that serve every `ca:` store, when no stores are configured at all. */
  readonly caCertificates: readonly Certificate[] | undefined;
}

/** The anchors of one trust store. */
export interface TrustStore {
  /** `type:name`. */
  readonly name: string;
  /** By fingerprint, in the order of the sources. */
  readonly anchors: ReadonlyMap<string, Certificate>;
  /** By fingerprint: since when an anchor could not be refreshed, where its last refresh failed. */
  readonly staleSince: ReadonlyMap<string, string>;
  /** Why certificates of it may be missing; see {@link TrustMaterial.incomplete}. */
  readonly incomplete: AssayError | undefined;
}

/** The stores of one snapshot, per sources and scope, and as many as requests come to use. */
const MAX_STORES = 1000;
const loaded = new WeakMap<TrustSnapshot, WeakMap<TrustStoreSources, LruMap<string, TrustStore>>>();

/**
 * The certificates of one trust store that may be anchors: CA certificates and self-signed ones. Read
 * once for each snapshot of the trust material; a store that cannot be read is asked for again.
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
): Promise<TrustStore> {
  const stores = storesOf(snapshot, sources);
  const id = `${scope} ${type}:${name}`;
  const known = stores.get(id);
  if (known !== undefined) return known;
  const store = await load(type, `${type}:${name}`, sources, snapshot, scope);
  stores.set(id, store);
  return store;
}

function storesOf(
  snapshot: TrustSnapshot,
  sources: TrustStoreSources,
): LruMap<string, TrustStore> {
  let bySources = loaded.get(snapshot);
  if (bySources === undefined) loaded.set(snapshot, bySources = new WeakMap());
  let stores = bySources.get(sources);
  if (stores === undefined) bySources.set(sources, stores = new LruMap(MAX_STORES));
  return stores;
}

async function load(
  type: TrustStoreType,
  store: string,
  sources: TrustStoreSources,
  snapshot: TrustSnapshot,
  scope: string,
): Promise<TrustStore> {
  const { certificates, incomplete } = collect(store, type, sources, snapshot, scope);
  const anchors = new Map<string, Certificate>();
  const stale = new Map<string, string>();
  for (const { certificate, staleSince } of certificates) {
    if (!(certificate.basicConstraints?.ca || await isSelfSigned(certificate))) continue;
    anchors.set(certificate.fingerprint, certificate);
    if (staleSince !== undefined) stale.set(certificate.fingerprint, staleSince);
  }
  if (incomplete !== undefined && anchors.size === 0) throw incompleteStore(store, incomplete);
  if (certificates.length === 0) throw unusable(`Trust store ${store} has no certificates`);
  if (anchors.size === 0) {
    throw unusable(
      `Trust store ${store} has no certificate that can be an anchor: none is a CA or self-signed`,
    );
  }
  return { name: store, anchors, staleSince: stale, incomplete };
}

/**
 * That nobody can say whether a certificate is in a store, because something of the store is missing.
 */
export function incompleteStore(store: string, incomplete: AssayError): VerificationFailure {
  return unusable(`Trust store ${store} is not complete: ${incomplete.message}`, incomplete);
}

/** What the sources of a store have. */
interface Collected {
  readonly certificates: readonly Pick<ProvidedCertificate, "certificate" | "staleSince">[];
  readonly incomplete: AssayError | undefined;
}

function collect(
  store: string,
  type: TrustStoreType,
  sources: TrustStoreSources,
  snapshot: TrustSnapshot,
  scope: string,
): Collected {
  const references = sources.stores.get(store);
  if (references === undefined) {
    if (type === "ca" && sources.caCertificates !== undefined) {
      const certificates = sources.caCertificates.map((certificate) => ({ certificate }));
      return { certificates, incomplete: undefined };
    }
    throw unusable(`Trust store ${store} is named by the trust policy but not configured`);
  }
  const found = references.map((reference) => {
    try {
      return snapshot.material(reference, scope);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      throw unusable(`Trust store ${store} could not be read: ${error.message}`, error);
    }
  });
  return {
    certificates: found.flatMap(({ certificates }) => certificates),
    incomplete: found.find(({ incomplete }) => incomplete !== undefined)?.incomplete,
  };
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
