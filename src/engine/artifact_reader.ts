import { AssayError, VerificationFailure } from "../errors.ts";
import type { Bytes, Descriptor, Manifest } from "../oci/mod.ts";
import type { ArtifactStore, Referrer, StoreOptions, Subject } from "../stores/mod.ts";
import type { RevocationChecker, RevocationStatus } from "../trust/mod.ts";
import type { ArtifactReader } from "../verifiers/mod.ts";

/**
 * Gives verifiers the manifest and blobs of one referrer, and keeps in words what it is waiting for.
 * What a registry lists is only a claim: the manifest itself must have the listed artifact type and,
 * unless a tag led to it, name this subject.
 */
export class StoreArtifactReader implements ArtifactReader {
  #step: string;
  readonly #asking = new Set<string>();
  readonly #store: ArtifactStore;
  readonly #subject: Subject;
  readonly #referrer: Referrer;
  readonly #options: StoreOptions;
  #manifest: Promise<Manifest> | undefined;

  constructor(
    store: ArtifactStore,
    subject: Subject,
    referrer: Referrer,
    { signal, observe }: StoreOptions,
  ) {
    this.#store = store;
    this.#subject = subject;
    this.#referrer = referrer;
    this.#options = { signal, ...(observe === undefined ? {} : { observe }) };
    this.#step = `verifying ${referrer.digest}`;
  }

  /** The step that is under way, as in "reading the manifest of …". */
  get step(): string {
    const [first] = this.#asking;
    return first ?? this.#step;
  }

  /** The same checker, whose questions count as steps. */
  revocation(checker: RevocationChecker | undefined): RevocationChecker | undefined {
    return checker && {
      check: async (certificate, issuer, question): Promise<RevocationStatus> => {
        const [address = "nobody"] = [...certificate.ocspUrls, ...certificate.crlUrls];
        const step = `asking ${address} whether a certificate is revoked`;
        this.#asking.add(step);
        try {
          return await checker.check(certificate, issuer, question);
        } finally {
          if (!question.signal.aborted) this.#asking.delete(step); // it is what the deadline met
        }
      },
    };
  }

  /** Fetched once, however many verifiers look at the artifact. */
  manifest(): Promise<Manifest> {
    this.#manifest ??= this.#fetchManifest();
    return this.#manifest;
  }

  async blob(descriptor: Descriptor, maxBytes: number): Promise<Bytes> {
    if (descriptor.size > maxBytes) {
      throw new VerificationFailure({
        reason: "manifest.blob_too_large",
        message:
          `Blob ${descriptor.digest} claims ${descriptor.size} bytes; at most ${maxBytes} are read`,
      });
    }
    const options = { ...this.#options, maxBytes };
    return await this.#waiting(
      `reading blob ${descriptor.digest} of ${this.#referrer.digest}`,
      () => this.#store.blob(this.#subject, descriptor, options),
    );
  }

  async #fetchManifest(): Promise<Manifest> {
    const { manifest } = await this.#waiting(
      `reading the manifest ${this.#referrer.digest}`,
      () => this.#store.manifest(this.#subject, this.#referrer, this.#options),
    );
    const byTag = this.#referrer.source === "cosignTag"; // nothing but the tag gives it its type
    if (!byTag && manifest.artifactType !== this.#referrer.artifactType) {
      throw new VerificationFailure({
        reason: "manifest.artifact_type",
        message:
          `The artifact was listed as ${this.#referrer.artifactType}, but its manifest says ${
            manifest.artifactType ?? "nothing"
          }`,
      });
    }
    const subject = manifest.subject?.digest;
    if (this.#referrer.source === "referrer" && subject !== this.#subject.descriptor.digest) {
      throw new VerificationFailure({
        reason: "manifest.subject",
        message:
          `The artifact was listed for ${this.#subject.descriptor.digest}, but its manifest names ${
            subject ?? "no subject"
          }`,
      });
    }
    return manifest;
  }

  /** Runs one call to the store; what it could not deliver leaves the artifact undecided. */
  async #waiting<T>(step: string, call: () => Promise<T>): Promise<T> {
    const before = this.#step;
    this.#step = step;
    try {
      const result = await call();
      this.#step = before;
      return result;
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const refused = error.effect === "deny";
      throw new VerificationFailure({
        reason: !refused
          ? "manifest.blob_unavailable"
          : error.code === "LIMIT_EXCEEDED"
          ? "manifest.blob_too_large"
          : "manifest.invalid",
        effect: refused ? "deny" : "undecided",
        transient: error.transient,
        message: error.message,
        remedy: error.remedy,
        cause: error,
      });
    }
  }
}
