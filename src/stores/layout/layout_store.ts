/** Images in an OCI image layout on disk (OCI image specification, "Image Layout"). */

import { AssayError, type ErrorCode } from "../../errors.ts";
import {
  type Bytes,
  claimedMediaType,
  type Descriptor,
  type Digest,
  type Manifest,
  MAX_MANIFEST_BYTES,
  parseManifest,
  quote,
  type Reference,
} from "../../oci/mod.ts";
import {
  type ArtifactStore,
  type CosignTag,
  type CosignTagOptions,
  cosignTags,
  type FetchedManifest,
  type Referrer,
  type StoreOptions,
  type Subject,
} from "../store.ts";
import { checkSignal, readBlob, UnreadableContent } from "./files.ts";
import { readLayoutIndex, REF_NAME } from "./index_file.ts";
import { listReferrers } from "./listing.ts";

/** The most bytes of a blob, unless a call says otherwise. */
const MAX_BLOB_BYTES = 4 * 1024 * 1024;

/** How a layout is read. */
export interface LayoutOptions extends CosignTagOptions {
  /** The store's name; `layout` when absent. */
  readonly name?: string;
  /** Stops opening. */
  readonly signal?: AbortSignal;
}

/**
 * Opens an OCI image layout: checks `oci-layout` and reads `index.json`, once. What is added to the
 * layout later is not seen. Throws {@link AssayError} `REPOSITORY_OPERATION_FAILURE` when the folder is
 * not there or not a layout, and `DEADLINE_EXCEEDED`.
 */
export async function openLayout(directory: string, options: LayoutOptions): Promise<LayoutStore> {
  const entries = await readLayoutIndex(directory, options.signal ?? new AbortController().signal);
  return new LayoutStore(directory, entries, options);
}

/**
 * A layout as a store. Registry and repository of a reference mean nothing here: the tag is looked up
 * in `index.json`, and a digest there or among the blobs, since an image index's manifests need not be listed.
 */
export class LayoutStore implements ArtifactStore {
  readonly name: string;
  readonly #directory: string;
  readonly #entries: readonly Descriptor[];
  readonly #cosignTags: readonly CosignTag[];

  /** Use {@link openLayout}; `entries` are those of the layout's `index.json`. */
  constructor(directory: string, entries: readonly Descriptor[], options: LayoutOptions) {
    this.name = options.name ?? "layout";
    this.#directory = directory;
    this.#entries = entries;
    this.#cosignTags = cosignTags(options);
  }

  /**
   * Finds and hashes a manifest. Its media type is that of its entry in `index.json`, else the one that
   * it claims itself. Throws {@link AssayError}: `REPOSITORY_OPERATION_FAILURE` when it is not there or
   * the layout contradicts itself, `GET_SUBJECT_DESCRIPTOR_FAILURE` when it is not intact,
   * `MANIFEST_INVALID`, `LIMIT_EXCEEDED`, `DEADLINE_EXCEEDED`.
   */
  async resolve(reference: Reference, options: StoreOptions): Promise<Subject> {
    checkSignal(options.signal);
    const entry = this.#find(reference);
    const digest = entry?.digest ?? reference.digest;
    if (digest === undefined) throw this.#unknown(`the tag ${quote(reference.tag ?? "")}`);
    const bytes = await this.#read(
      { digest, ...(entry === undefined ? {} : { size: entry.size }) },
      options.maxBytes ?? MAX_MANIFEST_BYTES,
      options.signal,
      (problem) =>
        entry === undefined && problem.missing
          ? this.#unknown(`the digest ${digest}`)
          : damaged("GET_SUBJECT_DESCRIPTOR_FAILURE", "The image's manifest", digest, problem),
    );
    const mediaType = entry?.mediaType ?? located(digest, () => claimedMediaType(bytes));
    // Read for its own sake: what cannot be read as the manifest that it is said to be is no image.
    located(digest, () => parseManifest(bytes, mediaType));
    return { reference, descriptor: { mediaType, digest, size: bytes.length } };
  }

  /**
   * The manifests of `index.json` whose `subject` is this one, and those under cosign's tags. Throws
   * {@link AssayError}: `LIST_REFERRERS_FAILURE` when nothing is known to be attached but something may
   * be, `LIMIT_EXCEEDED` beyond 1,000, `MANIFEST_INVALID`, `DEADLINE_EXCEEDED`.
   */
  referrers(subject: Subject, options: StoreOptions): Promise<readonly Referrer[]> {
    const read = async (entry: Descriptor): Promise<Manifest> => {
      const limit = options.maxBytes ?? MAX_MANIFEST_BYTES;
      const bytes = await readBlob(this.#directory, entry, limit, options.signal);
      return located(entry.digest, () => parseManifest(bytes, entry.mediaType));
    };
    return listReferrers(this.#entries, subject.descriptor, this.#cosignTags, read);
  }

  /**
   * Reads a manifest. Throws {@link AssayError}: `LIMIT_EXCEEDED` when its size is over the limit,
   * before anything is read, `GET_REFERRER_MANIFEST_FAILURE` when it is not there intact,
   * `MANIFEST_INVALID`, `DEADLINE_EXCEEDED`.
   */
  async manifest(
    _subject: Subject,
    descriptor: Descriptor,
    options: StoreOptions,
  ): Promise<FetchedManifest> {
    const { digest } = descriptor;
    const bytes = await this.#read(
      descriptor,
      options.maxBytes ?? MAX_MANIFEST_BYTES,
      options.signal,
      (problem) => damaged("GET_REFERRER_MANIFEST_FAILURE", "The manifest", digest, problem),
    );
    const manifest = located(digest, () => parseManifest(bytes, descriptor.mediaType));
    return { descriptor, bytes, manifest };
  }

  /**
   * Reads a blob, of at most 4 MiB unless told otherwise. Throws {@link AssayError}: `LIMIT_EXCEEDED`
   * when its size is over the limit, before anything is read, `GET_BLOB_CONTENT_FAILURE` when it is not
   * there intact, `DEADLINE_EXCEEDED`.
   */
  blob(_subject: Subject, descriptor: Descriptor, options: StoreOptions): Promise<Bytes> {
    return this.#read(
      descriptor,
      options.maxBytes ?? MAX_BLOB_BYTES,
      options.signal,
      (problem) => damaged("GET_BLOB_CONTENT_FAILURE", "The blob", descriptor.digest, problem),
    );
  }

  /** The entry of `index.json` that the reference names; the digest decides where there is one. */
  #find(reference: Reference): Descriptor | undefined {
    const matching = this.#entries.filter((entry) =>
      reference.digest === undefined
        ? reference.tag !== undefined && entry.annotations?.[REF_NAME] === reference.tag
        : entry.digest === reference.digest
    );
    const first = matching[0];
    if (first === undefined) return undefined;
    const other = matching.find((entry) =>
      entry.digest !== first.digest || entry.mediaType !== first.mediaType ||
      entry.size !== first.size
    );
    if (other === undefined) return first;
    const name = reference.digest ?? `tag ${quote(reference.tag ?? "")}`;
    throw new AssayError({
      code: "REPOSITORY_OPERATION_FAILURE",
      component: "referrerStore",
      message: `The layout ${quote(this.#directory)} has two entries for ${name} that differ: ` +
        `${summary(first)} and ${summary(other)}.`,
      remedy: "Remove one of the two entries from index.json, or name the image by its digest.",
    });
  }

  async #read(
    wanted: { digest: Digest; size?: number },
    maxBytes: number,
    signal: AbortSignal,
    explain: (problem: UnreadableContent) => AssayError,
  ): Promise<Bytes> {
    try {
      return await readBlob(this.#directory, wanted, maxBytes, signal);
    } catch (error) {
      throw error instanceof UnreadableContent ? explain(error) : error;
    }
  }

  #unknown(what: string): AssayError {
    return new AssayError({
      code: "REPOSITORY_OPERATION_FAILURE",
      component: "referrerStore",
      message: `The layout ${quote(this.#directory)} has no image with ${what}.`,
    });
  }
}

function damaged(
  code: ErrorCode,
  what: string,
  digest: Digest,
  problem: UnreadableContent,
): AssayError {
  return new AssayError({
    code,
    component: "referrerStore",
    message: `${what} ${digest} cannot be read intact: ${problem.message}.`,
    cause: problem,
  });
}

/** Adds to a manifest's error which manifest it is. */
function located<T>(digest: Digest, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const { code, component, message } = error;
    throw new AssayError({ code, component, message, detail: `manifest ${digest}`, cause: error });
  }
}

function summary(entry: Descriptor): string {
  return `${entry.digest} (${entry.mediaType}, ${entry.size} bytes)`;
}
