import {
  type Bytes,
  concatBytes,
  encodeBase64,
  encodeUtf8,
  equalBytes,
  hash,
  type PublicKey,
  type SignatureScheme,
  toHex,
} from "../../crypto/mod.ts";
import { formatMoment, isWithin, type TransparencyLog } from "../../trust/mod.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { checkBinding, type LoggedContent } from "./entry_binding.ts";
import { quote, reading, refusal } from "./failure.ts";
import { isAuthentic } from "./known_signatures.ts";
import type { LogEntry } from "./log_entry.ts";
import { leafHash, provesInclusion } from "./merkle.ts";

/** An entry that a trusted log vouches for, and that is about the signature at hand. */
export interface VerifiedEntry {
  readonly log: TransparencyLog;
  readonly logIndex: number;
  /** Kind and version of the entry. */
  readonly kind: string;
  /** Seconds since 1970; undefined when the log has not signed a time. */
  readonly integratedTime: number | undefined;
}

/**
 * Checks the log entries of a signature: each by a trusted log must be vouched for by a promise or a
 * proof with a signed checkpoint (both, where both are there), and be about this signature. Entries
 * of other logs are passed over, but one by a trusted log there must be.
 *
 * @throws {VerificationFailure} `cosign.tlog_missing` or `cosign.tlog_invalid`.
 */
export async function verifyEntries(
  entries: readonly LogEntry[],
  content: LoggedContent,
  logs: readonly TransparencyLog[],
): Promise<VerifiedEntry[]> {
  if (entries.length === 0) {
    throw refusal("cosign.tlog_missing", "No transparency log entry comes with the signature");
  }
  const names = new Set(entries.map(({ logId, logIndex }) => `${logId} ${logIndex}`));
  if (names.size < entries.length) throw invalid("A log entry is there twice");
  const verified: VerifiedEntry[] = [];
  for (const entry of entries) {
    const log = logs.find(({ logId }) => logId === entry.logId);
    if (log !== undefined) verified.push(await verifyEntry(entry, content, log));
  }
  if (verified.length === 0) {
    throw invalid(`No log entry is by a trusted log; the first is by the log ${entries[0]?.logId}`);
  }
  return verified;
}

async function verifyEntry(
  entry: LogEntry,
  content: LoggedContent,
  log: TransparencyLog,
): Promise<VerifiedEntry> {
  const kind = checkBinding(entry, content);
  if (entry.promise === undefined && entry.proof === undefined) {
    throw invalid("The log entry has neither a promise nor a proof of inclusion");
  }
  if (entry.promise !== undefined) await checkPromise(entry, entry.promise, log);
  if (entry.proof !== undefined) await checkProof(entry.body, entry.proof, log);
  if (kind.endsWith(" 0.0.2") && !kind.startsWith("intoto") && !hasOwnPosition(entry)) {
    throw invalid("The log entry is not at the position that its proof is about");
  }
  const integratedTime = entry.promise === undefined ? undefined : entry.integratedTime;
  if (integratedTime !== undefined) checkLogValidity(log, integratedTime);
  return { log, logIndex: entry.logIndex, kind, integratedTime };
}

/** Logs of version 2 have no shards: a position means the same everywhere. */
function hasOwnPosition({ proof, logIndex }: LogEntry): boolean {
  return proof !== undefined && proof.index === logIndex;
}

/** Checks that a log's key was in use at a moment. @throws {VerificationFailure} */
export function checkLogValidity(log: TransparencyLog, moment: number): void {
  if (isWithin(log.validFor, moment)) return;
  throw invalid(
    `The key of the log ${log.baseUrl} was not in use at ${formatMoment(moment)}, the entry's time`,
  );
}

/** The signed entry timestamp: over the canonical JSON (RFC 8785) of four members. */
async function checkPromise(
  { body, integratedTime, logId, logIndex }: LogEntry,
  promise: Bytes,
  log: TransparencyLog,
): Promise<void> {
  const encoded = encodeBase64(body);
  const signed =
    `{"body":"${encoded}","integratedTime":${integratedTime},"logID":"${logId}","logIndex":${logIndex}}`;
  if (!await isSignedByLog(log, promise, encodeUtf8(signed))) {
    throw invalid("The log's promise (signed entry timestamp) does not verify with the log's key");
  }
}

async function checkProof(
  body: Bytes,
  proof: NonNullable<LogEntry["proof"]>,
  log: TransparencyLog,
): Promise<void> {
  if (!provesInclusion(leafHash(body), proof)) {
    throw invalid("The proof of inclusion does not lead from the entry to the root of the log");
  }
  const checkpoint = reading(
    "cosign.tlog_invalid",
    "The checkpoint cannot be read",
    () => parseCheckpoint(proof.checkpoint),
  );
  const { treeSize, rootHash, signatures, signedBytes, origin } = checkpoint;
  if (treeSize !== proof.treeSize || !equalBytes(rootHash, proof.rootHash)) {
    throw invalid("The checkpoint is about another state of the log than the proof");
  }
  for (const { name, keyHint, signature } of signatures) {
    // The log calls itself by the first word of its origin.
    const named = origin === name || origin.startsWith(`${name} - `);
    const right = named && keyHint === log.keyHint && isNamed(log, name);
    if (right && await isSignedByLog(log, signature, signedBytes)) return;
  }
  throw invalid(`The checkpoint of ${quote(origin)} does not verify with the log's key`);
}

/** An Ed25519 key goes with one name, which is in the key's identifier (C2SP signed-note). */
function isNamed({ key, keyHint }: TransparencyLog, name: string): boolean {
  if (key.kind !== "Ed25519" || key.point === undefined) return true;
  const id = hash(
    "SHA-256",
    concatBytes(encodeUtf8(`${name}\n`), new Uint8Array([1]), key.point),
  );
  return toHex(id).startsWith(keyHint);
}

async function isSignedByLog(
  log: TransparencyLog,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  const scheme = logScheme(log.key);
  return scheme !== undefined && await isAuthentic(log.key.spki, scheme, signature, data);
}

/** How a log signs: its key says it, and no other way is allowed. */
function logScheme(key: PublicKey): SignatureScheme | undefined {
  switch (key.kind) {
    case "EC":
      return {
        name: "ECDSA",
        hash: key.curve === "P-521" ? "SHA-512" : key.curve === "P-384" ? "SHA-384" : "SHA-256",
        encoding: "der",
      };
    case "RSA":
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    case "Ed25519":
      return { name: "Ed25519" };
    default:
      return undefined;
  }
}

function invalid(message: string): Error {
  return refusal("cosign.tlog_invalid", message);
}
