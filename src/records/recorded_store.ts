import { AssayError } from "../errors.ts";
import { type Bytes, type Descriptor, type Digest, parseManifest } from "../oci/mod.ts";
import type { ArtifactStore, StoreOptions } from "../stores/mod.ts";
import { recordedError, type RecordedStore } from "./record.ts";

/** Content that was kept beside records: bytes that have the digest and size, if they are there. */
export type ContentReader = (digest: Digest, size: number) => Promise<Bytes | undefined>;

/** Is told what a replay needs and the record does not have. */
export type MissingObserver = (what: string) => void;

/** A store that answers as it did when it was recorded. What it was not asked then is an error. */
export function openRecordedStore(
  recorded: RecordedStore,
  read: ContentReader,
  missing: MissingObserver,
): ArtifactStore {
  const incomplete = (what: string): AssayError => {
    missing(what);
    return incompleteRecord(what);
  };
  const content = async (
    what: string,
    { digest, size }: Descriptor,
    { signal, maxBytes = Infinity }: StoreOptions,
  ): Promise<Bytes> => {
    signal.throwIfAborted();
    const noted = recorded.content[digest];
    if (noted !== undefined && "error" in noted) throw recordedError(noted.error);
    if (size > maxBytes) throw incomplete(`${what} ${digest}, which is larger than what is read`);
    const bytes = await read(digest, size);
    if (bytes === undefined) throw incomplete(`${what} ${digest}`);
    return bytes;
  };
  return {
    name: recorded.name,
    resolve: (reference) => {
      const { image } = recorded;
      if (image === undefined) return Promise.reject(incomplete("what the image is"));
      if ("error" in image) return Promise.reject(recordedError(image.error));
      return Promise.resolve({ reference, descriptor: image.descriptor });
    },
    referrers: ({ descriptor: { digest } }) => {
      const noted = recorded.attached[digest];
      if (noted === undefined) return Promise.reject(incomplete(`what is attached to ${digest}`));
      if ("error" in noted) return Promise.reject(recordedError(noted.error));
      return Promise.resolve(noted.referrers);
    },
    manifest: async (_subject, descriptor, options) => {
      const bytes = await content("the manifest", descriptor, options);
      return { descriptor, bytes, manifest: parseManifest(bytes, descriptor.mediaType) };
    },
    blob: (_subject, descriptor, options) => content("the blob", descriptor, options),
  };
}

/** A place that was not looked at, so that nobody knows what is there. */
export function unlistedPlace(what: string, missing: MissingObserver): ArtifactStore {
  const refuse = (): Promise<never> => {
    missing(what);
    return Promise.reject(incompleteRecord(what));
  };
  return { name: what, resolve: refuse, referrers: refuse, manifest: refuse, blob: refuse };
}

/** The error of a replay that needs what the record does not have. */
export function incompleteRecord(what: string): AssayError {
  return new AssayError({
    code: "RECORD_INCOMPLETE",
    component: "referrerStore",
    message: `The record does not have ${what}`,
  });
}
