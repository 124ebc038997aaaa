import type { AlgorithmIdentifier } from "../algorithm_identifier.ts";
import type { Bytes } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readChildren,
  readDer,
  readEnumerated,
  readExplicit,
  readOctetString,
  readOid,
  readSmallInteger,
  readTime,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { readInvalidityDate } from "../x509/crl_entries.ts";
import { readExtensions } from "../x509/extensions.ts";
import { type Certificate, parseCertificate } from "../x509/mod.ts";
import { readSigned } from "../x509/signed.ts";
import { type CertificateId, readCertificateId } from "./certificate_id.ts";

/** The most bytes of an answer. */
export const MAX_OCSP_BYTES = 20_480;

const MAX_CERTIFICATES = 8;
const MAX_ANSWERS = 100;

const BASIC = "1.3.6.1.5.5.7.48.1.1";
const INVALIDITY_DATE = "2.5.29.24";

const STATUSES: Readonly<Record<number, string>> = {
  1: "the request was malformed",
  2: "it has an internal error",
  3: "it asks to try later",
  5: "it wants the request to be signed",
  6: "it does not answer for us (unauthorized)",
};

/** An OCSP answer (BasicOCSPResponse, RFC 6960 §4.2), read but not believed. */
export interface OcspResponse {
  /** The bytes that the responder signed. */
  readonly tbs: Bytes;
  /** Who signed: DER of a name, or the SHA-1 of a key. */
  readonly responder:
    | { readonly name: Bytes; readonly keyHash?: never }
    | { readonly keyHash: Bytes; readonly name?: never };
  readonly producedAt: Date;
  readonly answers: readonly OcspAnswer[];
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Bytes;
  readonly certificates: readonly Certificate[];
  /** The first critical extension of the answer as a whole or of a part, none of which is known. */
  readonly critical: string | undefined;
}

/** What is said of one certificate (SingleResponse). */
export interface OcspAnswer {
  readonly certificate: CertificateId;
  readonly status: "good" | "revoked" | "unknown";
  readonly revokedAt: Date | undefined;
  /** CRLReason; undefined when none is given. */
  readonly reason: number | undefined;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly invalidityDate: Date | undefined;
}

/**
 * Reads an OCSPResponse from DER, strictly, with nothing after it.
 *
 * @throws {FormatError} also for an answer that is an error.
 */
export function parseOcspResponse(der: Bytes): OcspResponse {
  const cursor = new DerCursor(
    expectTag(readDer(der, MAX_OCSP_BYTES), TAG.sequence, "an OCSP answer"),
    "an OCSP answer",
  );
  const status = readEnumerated(cursor.take(TAG.enumerated, "status"));
  if (status !== 0) {
    throw new FormatError("OCSP", `the responder says: ${STATUSES[status] ?? `status ${status}`}`);
  }
  const wrapper = cursor.takeContext(0);
  cursor.end();
  if (wrapper === undefined) throw new FormatError("OCSP", "the answer is empty");
  const bytes = new DerCursor(
    expectTag(readExplicit(wrapper), TAG.sequence, "the answer"),
    "the answer",
  );
  const type = readOid(bytes.take(TAG.oid, "type"));
  const { value } = bytes.take(TAG.octetString, "content");
  bytes.end();
  if (type !== BASIC) throw new FormatError("OCSP", `the answer is of the type ${type}`);
  return readBasic(value);
}

function readBasic(der: Bytes): OcspResponse {
  const { tbs, signatureAlgorithm, signature, rest } = readSigned(
    der,
    "a basic answer",
    MAX_OCSP_BYTES,
  );
  const wrapper = rest.takeContext(0);
  rest.end();
  const certificates = wrapper === undefined
    ? []
    : readChildren(expectTag(readExplicit(wrapper), TAG.sequence, "the certificates"));
  if (certificates.length > MAX_CERTIFICATES) {
    throw new FormatError("OCSP", "there are too many certificates");
  }
  return {
    tbs: tbs.raw,
    ...readSignedPart(tbs),
    signatureAlgorithm,
    signature,
    certificates: certificates.map(({ raw }) => parseCertificate(raw)),
  };
}

function readSignedPart(
  tbs: DerNode,
): Pick<OcspResponse, "responder" | "producedAt" | "answers" | "critical"> {
  const cursor = new DerCursor(tbs, "the signed part of an answer");
  const version = cursor.takeContext(0);
  if (version !== undefined) {
    readSmallInteger(expectTag(readExplicit(version), TAG.integer, "the version"));
    throw new FormatError("OCSP", "the version is not 1, which DER leaves out");
  }
  const responder = readResponder(cursor.takeContext(1), cursor.takeContext(2));
  const producedAt = readTime(cursor.take(TAG.generalizedTime, "time"));
  const singles = readChildren(cursor.take(TAG.sequence, "answers"));
  const wrapper = cursor.takeContext(1);
  cursor.end();
  if (singles.length > MAX_ANSWERS) throw new FormatError("OCSP", "there are too many answers");
  const answers = singles.map(readAnswer);
  const extensions = wrapper === undefined ? [] : readExtensions(readExplicit(wrapper));
  return {
    responder,
    producedAt,
    answers: answers.map(({ answer }) => answer),
    critical: extensions.find(({ critical }) => critical)?.oid ??
      answers.find(({ critical }) => critical !== undefined)?.critical,
  };
}

function readResponder(
  name: DerNode | undefined,
  key: DerNode | undefined,
): OcspResponse["responder"] {
  if (name !== undefined && key === undefined) {
    return { name: expectTag(readExplicit(name), TAG.sequence, "the responder's name").raw };
  }
  if (key !== undefined && name === undefined) {
    return { keyHash: readOctetString(readExplicit(key)) };
  }
  throw new FormatError("OCSP", "the answer does not name its responder");
}

function readAnswer(
  node: DerNode,
): { readonly answer: OcspAnswer; readonly critical: string | undefined } {
  const cursor = new DerCursor(expectTag(node, TAG.sequence, "an answer"), "an answer");
  const certificate = readCertificateId(cursor.take(TAG.sequence, "certificate"));
  const status = readStatus(cursor.takeAny());
  const thisUpdate = readTime(cursor.take(TAG.generalizedTime, "time of this update"));
  const next = cursor.takeContext(0);
  const wrapper = cursor.takeContext(1);
  cursor.end();
  const extensions = wrapper === undefined ? [] : readExtensions(readExplicit(wrapper));
  const invalidity = extensions.find(({ oid }) => oid === INVALIDITY_DATE);
  const nextUpdate = next && readTime(expectTag(readExplicit(next), TAG.generalizedTime, "a time"));
  return {
    answer: {
      certificate,
      ...status,
      thisUpdate,
      nextUpdate,
      invalidityDate: invalidity && readInvalidityDate(invalidity.value),
    },
    critical: extensions.find(({ critical }) => critical)?.oid,
  };
}

/** CertStatus: good [0], revoked [1], unknown [2]; two of them are an implicit NULL. */
function readStatus(
  node: DerNode | undefined,
): Pick<OcspAnswer, "status" | "revokedAt" | "reason"> {
  if (node?.tagClass !== "context") throw new FormatError("OCSP", "an answer has no status");
  if ((node.tag === 0 || node.tag === 2) && !node.constructed && node.value.length === 0) {
    return { status: node.tag === 0 ? "good" : "unknown", revokedAt: undefined, reason: undefined };
  }
  if (node.tag !== 1) throw new FormatError("OCSP", "the status of an answer is not a known one");
  const cursor = new DerCursor(node, "a revocation");
  const revokedAt = readTime(cursor.take(TAG.generalizedTime, "time"));
  const reason = cursor.takeContext(0);
  cursor.end();
  return {
    status: "revoked",
    revokedAt,
    reason: reason && readEnumerated(readExplicit(reason)),
  };
}
