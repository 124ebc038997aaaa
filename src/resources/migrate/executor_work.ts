import type { Draft } from "./draft.ts";
import type { Scopes } from "./executor_scopes.ts";
import type { Report } from "./finding.ts";
import type { Executor } from "./read_sources.ts";

/** One executor under way. */
export interface Work {
  readonly executor: Executor;
  readonly scopes: Scopes;
  /** What names begin with, so that those of several executors differ. */
  readonly prefix: string;
  readonly report: Report;
  readonly drafts: Draft[];
  /** The verifiers that could not be carried over. */
  readonly lost: string[];
}

/** What a part of an executor is called as a resource. */
export function nameOf(work: Work, name: unknown): string {
  const text = `${work.prefix}${String(name)}`.toLowerCase();
  return text.replace(/[^a-z0-9.-]/g, "-").replace(/^[.-]+|[.-]+$/g, "");
}
