import type { Bytes } from "../../crypto/mod.ts";
import type { InclusionProof } from "./merkle.ts";

/** An entry of a signature transparency log as it comes with a signature, read but not believed. */
export interface LogEntry {
  /** The entry's position in all of the log. */
  readonly logIndex: number;
  /** The log's key: lower-case hex. */
  readonly logId: string;
  /** What the bundle says the entry is; undefined where only the body says it. */
  readonly kindVersion: { readonly kind: string; readonly version: string } | undefined;
  /** When it was integrated, in seconds since 1970; 0 when unknown. Counts only with a promise. */
  readonly integratedTime: number;
  /** The signed entry timestamp: a promise that the log holds the entry. */
  readonly promise: Bytes | undefined;
  /** The proof that it does, and the text of the checkpoint that the proof leads to. */
  readonly proof: (InclusionProof & { readonly checkpoint: string }) | undefined;
  /** The entry itself: canonical JSON. */
  readonly body: Bytes;
}
