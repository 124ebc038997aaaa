import type { FailureReason } from "../errors.ts";
import type { Bytes, Descriptor, Manifest } from "../oci/mod.ts";
import type { ArtifactReport, Check } from "../report/mod.ts";
import type { RevocationChecker, TrustSnapshot } from "../trust/mod.ts";
import type { PluginHost } from "./verification_plugin.ts";

/** The image or artifact that a signature must be about: the bytes that were hashed. */
export interface VerifiedSubject {
  /** `registry/repository@digest`: what scopes are matched against. */
  readonly reference: string;
  /** The reference as asked, normalised, which may have a tag; absent where it names no registry. */
  readonly asked?: string;
  readonly descriptor: Descriptor;
}

/** The attached artifact to verify, as listed; its annotations are those of the listing. */
export interface VerifiedReferrer extends Descriptor {
  readonly artifactType: string;
}

/**
 * Hands a verifier what it needs of the artifact. Bytes have been checked against digest and size,
 * the manifest against what was listed. Throws {@link VerificationFailure} and nothing else.
 */
export interface ArtifactReader {
  /** The manifest of the referrer. */
  manifest(): Promise<Manifest>;
  /** A blob that the manifest names, of at most `maxBytes`; one that claims more is refused unread. */
  blob(descriptor: Descriptor, maxBytes: number): Promise<Bytes>;
}

/** What a verification may look at beside the artifact. */
export interface VerifierContext {
  readonly artifacts: ArtifactReader;
  readonly trust: TrustSnapshot;
  /** The namespace of the request; empty for the cluster. */
  readonly scope: string;
  /** The time as of which to judge. */
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Asks for the revocation of certificates; when absent, none can be asked for. */
  readonly revocation?: RevocationChecker | undefined;
  /** Where verification plugins come from; when absent, there are none. */
  readonly plugins?: PluginHost | undefined;
}

/** What a verifier says of one artifact. */
export interface VerifierResult {
  readonly outcome: "success" | "failure" | "undecided";
  /** One sentence for a person. */
  readonly message: string;
  readonly checks: readonly Check[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /**
   * The next moment at which the passing of time alone may change the outcome, such as the end of a
   * certificate's validity; undefined when it never does.
   */
  readonly validUntil?: Date | undefined;
  /** Set unless the outcome is success. */
  readonly failure?: {
    readonly reason: FailureReason;
    readonly remedy: string;
    readonly transient: boolean;
  };
}

/** Judges artifacts of some types. Does no I/O of its own: bytes + trust + now → result. */
export interface Verifier {
  readonly name: string;
  readonly type: string;
  /** The most artifacts of one subject that this verifier looks at. */
  readonly maxAttempts: number;
  /**
   * The artifact types that must be attached to what it accepts, `*` for any. What is attached there
   * is verified too, and the artifact is accepted only if the policy is met there. None when absent.
   */
  readonly nestedReferences?: readonly string[] | undefined;
  /** Whether it judges artifacts of this type. */
  accepts(artifactType: string): boolean;
  /** Judges one artifact. Resolves for every verdict; a rejection is a defect or an abort. */
  verify(
    subject: VerifiedSubject,
    referrer: VerifiedReferrer,
    context: VerifierContext,
  ): Promise<VerifierResult>;
  /**
   * Has the last word on an artifact of which it wants something attached, once that is known to
   * satisfy the policy.
   *
   * @param nested the reports on what is attached to the artifact.
   */
  withNested?(result: VerifierResult, nested: readonly ArtifactReport[]): VerifierResult;
}
