import {
  type Bytes,
  type Certificate,
  FormatError,
  parseCertificate,
  parseJson,
  parsePublicKey,
  ProtoMessage,
  type PublicKey,
  toHex,
} from "../crypto/mod.ts";
import { parseTime } from "./rfc3339.ts";

/** From when until when something counts, both ends included; seconds since 1970. */
export interface Period {
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** A transparency log: one of signatures (Rekor), or one of certificates. */
export interface TransparencyLog {
  readonly baseUrl: string;
  /** What entries and checkpoints call the log's key: lower-case hex, of 32 bytes. */
  readonly logId: string;
  /** What signatures of checkpoints call it: lower-case hex of the first four bytes of an identifier. */
  readonly keyHint: string;
  readonly key: PublicKey;
  readonly validFor: Period;
}

/** An authority that issues signing certificates (Fulcio), or one that issues timestamps. */
export interface CertificateAuthority {
  /** The name for messages: subject of the root, or the address. */
  readonly name: string;
  /** The issuing certificate first, the root last. */
  readonly chain: readonly Certificate[];
  readonly validFor: Period;
}

/** Whom a Sigstore deployment trusts: a `trusted_root.json`. */
export interface TrustedRoot {
  readonly transparencyLogs: readonly TransparencyLog[];
  readonly certificateLogs: readonly TransparencyLog[];
  readonly certificateAuthorities: readonly CertificateAuthority[];
  readonly timestampAuthorities: readonly CertificateAuthority[];
}

const MEDIA_TYPES = [
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/** The most characters of a trusted root, and the most logs or authorities of one kind. */
const MAX_LENGTH = 1024 * 1024;
const MAX_ENTRIES = 100;
const MAX_CHAIN = 10;

const LOG = [
  "baseUrl",
  "hashAlgorithm",
  "publicKey",
  "logId",
  "checkpointKeyId",
  "operator",
];
const AUTHORITY = ["subject", "uri", "certChain", "validFor", "operator"];

/**
 * Reads a Sigstore trusted root (protobuf-specs `TrustedRoot`, JSON form). A log's key must have a
 * start of its validity; a log that names another key than the one it has is refused.
 *
 * @throws {FormatError}
 */
export function parseTrustedRoot(text: string): TrustedRoot {
  const { value } = parseJson(text, { maxLength: MAX_LENGTH });
  const root = new ProtoMessage(value, "", [
    "mediaType",
    "tlogs",
    "certificateAuthorities",
    "ctlogs",
    "timestampAuthorities",
  ]);
  const mediaType = root.text("mediaType");
  if (!MEDIA_TYPES.includes(mediaType)) {
    throw invalid(
      `its mediaType is ${JSON.stringify(mediaType.slice(0, 100))}, not ${MEDIA_TYPES[0]}`,
    );
  }
  return {
    transparencyLogs: entries(root, "tlogs", LOG).map(readLog),
    certificateLogs: entries(root, "ctlogs", LOG).map(readLog),
    certificateAuthorities: entries(root, "certificateAuthorities", AUTHORITY).map(readAuthority),
    timestampAuthorities: entries(root, "timestampAuthorities", AUTHORITY).map(readAuthority),
  };
}

function entries(root: ProtoMessage, name: string, fields: readonly string[]): ProtoMessage[] {
  const found = root.messages(name, fields);
  if (found.length > MAX_ENTRIES) throw invalid(`${name} has more than ${MAX_ENTRIES} entries`);
  return found;
}

function readLog(log: ProtoMessage): TransparencyLog {
  const baseUrl = log.text("baseUrl");
  const name = JSON.stringify(baseUrl.slice(0, 200));
  const material = log.message("publicKey", ["rawBytes", "keyDetails", "validFor"]);
  if (material === undefined) throw invalid(`the log ${name} has no public key`);
  const key = readKey(material.bytes("rawBytes"), material.text("keyDetails"));
  const validFor = readPeriod(material);
  if (validFor.start === undefined) {
    throw invalid(`the key of the log ${name} does not say from when it is valid`);
  }
  const keyId = log.message("logId", ["keyId"])?.bytes("keyId");
  const logId = keyId === undefined ? key.fingerprint : toHex(keyId);
  if (logId.length !== 64) throw invalid(`the key id of the log ${name} is not 32 bytes long`);
  const checkpoint = log.message("checkpointKeyId", ["keyId"])?.bytes("keyId");
  const keyHint = (checkpoint === undefined ? logId : toHex(checkpoint)).slice(0, 8);
  if (keyHint.length !== 8) throw invalid(`the checkpoint key id of the log ${name} is too short`);
  return { baseUrl, logId, keyHint, key, validFor };
}

/** Old logs wrote their RSA key as PKCS#1; such a key is kept out of use rather than guessed at. */
function readKey(der: Bytes, details: string): PublicKey {
  if (details.startsWith("PKCS1_")) {
    return {
      spki: der,
      fingerprint: "",
      kind: "other",
      description: `key of the withdrawn form ${details}`,
    };
  }
  return parsePublicKey(der);
}

function readAuthority(authority: ProtoMessage): CertificateAuthority {
  const uri = authority.text("uri");
  const subject = authority.message("subject", ["organization", "commonName"]);
  const name = [subject?.text("commonName"), uri].filter(Boolean).join(" at ");
  const chain = authority.message("certChain", ["certificates"])
    ?.messages("certificates", ["rawBytes"]) ?? [];
  if (chain.length === 0 || chain.length > MAX_CHAIN) {
    throw invalid(
      `the authority ${
        JSON.stringify(name)
      } has ${chain.length} certificates, not 1 to ${MAX_CHAIN}`,
    );
  }
  return {
    name,
    chain: chain.map((certificate) => parseCertificate(certificate.bytes("rawBytes"))),
    validFor: readPeriod(authority),
  };
}

function readPeriod(message: ProtoMessage): Period {
  const period = message.message("validFor", ["start", "end"]);
  const read = (name: "start" | "end"): number | undefined => {
    if (!period?.has(name)) return undefined;
    const moment = parseTime(period.text(name));
    if (moment === undefined) throw invalid(`validFor.${name} is not an RFC 3339 time`);
    return moment;
  };
  return { start: read("start"), end: read("end") };
}

/** Whether a moment (seconds since 1970) lies in a period, both ends included. */
export function isWithin(period: Period, moment: number): boolean {
  return (period.start === undefined || moment >= period.start) &&
    (period.end === undefined || moment <= period.end);
}

function invalid(problem: string): FormatError {
  return new FormatError("protobuf JSON", problem);
}
