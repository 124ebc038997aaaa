import { asAssayError, AssayError, type ErrorCode } from "../errors.ts";
import type { Reference } from "../oci/mod.ts";
import type {
  ArtifactReport,
  Decision,
  ImageReport,
  ReportFailure,
  Verdict,
} from "../report/mod.ts";
import type { Configuration, ScopeConfiguration } from "../resources/mod.ts";
import { allReports, type PolicyProvider } from "../policy/mod.ts";
import type { ArtifactStore, StoreOptions, Subject } from "../stores/mod.ts";
import type { RevocationChecker } from "../trust/mod.ts";
import type { PluginHost } from "../verifiers/mod.ts";
import { Steps } from "./deadline.ts";
import { type FoundImage, type Listing, listReferrers, resolveSubject } from "./find_artifacts.ts";
import { Nesting } from "./nested.ts";
import { type ArtifactOutcomes, ArtifactsVerification } from "./verify_artifacts.ts";

/** One image to verify. */
export interface VerifyRequest {
  /** Where the stores find the image. */
  readonly reference: Reference;
  /** `registry/repository`, which scopes are matched against; empty for an image without a name. */
  readonly repository: string;
  /** The reference as asked, normalised: what reports call the image. */
  readonly name: string;
  /** The namespace whose resources apply; empty for the cluster. */
  readonly scope: string;
  /** Opens the stores to look in, in order. What it throws is the verdict's cause. */
  readonly stores: () => Promise<readonly ArtifactStore[]>;
  /** Look only at attached artifacts of these types; at all when absent. */
  readonly artifactTypes?: readonly string[];
}

/** What a verification may use. */
export interface VerifyContext extends StoreOptions {
  /** The deadline. When it fires the answer goes out with what is known. */
  readonly signal: AbortSignal;
  /** The time as of which to judge. */
  readonly now: Date;
  /** Asks for the revocation of certificates; when absent, none can be asked for. */
  readonly revocation?: RevocationChecker | undefined;
  /** Where verification plugins come from; when absent, there are none. */
  readonly plugins?: PluginHost | undefined;
}

/**
 * Verifies one image: resolve, list what is attached, verify each artifact, decide. The whole
 * request sees the one configuration that it was given.
 *
 * @throws {AssayError} only with the effect `unusable`: the configuration has no store, policy or
 * verifier for the scope, or the reference names no host. Everything else is a verdict.
 */
export async function verifyImage(
  request: VerifyRequest,
  configuration: Configuration,
  context: VerifyContext,
): Promise<ImageReport> {
  return await new ImageVerification(request, configuration, context).run();
}

/** The verification of one image, which can be asked at any moment what it knows by then. */
export class ImageVerification {
  readonly #request: VerifyRequest;
  readonly #configuration: Configuration;
  readonly #components: Components;
  readonly #context: VerifyContext;
  readonly #steps = new Steps();
  #digest: string | undefined;
  #found: { readonly listing: Listing; readonly artifacts: ArtifactsVerification } | undefined;

  /** @throws {AssayError} CONFIG_INVALID when the scope lacks a store, policy or verifier. */
  constructor(request: VerifyRequest, configuration: Configuration, context: VerifyContext) {
    this.#request = request;
    this.#configuration = configuration;
    this.#components = requireComponents(configuration.forScope(request.scope));
    this.#context = context;
  }

  /** Runs to the end, or until the deadline. Throws as {@link verifyImage}. */
  async run(): Promise<ImageReport> {
    const end = new AbortController(); // what is still under way when the answer is known
    const signal = AbortSignal.any([this.#context.signal, end.signal]);
    try {
      await this.#find({ ...this.#context, signal });
      await this.#found?.artifacts.run();
      return this.report;
    } catch (error) {
      end.abort();
      const cause = asAssayError(error, "executor");
      if (cause.effect === "unusable") throw cause;
      return this.#withoutArtifacts(cause);
    }
  }

  /** The report with what is known now: what is not is undecided, and says what it waits for. */
  get report(): ImageReport {
    if (this.#found === undefined) return this.#withoutArtifacts(this.#steps.exceeded());
    const { listing, artifacts } = this.#found;
    const { outcomes } = artifacts;
    const failure = listing.failure ?? artifacts.fault;
    const known = { reference: this.#request.name, digest: this.#digest, ...outcomes };
    if (failure?.effect === "deny") {
      return { ...known, verdict: { verdict: "deny", cause: failure } };
    }
    const decision = this.#components.policy.decide({
      reports: outcomes.artifacts,
      referrers: outcomes.referrers,
      listingComplete: failure === undefined,
    });
    return { ...known, verdict: toVerdict(decision, outcomes, failure) };
  }

  #withoutArtifacts(cause: AssayError): ImageReport {
    const verdict = cause.effect === "deny" ? "deny" : "undecided";
    return {
      reference: this.#request.name,
      digest: this.#digest,
      verdict: { verdict, cause },
      artifacts: [],
      ignored: [],
    };
  }

  async #find(context: VerifyContext): Promise<void> {
    const { name, repository, artifactTypes, scope } = this.#request;
    const { subject, listing } = await this.#findImage(await this.#request.stores(), context);
    this.#digest = subject.descriptor.digest;
    if (listing.failure?.effect === "deny") throw listing.failure;
    const referrers = listing.referrers.filter(({ referrer }) =>
      artifactTypes?.includes(referrer.artifactType) ?? true
    );
    const image = { name, repository };
    const { verifiers, policy } = this.#components;
    const { trust } = this.#configuration;
    const artifacts = new ArtifactsVerification(
      { image, subject, referrers, verifiers, policy, nesting: Nesting.ofImage() },
      { ...context, trust, scope },
    );
    this.#found = { listing, artifacts };
  }

  /**
   * Resolves the image and lists what is attached to it. With a digest both are asked for at once,
   * since a listing needs no more than that; with a tag one after the other.
   */
  async #findImage(
    stores: readonly ArtifactStore[],
    context: VerifyContext,
  ): Promise<{ readonly subject: Subject; readonly listing: Listing }> {
    const { name, reference } = this.#request;
    const resolve = (): Promise<FoundImage> =>
      resolveSubject(name, reference, stores, context, this.#steps);
    const list = (subject: Subject): Promise<Listing> =>
      listReferrers(name, subject, stores, context, this.#steps);
    if (reference.digest === undefined) {
      const { subject } = await resolve();
      this.#digest = subject.descriptor.digest;
      return { subject, listing: await list(subject) };
    }
    const asked = { reference, descriptor: { mediaType: "", digest: reference.digest, size: 0 } };
    const [{ subject }, listing] = await Promise.all([resolve(), list(asked)]);
    return { subject, listing };
  }
}

interface Components {
  readonly policy: PolicyProvider;
  readonly verifiers: ScopeConfiguration["verifiers"];
}

function requireComponents(configuration: ScopeConfiguration): Components {
  const { stores, policy, verifiers, error } = configuration;
  if (error !== undefined) throw error;
  if (stores.length === 0) throw missingComponent("Store");
  if (policy === undefined) throw missingComponent("Policy");
  if (verifiers.length === 0) throw missingComponent("Verifier");
  return { policy, verifiers };
}

/** The error of a scope for which nothing of a kind is configured. */
export function missingComponent(kind: "Store" | "Policy" | "Verifier"): AssayError {
  return new AssayError({
    code: "CONFIG_INVALID",
    component: "executor",
    message: `The configuration has no ${kind} for this request`,
    remedy: `Add a ${kind} resource, cluster-wide or for the namespace of the request.`,
  });
}

function toVerdict(
  decision: Decision,
  outcomes: ArtifactOutcomes,
  failure: AssayError | undefined,
): Verdict {
  switch (decision.decision) {
    case "allow":
      return { verdict: "allow", explanation: decision.explanation };
    case "deny":
      return { verdict: "deny", cause: denial(decision.explanation, outcomes) };
    case "undecided":
      return {
        verdict: "undecided",
        cause: failure ?? decision.cause ?? uncertainty(decision, judgedReports(outcomes)),
      };
  }
}

function denial(explanation: string, outcomes: ArtifactOutcomes): AssayError {
  const { artifacts, ignored } = outcomes;
  if (artifacts.length === 0) {
    const others = ignored.length === 0
      ? "nothing is attached to it"
      : `no verifier accepts the ${ignored.length} attached artifact${
        ignored.length === 1 ? "" : "s"
      }`;
    return new AssayError({
      code: "NO_VERIFIER_REPORT",
      component: "executor",
      message: `The image is not signed: ${others}`,
    });
  }
  const failures = judgedReports(outcomes).filter((report) => report.outcome !== "success");
  const limit = failures.find((report) => report.failure?.reason === "limit_exceeded");
  const told = limit ?? failures[0];
  return new AssayError({
    code: limit === undefined ? "VERIFY_REFERENCE_FAILURE" : "LIMIT_EXCEEDED",
    component: "policyProvider",
    message: `The image does not satisfy the policy: ${explanation}`,
    ...(told === undefined ? {} : { detail: told.message }),
    ...(told?.failure === undefined ? {} : { remedy: told.failure.remedy }),
  });
}

/** The codes of causes that leave a report undecided; others are content that could not be read. */
const UNDECIDED_CODES: Readonly<Partial<Record<ReportFailure["reason"], ErrorCode>>> = {
  "deadline": "DEADLINE_EXCEEDED",
  "defect": "UNKNOWN",
  "nested.listing": "LIST_REFERRERS_FAILURE",
  "authenticity.invalid_trust_store": "KEY_MANAGEMENT_PROVIDER_FAILURE",
  "cosign.key": "KEY_MANAGEMENT_PROVIDER_FAILURE",
  "cosign.trusted_root": "KEY_MANAGEMENT_PROVIDER_FAILURE",
  "cosign.tlog_unavailable": "LOG_UNAVAILABLE",
  "revocation.unavailable": "REVOCATION_UNAVAILABLE",
};

/** The reports that the policy looks at, of all levels where it judges a tree. */
function judgedReports({ artifacts, referrers }: ArtifactOutcomes): readonly ArtifactReport[] {
  return referrers === undefined ? artifacts : allReports(referrers);
}

function uncertainty(
  decision: Decision & { readonly decision: "undecided" },
  reports: readonly ArtifactReport[],
): AssayError {
  const open = reports.filter((report) => report.outcome === "undecided");
  const told = open.find((report) => report.failure?.transient === decision.transient) ?? open[0];
  const reason = told?.failure?.reason;
  return new AssayError({
    code: reason === undefined ? "UNKNOWN" : UNDECIDED_CODES[reason] ?? "GET_BLOB_CONTENT_FAILURE",
    component: "executor",
    message: `Whether the image may run could not be found out: ${decision.explanation}`,
    transient: decision.transient,
    effect: "undecided",
    ...(told === undefined ? {} : { detail: told.message }),
    ...(told?.failure === undefined ? {} : { remedy: told.failure.remedy }),
  });
}
