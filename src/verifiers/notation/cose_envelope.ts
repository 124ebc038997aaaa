import { type Bytes, type CborValue, parseCoseSign1 } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { fromCoseNumber } from "./algorithm.ts";
import {
  checkSignedAttributes,
  type Envelope,
  type Label,
  type SignedAttributes,
} from "./envelope.ts";
import {
  AUTHENTIC_SIGNING_TIME,
  EXPIRY,
  SIGNING_AGENT,
  SIGNING_SCHEME,
  SIGNING_TIME,
  TIMESTAMP_SIGNATURE,
} from "./headers.ts";
import { reading } from "./reading.ts";

/** Header parameters of RFC 9052 §3.1 and RFC 9360 §2. */
const ALG = 1;
const CRIT = 2;
const CONTENT_TYPE = 3;
const X5CHAIN = 33;

/** The CBOR tag of a time in seconds since 1970 (RFC 8949 §3.4.2). */
const EPOCH_TIME = 1n;

const STANDARD: readonly Label[] = [
  ALG,
  CRIT,
  CONTENT_TYPE,
  SIGNING_SCHEME,
  SIGNING_TIME,
  AUTHENTIC_SIGNING_TIME,
  EXPIRY,
];

type Headers = ReadonlyMap<Label, CborValue>;

/**
 * Reads a signature envelope in COSE_Sign1, as the Notary Project signature specification profiles
 * it ("COSE Signature Envelope").
 *
 * @throws {VerificationFailure} `integrity.*`.
 */
export function readCoseEnvelope(bytes: Bytes): Envelope {
  const cose = reading(
    "integrity.parse",
    "The signature is not a COSE envelope that can be read",
    () => parseCoseSign1(bytes),
  );
  const header = cose.protectedHeader;
  const alg = header.get(ALG);
  const attributes: SignedAttributes = {
    contentType: text(header.get(CONTENT_TYPE)),
    critical: labels(header.get(CRIT)),
    scheme: header.get(SIGNING_SCHEME),
    signingTime: time(header, SIGNING_TIME),
    authenticSigningTime: time(header, AUTHENTIC_SIGNING_TIME),
    expiry: time(header, EXPIRY),
    extended: new Map([...header].filter(([label]) => !STANDARD.includes(label))),
  };
  return {
    format: "COSE",
    algorithm: fromCoseNumber(alg),
    algorithmText: typeof alg === "number" || typeof alg === "bigint" || typeof alg === "string"
      ? String(alg).slice(0, 100)
      : "none",
    payload: cose.payload,
    signature: cose.signature,
    signedBytes: cose.toBeSigned,
    ...checkSignedAttributes(attributes),
    chain: certificates(cose.unprotectedHeader.get(X5CHAIN)),
    timestamp: timestamp(cose.unprotectedHeader.get(TIMESTAMP_SIGNATURE)),
    signingAgent: text(cose.unprotectedHeader.get(SIGNING_AGENT)),
  };
}

function text(value: CborValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function labels(value: CborValue | undefined): Label[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: Label[] = [];
  for (const entry of value) {
    if (typeof entry !== "string" && typeof entry !== "number" && typeof entry !== "bigint") {
      return undefined;
    }
    all.push(entry);
  }
  return all;
}

/** Only tag 1 over an integer or a finite float is a time; a bare number or a text date is not. */
function time(header: Headers, label: string): number | "invalid" | undefined {
  const value = header.get(label);
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || !("tag" in value)) return "invalid";
  if (BigInt(value.tag) !== EPOCH_TIME) return "invalid";
  const moment = secondsOf(value.value);
  return Number.isFinite(moment) ? moment : "invalid";
}

function secondsOf(value: CborValue): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  return typeof value === "object" && value !== null && "float" in value ? value.float : NaN;
}

/** The single byte string that RFC 9360 allows for one certificate is not allowed here. */
function certificates(value: CborValue | undefined): Bytes[] {
  if (Array.isArray(value) && value.length > 0) {
    const all = value.filter((entry): entry is Bytes => entry instanceof Uint8Array);
    if (all.length === value.length) return all;
  }
  throw new VerificationFailure({
    reason: "integrity.chain",
    message: "The signature carries no certificate chain (x5chain as an array of byte strings)",
  });
}

function timestamp(value: CborValue | undefined): Bytes | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : value;
  throw new VerificationFailure({
    reason: "integrity.parse",
    message: `The unsigned attribute ${TIMESTAMP_SIGNATURE} is not a byte string`,
  });
}
