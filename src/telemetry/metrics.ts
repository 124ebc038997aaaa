import type { ErrorCode, FailureReason } from "../errors.ts";

/** One run of one verifier on one attached artifact. */
export interface VerifierRun {
  readonly verifier: string;
  readonly type: string;
  readonly success: boolean;
  /** Why not; absent when it was a success. Never a text. */
  readonly error?: ErrorCode | FailureReason | "defect" | "deadline" | undefined;
  /** The namespace of the workload; empty for requests that name none. */
  readonly namespace: string;
  readonly durationMs: number;
}

/** The answer for one image. */
export interface VerdictCount {
  readonly verdict: "allow" | "deny" | "undecided";
  /** The code of the cause; absent when it is allow. */
  readonly error?: ErrorCode | undefined;
  readonly namespace: string;
}

/** How the last refresh of a key management provider went. */
export interface KeyProviderState {
  /** Its name, with its namespace before a slash if it has one. */
  readonly provider: string;
  /** When its material was last fetched; undefined if never. */
  readonly fetchedAt: Date | undefined;
  /** Whether its last refresh failed, so that older material is in use, or none. */
  readonly stale: boolean;
}

/** Counts what happens. No method throws, and none is asynchronous but `render`. */
export interface Metrics {
  /** An answered verification request of any number of images. */
  verificationRequest(durationMs: number): void;
  mutationRequest(durationMs: number): void;
  /** A request came in; the function that is returned is called once, when its answer is out. */
  requestStarted(endpoint: "verify" | "mutate"): () => void;
  verdict(count: VerdictCount): void;
  verifierRun(run: VerifierRun): void;
  /** A request that was answered with a system error. */
  systemError(code: ErrorCode): void;
  /** The time of an answer was over. `step` is a kind of step, not a text about one. */
  deadlineExceeded(step: string): void;

  /** One attempt to ask a registry or its token service: the status, or `error` for no answer. */
  registryRequest(host: string, status: number | "error", namespace: string): void;
  /** How many such attempts one verification of an image took. */
  upstreamRequests(count: number): void;
  /** A manifest or blob was asked for: whether it was at hand. */
  blobCache(hit: boolean, namespace: string): void;
  cacheHit(cache: string): void;
  cacheMiss(cache: string): void;
  cacheEviction(cache: string): void;
  /** What a cache holds now; `bytes` where it is bounded by them. */
  cacheSize(cache: string, entries: number, bytes?: number): void;

  /** What was done about the revocation of certificates since the process began, by outcome. */
  revocationTotals(totals: Readonly<Record<string, number>>): void;
  /** A configuration came into force. */
  configurationLoaded(generation: string, at: Date): void;
  /** A configuration was refused; the one before stays in force. */
  configurationRefused(): void;
  /** The end of the validity of the certificate in use. */
  certificateExpiry(certificate: "server" | "server-ca" | "client-ca", notAfter: Date): void;
  /** All providers that there are now. */
  keyProviders(states: readonly KeyProviderState[]): void;

  /** Everything in the text format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const nothing = (): void => {};

/** Counts nothing, for commands and for a service without metrics. */
export const NO_METRICS: Metrics = {
  verificationRequest: nothing,
  mutationRequest: nothing,
  requestStarted: () => nothing,
  verdict: nothing,
  verifierRun: nothing,
  systemError: nothing,
  deadlineExceeded: nothing,
  registryRequest: nothing,
  upstreamRequests: nothing,
  blobCache: nothing,
  cacheHit: nothing,
  cacheMiss: nothing,
  cacheEviction: nothing,
  cacheSize: nothing,
  revocationTotals: nothing,
  configurationLoaded: nothing,
  configurationRefused: nothing,
  certificateExpiry: nothing,
  keyProviders: nothing,
  render: () => Promise.resolve({ contentType: "text/plain; charset=utf-8", body: "" }),
};
