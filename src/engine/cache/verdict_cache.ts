import type { ArtifactReport, ImageReport, ReferrerReport } from "../../report/mod.ts";
import { BoundedCache, type CacheOptions } from "./bounded_cache.ts";

const MAX_ENTRIES = 100_000;
/** What a report weighs beside its texts. */
const REPORT_BYTES = 1000;

/** A moment on both clocks, in milliseconds. */
export interface Moment {
  /** The time of day, since 1970: signatures and certificates are judged by it. */
  readonly wall: number;
  /** A clock that only goes forward: what is remembered ages by it. */
  readonly monotonic: number;
}

interface Remembered {
  readonly report: ImageReport;
  /** The times of day between which the verdict holds. */
  readonly asOf: number;
  readonly validUntil: number;
}

/**
 * Verdicts that may be given again. Only *allow* and *deny* are kept: what could not be found out is
 * asked again. A verdict holds until the listing that it was made of is older than `ttl`, and at no time
 * of day before that of its judgement, or past the one at which time alone may change it.
 */
export class VerdictCache {
  readonly #cache: BoundedCache<Remembered>;
  readonly #ttl: number;

  /** @param ttl milliseconds; 0: nothing is kept. */
  constructor(ttl: number, options: Pick<CacheOptions, "maxBytes" | "observe">) {
    this.#ttl = ttl;
    this.#cache = new BoundedCache({ ...options, name: "verdict", maxEntries: MAX_ENTRIES });
  }

  /** For gauges. */
  get cache(): BoundedCache<unknown> {
    return this.#cache;
  }

  /**
   * The verdict on a question about an image, if it holds now.
   *
   * @param question everything that a verdict depends on beside the image's content.
   */
  get(question: string, digest: string, now: Moment): ImageReport | undefined {
    if (this.#ttl === 0) return undefined;
    const found = this.#cache.get(`${question} ${digest}`, now.monotonic);
    if (found === undefined || now.wall < found.asOf || now.wall >= found.validUntil) {
      return undefined;
    }
    return found.report;
  }

  /**
   * Keeps a verdict.
   *
   * @param asOf the moment as of which it was given.
   * @param listedAt when the oldest listing that it was made of was asked for, on the clock that only
   * goes forward.
   */
  put(question: string, report: ImageReport, asOf: Moment, listedAt: number): void {
    const { digest, verdict } = report;
    if (this.#ttl === 0 || digest === undefined || verdict.verdict === "undecided") return;
    const until = Math.min(listedAt, asOf.monotonic) + this.#ttl;
    const remembered = { report, asOf: asOf.wall, validUntil: validUntil(report) };
    this.#cache.set(`${question} ${digest}`, remembered, weightOf(report), until);
  }
}

/** The next time of day at which time alone may change a report, in milliseconds since 1970. */
export function validUntil(report: ImageReport): number {
  const { artifacts, referrers } = report;
  return Math.min(...artifacts.map(endOf), ...(referrers ?? []).map(endOfReferrer), Infinity);
}

function endOfReferrer({ reports, nested }: ReferrerReport): number {
  return Math.min(...reports.map(endOf), ...nested.map(endOfReferrer), Infinity);
}

function endOf(artifact: ArtifactReport): number {
  const own = artifact.validUntil?.getTime() ?? Infinity;
  return (artifact.nested ?? []).reduce((least, nested) => Math.min(least, endOf(nested)), own);
}

function weightOf(report: ImageReport): number {
  const texts = report.artifacts.map(({ message, checks, extensions, nested }) =>
    REPORT_BYTES + 2 * message.length +
    checks.reduce((sum, check) => sum + 100 + 2 * check.detail.length, 0) +
    (extensions === undefined ? 0 : 2 * JSON.stringify(extensions).length) +
    (nested === undefined ? 0 : 2 * JSON.stringify(nested).length)
  );
  const tree = report.referrers === undefined ? 0 : 2 * JSON.stringify(report.referrers).length;
  return texts.reduce(
    (sum, bytes) => sum + bytes,
    REPORT_BYTES + 100 * report.ignored.length + tree,
  );
}
