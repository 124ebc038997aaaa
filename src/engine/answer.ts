import type { AssayError } from "../errors.ts";
import type { Reference, Scope } from "../oci/mod.ts";
import type { ImageReport } from "../report/mod.ts";
import type { Configuration } from "../resources/mod.ts";

/** What one request may use. */
export interface RequestContext {
  readonly configuration: Configuration;
  /** The deadline. */
  readonly signal: AbortSignal;
}

/** Where a verdict came from: worked out for this request, together with others, or remembered. */
export type VerdictSource = "computed" | "shared" | "cached";

/** What every answer about a key has. */
export interface Answer {
  /** The key without line ends. */
  readonly key: string;
  /** The namespace that asks; empty for the cluster. */
  readonly scope: Scope;
  /** Why there is nothing else: an unreadable key, or no configuration for it. */
  readonly error?: AssayError;
  /** Requests that were sent to registries for this answer, those for tokens not counted. */
  readonly upstreamRequests: number;
}

/** The answer about the verification of a key. */
export interface VerifyAnswer extends Answer {
  readonly report?: ImageReport;
  readonly source?: VerdictSource;
}

/** The answer about the digest of a key. */
export interface ResolveAnswer extends Answer {
  readonly reference?: Reference;
  readonly digest?: string;
}
