import {
  type Bytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodePem,
  encodeUtf8,
  FormatError,
  hash,
  type HashName,
  type JsonObject,
  parseJson,
  toHex,
} from "../../crypto/mod.ts";
import type { TransparencyLog } from "../../trust/mod.ts";
import type { LoggedContent } from "./entry_binding.ts";
import { reading, refusal } from "./failure.ts";
import { asObject, integerMember, objectMember, textMember } from "./json_members.ts";
import type { LogEntry } from "./log_entry.ts";
import { leafHash, MAX_PROOF_HASHES } from "./merkle.ts";
import { type VerifiedEntry, verifyEntries } from "./transparency_log.ts";

/** The most entries of an answer that are looked at. */
const MAX_ENTRIES = 10;

const ALGORITHMS: Readonly<Record<HashName, string>> = {
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** Asks a log; what it answers is not believed. */
export type LogLookup = (question: Bytes) => Promise<Bytes>;

/**
 * The earliest entry that a log has of a signature, of those that prove themselves.
 *
 * @throws {VerificationFailure} `cosign.tlog_missing`, or why none of the log's entries is right.
 */
export async function lookUp(
  lookup: LogLookup,
  content: LoggedContent,
  hash: HashName,
  logs: readonly TransparencyLog[],
): Promise<VerifiedEntry[]> {
  const found = readAnswer(await lookup(lookupQuestion(content, hash)));
  if (found.length === 0) {
    throw refusal("cosign.tlog_missing", "The transparency log has no entry for the signature");
  }
  let first: unknown;
  const right: VerifiedEntry[] = [];
  for (const entry of found) {
    try {
      right.push(...await verifyEntries([entry], content, logs));
    } catch (error) {
      first ??= error;
    }
  }
  const time = ({ integratedTime = Infinity }: VerifiedEntry): number => integratedTime;
  const [earliest] = right.toSorted((a, b) => time(a) - time(b));
  if (earliest === undefined) throw first;
  return [earliest];
}

/**
 * What to ask a Rekor v1 log for the entries of a signature: `POST /api/v1/log/entries/retrieve`.
 *
 * @param algorithm the hash that the signature was made with.
 * @throws {VerificationFailure} `cosign.tlog_missing` when only the hash of the data is known.
 */
function lookupQuestion(content: LoggedContent, algorithm: HashName): Bytes {
  const { data, signature, signer } = content;
  if ("sha256" in data) {
    throw refusal("cosign.tlog_missing", "A log can only be asked with the data at hand");
  }
  const pem = "spki" in signer
    ? encodePem("PUBLIC KEY", signer.spki)
    : encodePem("CERTIFICATE", signer.raw);
  const value = toHex(hash(algorithm, data));
  const spec = {
    data: { hash: { algorithm: ALGORITHMS[algorithm], value } },
    signature: {
      content: encodeBase64(signature),
      publicKey: { content: encodeBase64(encodeUtf8(pem)) },
    },
  };
  const entry = { apiVersion: "0.0.1", kind: "hashedrekord", spec };
  return encodeUtf8(JSON.stringify({ entries: [entry] }));
}

/**
 * Reads the answer: a list of objects, each with entries by their identifiers. An entry must be the
 * one that its identifier names, and come with a promise and a proof; whether those are right is
 * checked like everything that comes with a signature.
 *
 * @throws {VerificationFailure} `cosign.tlog_invalid`.
 */
function readAnswer(answer: Bytes): LogEntry[] {
  return reading("cosign.tlog_invalid", "The answer of the log cannot be read", () => {
    const { value } = parseJson(decodeUtf8(answer));
    if (!Array.isArray(value)) throw new FormatError("JSON", "it is not a list");
    const entries = value.flatMap((one) => Object.entries(asObject(one, "an entry")));
    return entries.slice(0, MAX_ENTRIES).map(([id, entry]) => readEntry(id, asObject(entry, id)));
  });
}

function readEntry(id: string, entry: JsonObject): LogEntry {
  const body = decodeBase64(textMember(entry, "body"));
  // 64 digits name the entry; 16 before them, where there are any, the tree it is in.
  if (!/^(?:[0-9a-f]{16})?[0-9a-f]{64}$/.test(id) || toHex(leafHash(body)) !== id.slice(-64)) {
    throw new FormatError("JSON", "an entry is not the one that its identifier names");
  }
  const verification = objectMember(entry, "verification");
  const proof = objectMember(verification, "inclusionProof");
  const { hashes } = proof;
  if (!Array.isArray(hashes) || hashes.length > MAX_PROOF_HASHES) {
    throw new FormatError("JSON", "hashes is not a list, or too long");
  }
  return {
    logIndex: integerMember(entry, "logIndex"),
    logId: textMember(entry, "logID"),
    kindVersion: undefined,
    integratedTime: integerMember(entry, "integratedTime"),
    promise: decodeBase64(textMember(verification, "signedEntryTimestamp")),
    proof: {
      index: integerMember(proof, "logIndex"),
      treeSize: integerMember(proof, "treeSize"),
      rootHash: fromHex(textMember(proof, "rootHash")),
      hashes: hashes.map((one) => fromHex(typeof one === "string" ? one : "")),
      checkpoint: textMember(proof, "checkpoint"),
    },
    body,
  };
}

function fromHex(digits: string): Bytes {
  if (!/^(?:[0-9a-f]{2})+$/.test(digits)) {
    throw new FormatError("JSON", "a hash is not hexadecimal");
  }
  return new Uint8Array((digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
}
