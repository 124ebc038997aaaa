import {
  type Bytes,
  type Certificate,
  decodeBase64,
  decodePem,
  decodeUtf8,
  FormatError,
  parseCertificate,
  parseJson,
} from "../../crypto/mod.ts";
import type { Descriptor } from "../../oci/mod.ts";
import {
  type Accompaniment,
  asObject,
  integerMember,
  type LogEntry,
  objectMember,
  quote,
  reading,
  refusal,
  type SignedContent,
  textMember,
} from "../sigstore/mod.ts";

/** The media type of a layer that is a signature's payload. */
const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const PAYLOAD_TYPE = "cosign container image signature";

const SIGNATURE = "dev.cosignproject.cosign/signature";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const CHAIN = "dev.sigstore.cosign/chain";
const BUNDLE = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";

const MAX_CERTIFICATES = 10;

/**
 * Reads one layer of a cosign signature manifest: the payload, and in annotations the signature and
 * what came with it.
 *
 * @throws {VerificationFailure} `cosign.malformed`, or `cosign.tlog_invalid` for the log entry.
 */
export function readLayer(layer: Descriptor, payload: Bytes): SignedContent {
  if (layer.mediaType !== SIMPLE_SIGNING) {
    throw malformed(`The layer is ${quote(layer.mediaType)}, not ${SIMPLE_SIGNING}`);
  }
  const signature = readSignature(layer);
  if (signature === undefined) throw malformed(`The layer has no annotation ${SIGNATURE}`);
  return { signature, data: payload, envelope: undefined, ...readBeside(layer) };
}

/**
 * The signature in the annotations of a layer; undefined when there is none.
 *
 * @throws {VerificationFailure} `cosign.malformed`.
 */
export function readSignature(layer: Descriptor): Bytes | undefined {
  const text = signatureText(layer);
  return text === "" ? undefined : reading(
    "cosign.malformed",
    `The annotation ${SIGNATURE} cannot be read`,
    () => decodeBase64(text),
  );
}

/**
 * What annotations of a layer say beside the signature: certificates, a log entry, a timestamp.
 *
 * @throws {VerificationFailure} `cosign.malformed`, `cosign.tlog_invalid` or `timestamp.malformed`.
 */
export function readBeside(layer: Descriptor): Accompaniment {
  const annotation = (name: string): string => layer.annotations?.[name] ?? "";
  const certificates = reading(
    "cosign.malformed",
    "The certificates of the signature cannot be read",
    () => [
      ...readCertificates(annotation(CERTIFICATE)).slice(0, 1),
      ...readCertificates(annotation(CHAIN)),
    ],
  );
  const bundle = annotation(BUNDLE);
  const entries = bundle === "" ? [] : [reading(
    "cosign.tlog_invalid",
    `The annotation ${BUNDLE} cannot be read`,
    () => readLogEntry(bundle),
  )];
  const timestamp = annotation(TIMESTAMP);
  const timestamps = timestamp === "" ? [] : [reading(
    "timestamp.malformed",
    `The annotation ${TIMESTAMP} cannot be read`,
    () => readTimestamp(timestamp),
  )];
  return {
    certificates: annotation(CERTIFICATE) === "" ? [] : certificates,
    entries,
    timestamps,
    bundled: false,
  };
}

/** The signature of a layer as it is written; empty when it has none. */
export function signatureText(layer: Descriptor): string {
  return layer.annotations?.[SIGNATURE] ?? "";
}

function readCertificates(pem: string): Certificate[] {
  const blocks = decodePem(pem);
  if (blocks.length > MAX_CERTIFICATES) throw new FormatError("PEM", "there are too many blocks");
  return blocks.map(({ label, bytes }) => {
    if (label !== "CERTIFICATE") throw new FormatError("PEM", `a block is a ${label}`);
    return parseCertificate(bytes);
  });
}

/** The offline log entry: `{SignedEntryTimestamp, Payload: {body, integratedTime, logIndex, logID}}`. */
function readLogEntry(text: string): LogEntry {
  const bundle = asObject(parseJson(text).value, "the entry");
  const payload = objectMember(bundle, "Payload");
  return {
    logIndex: integerMember(payload, "logIndex"),
    logId: textMember(payload, "logID"),
    kindVersion: undefined,
    integratedTime: integerMember(payload, "integratedTime"),
    promise: decodeBase64(textMember(bundle, "SignedEntryTimestamp")),
    proof: undefined,
    body: decodeBase64(textMember(payload, "body")),
  };
}

/** `{SignedRFC3161Timestamp}`: a response in base64. */
function readTimestamp(text: string): Bytes {
  return decodeBase64(textMember(asObject(parseJson(text).value, "it"), "SignedRFC3161Timestamp"));
}

/**
 * Checks that a payload in the simple signing form is about this image: its type and digest. The
 * reference in it says where the image was when it was signed, and is not compared.
 *
 * @returns its annotations (`optional`).
 * @throws {VerificationFailure} `cosign.payload_digest_mismatch`.
 */
export function checkPayload(payload: Bytes, digest: string): Readonly<Record<string, unknown>> {
  const problem = "The signed payload is not that of an image signature";
  return reading("cosign.payload_digest_mismatch", problem, () => {
    const claims = asObject(parseJson(decodeUtf8(payload)).value, "it");
    const critical = objectMember(claims, "critical");
    const image = objectMember(critical, "image");
    if (critical["type"] !== PAYLOAD_TYPE) {
      throw mismatch(`${problem}: critical.type is ${show(critical["type"])}`);
    }
    const signed = image["docker-manifest-digest"];
    if (signed !== digest) throw mismatch(`The signature is about ${show(signed)}, not this image`);
    return asObject(claims["optional"] ?? {}, "optional");
  });
}

function show(value: unknown): string {
  return typeof value === "string" ? quote(value) : "missing";
}

function mismatch(message: string): Error {
  return refusal("cosign.payload_digest_mismatch", message);
}

function malformed(message: string): Error {
  return refusal("cosign.malformed", message);
}
