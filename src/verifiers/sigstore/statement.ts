import {
  type Bytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  FormatError,
  type JsonValue,
  parseJson,
} from "../../crypto/mod.ts";
import { asObject } from "./json_members.ts";

/** The payload type of in-toto statements. */
export const IN_TOTO = "application/vnd.in-toto+json";

const STATEMENT_TYPES = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
const MAX_LENGTH = 16 * 1024 * 1024;
const MAX_SUBJECTS = 1024;
const MAX_DIGESTS = 32;

/** An in-toto statement: something said about subjects that are known by their digests. */
export interface Statement {
  readonly predicateType: string;
  /** By subject: hash algorithm → lower-case hex. */
  readonly subjects: readonly Subject[];
  readonly predicate: JsonValue;
}

interface Subject {
  readonly digests: ReadonlyMap<string, string>;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** The bytes that a DSSE signature is over (pre-authentication encoding, DSSE v1). */
export function preAuthenticationEncoding(payloadType: string, payload: Bytes): Bytes {
  const type = encodeUtf8(payloadType);
  return concatBytes(
    encodeUtf8(`DSSEv1 ${type.length} `),
    type,
    encodeUtf8(` ${payload.length} `),
    payload,
  );
}

/** Reads an in-toto statement of version 0.1 or 1. @throws {FormatError} */
export function parseStatement(payload: Bytes): Statement {
  const limits = { maxLength: MAX_LENGTH, maxValues: 1_000_000 };
  const statement = asObject(parseJson(decodeUtf8(payload), limits).value, "the statement");
  const type = statement["_type"];
  if (typeof type !== "string" || !STATEMENT_TYPES.includes(type)) {
    throw invalid("its _type is not that of an in-toto statement");
  }
  const { predicateType, subject, predicate = null } = statement;
  if (typeof predicateType !== "string" || predicateType === "") {
    throw invalid("it has no predicateType");
  }
  if (!Array.isArray(subject) || subject.length === 0 || subject.length > MAX_SUBJECTS) {
    throw invalid(`it does not have 1 to ${MAX_SUBJECTS} subjects`);
  }
  return { predicateType, subjects: subject.map(readSubject), predicate };
}

function readSubject(value: JsonValue): Subject {
  const subject = asObject(value, "a subject");
  const entries = Object.entries(asObject(subject["digest"] ?? null, "the digest of a subject"));
  if (entries.length === 0 || entries.length > MAX_DIGESTS) {
    throw invalid(`a subject does not have 1 to ${MAX_DIGESTS} digests`);
  }
  const digests = new Map<string, string>();
  for (const [algorithm, digest] of entries) {
    if (typeof digest !== "string") throw invalid("a digest of a subject is not a text");
    digests.set(algorithm, digest);
  }
  return { digests, annotations: asObject(subject["annotations"] ?? {}, "the annotations") };
}

/**
 * The subject with this digest.
 *
 * @param digest `algorithm:hex`.
 */
export function findSubject(statement: Statement, digest: string): Subject | undefined {
  const colon = digest.indexOf(":");
  const algorithm = digest.slice(0, colon);
  return statement.subjects.find(({ digests }) =>
    digests.get(algorithm) === digest.slice(colon + 1)
  );
}

function invalid(problem: string): FormatError {
  return new FormatError("in-toto", problem);
}
