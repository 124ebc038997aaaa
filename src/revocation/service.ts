import type { Certificate } from "../crypto/mod.ts";
import {
  atSigningTime,
  type CrlPair,
  describeFreshnessProblem,
  lookUpCrl,
  type RevocationAnswer,
  type RevocationChecker,
  type RevocationQuestion,
  type RevocationStatus,
} from "../trust/mod.ts";
import { type Resolve, systemResolve } from "./address.ts";
import { downloadCrl, restoreCrl } from "./crl_client.ts";
import { CrlDiskCache } from "./disk_cache.ts";
import { fetchBytes } from "./fetch.ts";
import { Flights } from "./flights.ts";
import { type Found, Keeper, type Source } from "./keeper.ts";
import { askResponders } from "./ocsp_client.ts";
import type { Transport } from "./transport.ts";

/** How a revocation service works. */
export interface RevocationOptions {
  /** Whether this machine itself may be asked. */
  readonly allowLoopback?: boolean;
  /** Where CRLs are kept between runs, asked for each time; nowhere when it says undefined. */
  readonly directory?: () => string | undefined;
  /** How names are looked up; by the system when absent. */
  readonly resolve?: Resolve;
}

/** What a service has done since it was made. */
export interface RevocationCounters {
  /** Requests that were sent, also those that failed. */
  requests: number;
  /** Questions that were answered from what was known. */
  hits: number;
  /** Questions that were answered with what is out of date, because nobody answered. */
  stale: number;
  /** Questions without an answer. */
  unavailable: number;
}

/** The most CRLs that a certificate may name; with more, it has no status. */
const MAX_CRLS_OF_ONE = 8;

/** How often what is used is looked at, in milliseconds. */
const REFRESH_INTERVAL_MS = 15_000;

/**
 * Asks OCSP responders and fetches CRLs, and remembers what they said until it is out of date: in memory,
 * and CRLs on disk where that is asked for. Who asks at the same time shares one request. All work
 * belongs to this object and ends with it.
 */
export class RevocationService implements RevocationChecker, AsyncDisposable {
  readonly counters: RevocationCounters = { requests: 0, hits: 0, stale: 0, unavailable: 0 };
  readonly #options: RevocationOptions;
  readonly #flights = new Flights();
  readonly #end = new AbortController();
  readonly #answers = new Keeper<RevocationAnswer>({
    maxEntries: 10_000,
    maxWeight: Infinity,
    weight: () => 0,
    thisUpdate: ({ thisUpdate }) => thisUpdate,
    nextUpdate: ({ nextUpdate }) => nextUpdate,
    describeProblem: describeAnswerProblem,
  }, this.#flights);
  readonly #crls = new Keeper<CrlPair>({
    maxEntries: 1000,
    maxWeight: 128 * 1024 * 1024,
    weight: ({ base, delta }) => 4 * (base.raw.length + (delta?.raw.length ?? 0)),
    thisUpdate: ({ base, delta }) => (delta ?? base).thisUpdate,
    nextUpdate: endOf,
    describeProblem: describePairProblem,
  }, this.#flights);
  #refreshing: Promise<void> | undefined;

  constructor(options: RevocationOptions = {}) {
    this.#options = options;
  }

  /** See {@link RevocationChecker}: OCSP first, then CRLs where that gave no answer. */
  async check(
    certificate: Certificate,
    issuer: Certificate,
    question: RevocationQuestion,
  ): Promise<RevocationStatus> {
    const { ocspUrls, crlUrls } = certificate;
    let status: RevocationStatus = { kind: "notRevocable" };
    if (ocspUrls.length > 0) status = await this.#askOcsp(certificate, issuer, question);
    const open = status.kind !== "answered" || status.answer.status === "unknown";
    if (open && crlUrls.length > 0) {
      const listed = await this.#askCrls(certificate, issuer, question);
      status = listed.kind === "unavailable" && status.kind === "unavailable"
        ? unavailable(`${status.problem}; and ${listed.problem}`)
        : listed;
    }
    if (status.kind === "unavailable") this.counters.unavailable++;
    if (status.kind === "answered" && status.stale) this.counters.stale++;
    return status;
  }

  async #askOcsp(
    certificate: Certificate,
    issuer: Certificate,
    question: RevocationQuestion,
  ): Promise<RevocationStatus> {
    const transport = this.#transport(question.allowedHosts);
    const found = await this.#find(this.#answers, question, {
      key: `OCSP ${certificate.fingerprint} ${issuer.fingerprint}`,
      fetch: (now, signal) => askResponders(certificate, issuer, now, transport, signal),
    });
    return typeof found === "string"
      ? unavailable(found)
      : settle(atSigningTime(found.value, question.signingTime), found.stale);
  }

  /** All lists must be had; the first that has the certificate decides. */
  async #askCrls(
    certificate: Certificate,
    issuer: Certificate,
    question: RevocationQuestion,
  ): Promise<RevocationStatus> {
    const urls = [...new Set(certificate.crlUrls)];
    if (urls.length > MAX_CRLS_OF_ONE) {
      return unavailable(`the certificate names more than ${MAX_CRLS_OF_ONE} CRLs`);
    }
    const statuses = await Promise.all(
      urls.map((url) => this.#askCrl(url, certificate, issuer, question)),
    );
    const bad =
      statuses.find((each) => each.kind === "answered" && each.answer.status === "revoked") ??
        statuses.find((each) => each.kind === "unavailable");
    const stale = statuses.find((each) => each.kind === "answered" && each.stale);
    return bad ?? stale ?? statuses[0] ?? { kind: "notRevocable" };
  }

  async #askCrl(
    url: string,
    certificate: Certificate,
    issuer: Certificate,
    question: RevocationQuestion,
  ): Promise<RevocationStatus> {
    const transport = this.#transport(question.allowedHosts);
    const directory = this.#options.directory?.();
    const disk = directory === undefined ? undefined : new CrlDiskCache(directory);
    const found = await this.#find(this.#crls, question, {
      key: `CRL ${issuer.fingerprint} ${url}`,
      fetch: (_now, signal) => downloadCrl(url, issuer, transport, signal),
      restore: async () => {
        const kept = await disk?.read(url);
        return kept && await restoreCrl(kept, issuer);
      },
      keep: async (pair) => {
        await disk?.write(url, pair);
      },
    });
    if (typeof found === "string") {
      return unavailable(found.includes(url) ? found : `the CRL of ${url} ${found}`);
    }
    if (certificate.namesFreshestCrl && found.value.delta === undefined) {
      return unavailable(`the certificate asks for a delta CRL, and the CRL of ${url} names none`);
    }
    const answer = lookUpCrl(found.value, certificate, url, question.signingTime);
    return typeof answer === "string"
      ? unavailable(`the CRL of ${url} cannot be used: ${answer}`)
      : settle(answer, found.stale);
  }

  async #find<T extends object>(
    keeper: Keeper<T>,
    question: RevocationQuestion,
    source: Omit<Source<T>, "shareAs">,
  ): Promise<Found<T> | string> {
    const known = keeper.known(source.key, question.now);
    if (known === undefined) {
      // Who may not ask an address must not be what keeps somebody else from it.
      const shareAs = `${source.key} ${JSON.stringify(question.allowedHosts)}`;
      return await keeper.find({ ...source, shareAs }, question);
    }
    this.counters.hits++;
    return { value: known, stale: false };
  }

  #transport(allowedHosts: readonly string[]): Transport {
    const { allowLoopback = false, resolve = systemResolve } = this.#options;
    return (request, signal) => {
      this.counters.requests++;
      return fetchBytes(request, { allowedHosts, allowLoopback, resolve }, signal);
    };
  }

  /** Asks again for what was used and comes to the end of its time. @returns how often it asked. */
  async refresh(now: Date): Promise<number> {
    const { signal } = this.#end;
    return await this.#answers.refresh(now, signal) + await this.#crls.refresh(now, signal);
  }

  /** Keeps what is used fresh from now on, until the object is disposed of. */
  startRefreshing(): void {
    this.#refreshing ??= this.#keepFresh();
  }

  async #keepFresh(): Promise<void> {
    const { signal } = this.#end;
    while (await pause(REFRESH_INTERVAL_MS, signal)) await this.refresh(new Date());
  }

  /** Stops all work and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new DOMException("The service was stopped", "AbortError"));
    await this.#flights[Symbol.asyncDispose]();
    await this.#refreshing;
  }
}

/** Waits. Resolves to false when the signal fired before. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Only good news may be old: a revocation that is out of date decides nothing. */
function settle(answer: RevocationAnswer, stale: boolean): RevocationStatus {
  return stale && answer.status !== "good"
    ? unavailable(`the last answer of ${answer.source} is out of date`)
    : { kind: "answered", answer, stale };
}

function unavailable(problem: string): RevocationStatus {
  return { kind: "unavailable", problem };
}

function describeAnswerProblem(answer: RevocationAnswer, now: Date): string | undefined {
  const problem = describeFreshnessProblem(answer, now);
  return problem && `the OCSP answer of ${answer.source} ${problem}`;
}

/** Until when both lists hold. */
function endOf({ base, delta }: CrlPair): Date {
  const ends = [base.nextUpdate, delta === undefined ? base.nextUpdate : delta.nextUpdate];
  return new Date(Math.min(...ends.map((end) => end?.getTime() ?? 0)));
}

function describePairProblem({ base, delta }: CrlPair, now: Date): string | undefined {
  for (const { thisUpdate, nextUpdate = new Date(0) } of delta ? [base, delta] : [base]) {
    const problem = describeFreshnessProblem({ thisUpdate, nextUpdate }, now);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
