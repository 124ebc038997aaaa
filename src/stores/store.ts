import {
  type Bytes,
  COSIGN_ATTESTATION,
  COSIGN_SIGNATURE,
  type Descriptor,
  type Manifest,
  type Reference,
} from "../oci/mod.ts";

/** The thing whose signatures are asked for: where it is, and the bytes that were hashed. */
export interface Subject {
  readonly reference: Reference;
  readonly descriptor: Descriptor;
}

/** A manifest as fetched: its bytes have the descriptor's digest and size. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Bytes;
  readonly manifest: Manifest;
}

/** An artifact attached to a subject. `artifactType` is as listed; the manifest must agree. */
export interface Referrer extends Descriptor {
  readonly artifactType: string;
  /** How it was found: by its subject field, or by the tag that cosign derives from the digest. */
  readonly source: "referrer" | "cosignTag";
}

/** What cosign puts under a tag of its own, by the end of that tag: `sha256-<hex>.sig`, `….att`. */
export const COSIGN_TAGS = { sig: COSIGN_SIGNATURE, att: COSIGN_ATTESTATION } as const;

/** The end of a tag that cosign derives from a digest. */
export type CosignTag = keyof typeof COSIGN_TAGS;

/** Which of cosign's tags a store looks up. */
export interface CosignTagOptions {
  /** Whether it looks up that of signatures. */
  readonly cosignEnabled?: boolean;
  /** Whether it looks up that of attestations too; without `cosignEnabled` it does not. */
  readonly cosignAttestations?: boolean;
}

/** The ends of the tags to look up. */
export function cosignTags(options: CosignTagOptions): readonly CosignTag[] {
  if (options.cosignEnabled !== true) return [];
  return options.cosignAttestations === true ? ["sig", "att"] : ["sig"];
}

/** What every call to a store carries. */
export interface StoreOptions {
  /** The deadline of the request; work stops when it fires. */
  readonly signal: AbortSignal;
  /** The most bytes that may be read, in place of the store's own limit. */
  readonly maxBytes?: number;
  /** Is told of the requests that this call sends to a registry; tokens are shared, so not of those. */
  readonly observe?: RequestObserver;
}

/**
 * Is told of a request that was sent.
 *
 * @param host host, and port where there is one.
 * @param status the HTTP status; undefined when there was no answer.
 */
export type RequestObserver = (host: string, status: number | undefined) => void;

/**
 * Where images and what is attached to them are read from. Every byte that comes back has been
 * checked against its digest and size. All methods throw {@link AssayError} and nothing else.
 */
export interface ArtifactStore {
  readonly name: string;
  /** Finds the manifest that a tag or digest names, hashes it, and says what it is. */
  resolve(reference: Reference, options: StoreOptions): Promise<Subject>;
  /**
   * Everything attached to the subject, in a stable order; at most 1,000. Only the reference and the
   * digest of the subject are used, so that it need not have been resolved.
   */
  referrers(subject: Subject, options: StoreOptions): Promise<readonly Referrer[]>;
  /** A manifest in the subject's repository, by descriptor. */
  manifest(
    subject: Subject,
    descriptor: Descriptor,
    options: StoreOptions,
  ): Promise<FetchedManifest>;
  /** A blob in the subject's repository, by descriptor. */
  blob(subject: Subject, descriptor: Descriptor, options: StoreOptions): Promise<Bytes>;
}
