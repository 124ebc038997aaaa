import { AssayError } from "../errors.ts";
import type { ArtifactReport, ImageReport, ReferrerReport, Verdict } from "../report/mod.ts";
import type { ImageVerification } from "./verify_image.ts";

/** The verification of an image under the resources of one scope. */
export interface ScopedVerification {
  /** The namespace whose resources apply; empty for the cluster. */
  readonly scope: string;
  readonly verification: Pick<ImageVerification, "run" | "report">;
  /** Is told the outcome. Must not throw. */
  readonly done?: ((report: ImageReport) => void) | undefined;
}

interface ScopedReport {
  readonly scope: string;
  readonly report: ImageReport;
}

/**
 * Verifies an image under the resources of every scope that has to be satisfied (see
 * `Configuration.scopesOf`). Where there are several, all must allow it.
 */
export class JointVerification {
  readonly #parts: readonly ScopedVerification[];

  constructor(parts: readonly ScopedVerification[]) {
    this.#parts = parts;
  }

  /** Runs all to the end, or until the deadline. Throws as `verifyImage`, the scope named first before others. */
  async run(): Promise<ImageReport> {
    const settled = await Promise.allSettled(
      this.#parts.map(async ({ scope, verification, done }) => {
        const report = await verification.run();
        done?.(report);
        return { scope, report };
      }),
    );
    return combineReports(settled.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    }));
  }

  /** The report with what is known now. */
  get report(): ImageReport {
    return combineReports(
      this.#parts.map(({ scope, verification }) => ({ scope, report: verification.report })),
    );
  }
}

/**
 * What reports of one image under several scopes say together: deny if one denies, else undecided if one
 * is, else allow. A single one is what it is.
 */
export function combineReports(parts: readonly ScopedReport[]): ImageReport {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error("an image is verified under one scope at least");
  if (others.length === 0) return first.report;
  const digests = new Set(
    parts.map(({ report }) => report.digest).filter((digest) => digest !== undefined),
  );
  const artifacts = parts.flatMap(({ scope, report }) =>
    report.artifacts.map((artifact) => withOrigin(artifact, scope))
  );
  const accepted = new Set(artifacts.map(({ referenceDigest }) => referenceDigest));
  const ignored = new Map(
    parts.flatMap(({ report }) => report.ignored).filter(({ digest }) => !accepted.has(digest))
      .map((one) => [one.digest, one]),
  );
  const isTree = parts.some(({ report }) => report.referrers !== undefined);
  return {
    reference: first.report.reference,
    digest: [...digests][0],
    verdict: combineVerdicts(parts, [...digests]),
    artifacts,
    ignored: [...ignored.values()],
    ...(isTree ? { referrers: parts.flatMap(treeOf) } : {}),
  };
}

/** What the resources of a scope are called. */
function originOf(scope: string): string {
  return scope === "" ? "cluster" : `namespace ${scope}`;
}

function withOrigin(artifact: ArtifactReport, scope: string): ArtifactReport {
  return { ...artifact, origin: originOf(scope) };
}

function combineVerdicts(parts: readonly ScopedReport[], digests: readonly string[]): Verdict {
  const explanation = parts.map(({ scope, report: { verdict } }) =>
    verdict.verdict === "allow"
      ? `${originOf(scope)}: allowed: ${verdict.explanation}`
      : `${originOf(scope)}: ${
        verdict.verdict === "deny" ? "denied" : "undecided"
      }: ${verdict.cause.message}`
  ).join("; ");
  const verdicts = parts.map(({ report }) => report.verdict);
  const decisive = verdicts.find(({ verdict }) => verdict === "deny") ??
    // What will not pass by itself is told before what may.
    verdicts.find((one) => one.verdict === "undecided" && !one.cause.transient) ??
    verdicts.find(({ verdict }) => verdict === "undecided");
  if (decisive !== undefined && decisive.verdict !== "allow") {
    const { verdict, cause } = decisive;
    const { code, component, detail, remedy, effect, transient } = cause;
    const more = detail === undefined ? {} : { detail };
    const message = explanation;
    return {
      verdict,
      cause: new AssayError({
        ...{ code, component, message, remedy, effect, transient, cause },
        ...more,
      }),
    };
  }
  if (digests.length < 2) return { verdict: "allow", explanation };
  return {
    verdict: "undecided",
    cause: new AssayError({
      code: "GET_SUBJECT_DESCRIPTOR_FAILURE",
      component: "executor",
      message: "The stores of the cluster and of the namespace have different images of this name",
      detail: digests.join(", "),
      remedy: "Name the image by digest, or ask again when the stores agree.",
      effect: "undecided",
      transient: true,
    }),
  };
}

/** Everything attached, also where the policy of a scope judges no tree. */
function treeOf({ scope, report }: ScopedReport): readonly ReferrerReport[] {
  if (report.referrers !== undefined) {
    return report.referrers.map((referrer) => withOriginBelow(referrer, scope));
  }
  const byDigest = Map.groupBy(report.artifacts, ({ referenceDigest }) => referenceDigest);
  return [...byDigest].map(([referenceDigest, reports]) => ({
    subject: report.reference,
    referenceDigest,
    artifactType: reports[0]?.artifactType ?? "",
    reports: reports.map((artifact) => withOrigin(artifact, scope)),
    nested: [],
  }));
}

function withOriginBelow(referrer: ReferrerReport, scope: string): ReferrerReport {
  return {
    ...referrer,
    reports: referrer.reports.map((artifact) => withOrigin(artifact, scope)),
    nested: referrer.nested.map((nested) => withOriginBelow(nested, scope)),
  };
}
