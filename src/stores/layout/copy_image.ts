import { AssayError } from "../../errors.ts";
import {
  type Descriptor,
  type Digest,
  MANIFEST_MEDIA_TYPES,
  type Reference,
} from "../../oci/mod.ts";
import { type ArtifactStore, COSIGN_TAGS, type Subject } from "../store.ts";
import type { LayoutWriter } from "./layout_writer.ts";

/** How an image is copied. */
export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Leaves out the configuration and layers of the image: enough to verify, not to run. */
  readonly signaturesOnly: boolean;
  /** The most bytes of one blob. */
  readonly maxBlobBytes: number;
}

/** What was copied. */
export interface Copied {
  readonly digest: Digest;
  /** Manifests and blobs, also those that were there already. */
  readonly contents: number;
  /** Artifacts that are attached to the image, or to something attached to it. */
  readonly attached: number;
  /** Bytes that were fetched. */
  readonly bytes: number;
  /** Layers that may not be distributed, and were left out. */
  readonly withheld: number;
}

/** How deep artifacts that are attached to artifacts are followed, and indexes within indexes. */
const MAX_DEPTH = 3;
/** The most manifests of one image with all that is attached to it. */
const MAX_MANIFESTS = 5000;

/**
 * Copies an image into a layout: its manifest or index, what these consist of, and everything that is
 * attached, {@link MAX_DEPTH} levels deep, also under the tags that cosign derives. All content has its
 * digest. Throws {@link AssayError}: what the store throws, `OUTPUT_FAILURE`, and `LIMIT_EXCEEDED` beyond
 * 5,000 manifests.
 */
export async function copyImage(
  store: ArtifactStore,
  subject: Subject,
  writer: LayoutWriter,
  options: CopyOptions,
): Promise<Copied> {
  const copy = new Copy(store, writer, options);
  await copy.image(subject, MAX_DEPTH, false);
  writer.add(subject.descriptor, subject.reference.tag);
  const { attached, withheld, bytes, seen } = copy;
  const { digest } = subject.descriptor;
  return { digest, contents: seen.size, attached, bytes, withheld };
}

class Copy {
  readonly seen = new Set<string>();
  attached = 0;
  withheld = 0;
  bytes = 0;
  /** By digest, what manifests say of themselves: listings may say less. */
  readonly #types = new Map<string, string | undefined>();
  readonly #store: ArtifactStore;
  readonly #writer: LayoutWriter;
  readonly #options: CopyOptions;

  constructor(store: ArtifactStore, writer: LayoutWriter, options: CopyOptions) {
    this.#store = store;
    this.#writer = writer;
    this.#options = options;
  }

  /** @param isAttached whether it is an artifact, of which everything is wanted. */
  async image(subject: Subject, depth: number, isAttached: boolean): Promise<void> {
    const { descriptor, reference: { registry, repository } } = subject;
    if (this.seen.has(descriptor.digest)) return;
    this.seen.add(descriptor.digest);
    if (this.#types.size >= MAX_MANIFESTS) throw tooMany();
    const { signal, signaturesOnly } = this.#options;
    const { manifest, bytes } = await this.#store.manifest(subject, descriptor, { signal });
    this.#types.set(descriptor.digest, manifest.artifactType);
    if (!await this.#writer.has(descriptor, signal)) {
      await this.#writer.write(descriptor, bytes);
      this.bytes += bytes.length;
    }
    const within = (one: Descriptor): Subject => ({
      reference: { registry, repository, digest: one.digest },
      descriptor: one,
    });
    for (const one of manifest.manifests) {
      if (!MANIFEST_MEDIA_TYPES.includes(one.mediaType)) await this.#blob(subject, one);
      else if (depth > 0) await this.image(within(one), depth - 1, isAttached);
    }
    if (isAttached || !signaturesOnly) {
      for (const one of manifest.config === undefined ? [] : [manifest.config]) {
        await this.#blob(subject, one);
      }
      for (const one of manifest.blobs) await this.#blob(subject, one);
    }
    if (depth > 0) await this.#attached(within(descriptor), within, depth);
  }

  async #attached(
    subject: Subject,
    within: (one: Descriptor) => Subject,
    depth: number,
  ): Promise<void> {
    const { signal } = this.#options;
    const found = await this.#store.referrers(subject, { signal });
    for (const { source: _, ...referrer } of found.filter((one) => one.source === "referrer")) {
      if (!this.seen.has(referrer.digest)) this.attached++;
      await this.image(within(referrer), depth - 1, true);
      const artifactType = this.#types.get(referrer.digest) ?? referrer.artifactType;
      this.#writer.add({ ...referrer, artifactType }, undefined);
    }
    for (const end of Object.keys(COSIGN_TAGS)) {
      const tag = `${subject.descriptor.digest.replace(":", "-")}.${end}`;
      const { registry, repository } = subject.reference;
      const tagged = await this.#resolve({ registry, repository, tag });
      if (tagged === undefined) continue;
      if (!this.seen.has(tagged.descriptor.digest)) this.attached++;
      await this.image(tagged, depth - 1, true);
      this.#writer.add(tagged.descriptor, tag);
    }
  }

  /** Undefined when there is no such tag. */
  async #resolve(reference: Reference): Promise<Subject | undefined> {
    try {
      return await this.#store.resolve(reference, { signal: this.#options.signal });
    } catch (error) {
      const isAbsent = error instanceof AssayError &&
        error.code === "REPOSITORY_OPERATION_FAILURE";
      if (isAbsent) return undefined;
      throw error;
    }
  }

  async #blob(subject: Subject, descriptor: Descriptor): Promise<void> {
    if (this.seen.has(descriptor.digest)) return;
    this.seen.add(descriptor.digest);
    if (/foreign|nondistributable/.test(descriptor.mediaType)) {
      this.withheld++;
      return;
    }
    const { signal, maxBlobBytes } = this.#options;
    if (await this.#writer.has(descriptor, signal)) return;
    const bytes = await this.#store.blob(subject, descriptor, { signal, maxBytes: maxBlobBytes });
    await this.#writer.write(descriptor, bytes);
    this.bytes += bytes.length;
  }
}

function tooMany(): AssayError {
  return new AssayError({
    code: "LIMIT_EXCEEDED",
    component: "referrerStore",
    message: `The image and what is attached to it have more than ${MAX_MANIFESTS} manifests.`,
  });
}
