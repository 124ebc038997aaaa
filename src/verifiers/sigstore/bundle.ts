import {
  type Bytes,
  decodeUtf8,
  FormatError,
  parseJson,
  ProtoMessage,
  toHex,
} from "../../crypto/mod.ts";
import { type Envelope, ENVELOPE_FIELDS, readEnvelope } from "./dsse_envelope.ts";
import type { LogEntry } from "./log_entry.ts";
import { MAX_PROOF_HASHES } from "./merkle.ts";

/** The most bytes of a bundle: 16 MiB, since an attestation may hold a large predicate. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/** The most log entries, timestamps and certificates of one bundle. */
const MAX_PARTS = 32;

/** What a bundle is a signature of. */
export type BundleContent =
  | {
    readonly kind: "message";
    readonly digest: MessageDigest | undefined;
    readonly signature: Bytes;
  }
  | ({ readonly kind: "dsse" } & Envelope);

/** The digest that a bundle names for the message that was signed. */
export interface MessageDigest {
  readonly algorithm: string;
  readonly digest: Bytes;
}

/** A Sigstore bundle (protobuf-specs `Bundle`, JSON form), read but not believed. */
export interface Bundle {
  readonly version: BundleVersion;
  readonly content: BundleContent;
  /** Certificates, the signer's first; or the hint for a key that the verifier must know. */
  readonly material:
    | { readonly kind: "certificate"; readonly certificates: readonly Bytes[] }
    | { readonly kind: "key"; readonly hint: string };
  readonly entries: readonly LogEntry[];
  /** RFC 3161 responses, DER. */
  readonly timestamps: readonly Bytes[];
}

/** The versions of the format that there are. */
export type BundleVersion = "0.1" | "0.2" | "0.3";

/** The version that a media type stands for; undefined when it is none of a bundle that is known. */
export function bundleVersion(mediaType: string): BundleVersion | undefined {
  const match =
    /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=(0\.[123])|\.v(0\.[123])(?:\.0)?\+json)$/
      .exec(mediaType);
  return (match?.[1] ?? match?.[2]) as BundleVersion | undefined;
}

const MATERIAL = [
  "publicKey",
  "x509CertificateChain",
  "certificate",
  "tlogEntries",
  "timestampVerificationData",
];
const ENTRY = [
  "logIndex",
  "logId",
  "kindVersion",
  "integratedTime",
  "inclusionPromise",
  "inclusionProof",
  "canonicalizedBody",
];

/**
 * Reads a bundle of version 0.1, 0.2 or 0.3, and holds it to the rules of its version: a log entry
 * has a promise in 0.1, a proof in the others; a chain of certificates is not in 0.3.
 *
 * @throws {FormatError}
 */
export function parseBundle(bytes: Bytes): Bundle {
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw invalid(`it has more than ${MAX_BUNDLE_BYTES} bytes`);
  }
  const { value } = parseJson(decodeUtf8(bytes), { maxLength: MAX_BUNDLE_BYTES });
  const bundle = new ProtoMessage(value, "", [
    "mediaType",
    "verificationMaterial",
    "messageSignature",
    "dsseEnvelope",
  ]);
  const mediaType = bundle.text("mediaType");
  const version = bundleVersion(mediaType);
  if (version === undefined) {
    throw invalid(
      `its mediaType ${JSON.stringify(mediaType.slice(0, 100))} is not one of a bundle`,
    );
  }
  const material = bundle.message("verificationMaterial", MATERIAL);
  if (material === undefined) throw invalid("it has no verificationMaterial");
  const entries = material.messages("tlogEntries", ENTRY);
  const timestamps = material.message("timestampVerificationData", ["rfc3161Timestamps"])
    ?.messages("rfc3161Timestamps", ["signedTimestamp"]) ?? [];
  if (entries.length > MAX_PARTS || timestamps.length > MAX_PARTS) {
    throw invalid(`it has more than ${MAX_PARTS} log entries or timestamps`);
  }
  return {
    version,
    content: readContent(bundle),
    material: readMaterial(material, version),
    entries: entries.map((entry) => readEntry(entry, version)),
    timestamps: timestamps.map((timestamp) => timestamp.bytes("signedTimestamp")),
  };
}

function readContent(bundle: ProtoMessage): BundleContent {
  const message = bundle.message("messageSignature", ["messageDigest", "signature"]);
  const envelope = bundle.message("dsseEnvelope", ENVELOPE_FIELDS);
  if ((message === undefined) === (envelope === undefined)) {
    throw invalid("it does not have exactly one of messageSignature and dsseEnvelope");
  }
  if (message !== undefined) {
    const digest = message.message("messageDigest", ["algorithm", "digest"]);
    return {
      kind: "message",
      digest: digest && { algorithm: digest.text("algorithm"), digest: digest.bytes("digest") },
      signature: required(message.bytes("signature"), "messageSignature.signature"),
    };
  }
  if (envelope === undefined) throw invalid("it has no content");
  return { kind: "dsse", ...readEnvelope(envelope) };
}

function readMaterial(material: ProtoMessage, version: BundleVersion): Bundle["material"] {
  const forms = ["publicKey", "x509CertificateChain", "certificate"].filter((name) =>
    material.has(name)
  );
  if (forms.length !== 1) {
    throw invalid(
      "it does not have exactly one of publicKey, x509CertificateChain and certificate",
    );
  }
  const key = material.message("publicKey", ["hint"]);
  if (key !== undefined) return { kind: "key", hint: key.text("hint") };
  const single = material.message("certificate", ["rawBytes"]);
  if (single !== undefined) {
    const certificate = required(single.bytes("rawBytes"), "certificate.rawBytes");
    return { kind: "certificate", certificates: [certificate] };
  }
  if (version === "0.3") throw invalid("a bundle of version 0.3 has no x509CertificateChain");
  const chain = material.message("x509CertificateChain", ["certificates"])
    ?.messages("certificates", ["rawBytes"]) ?? [];
  if (chain.length === 0 || chain.length > MAX_PARTS) {
    throw invalid(`its chain has ${chain.length} certificates, not 1 to ${MAX_PARTS}`);
  }
  return {
    kind: "certificate",
    certificates: chain.map((each) => required(each.bytes("rawBytes"), "a certificate")),
  };
}

function readEntry(entry: ProtoMessage, version: BundleVersion): LogEntry {
  const kindVersion = entry.message("kindVersion", ["kind", "version"]);
  const promise = entry.message("inclusionPromise", ["signedEntryTimestamp"]);
  const proof = readProof(entry);
  if (version === "0.1" ? promise === undefined : proof === undefined) {
    const missing = version === "0.1" ? "inclusionPromise" : "inclusionProof";
    throw invalid(`a log entry has no ${missing}, which version ${version} requires`);
  }
  return {
    logIndex: entry.integer("logIndex"),
    logId: toHex(entry.message("logId", ["keyId"])?.bytes("keyId") ?? new Uint8Array()),
    kindVersion: kindVersion &&
      { kind: kindVersion.text("kind"), version: kindVersion.text("version") },
    integratedTime: entry.integer("integratedTime"),
    promise: promise && required(promise.bytes("signedEntryTimestamp"), "signedEntryTimestamp"),
    proof,
    body: required(entry.bytes("canonicalizedBody"), "canonicalizedBody"),
  };
}

function readProof(entry: ProtoMessage): LogEntry["proof"] {
  const proof = entry.message("inclusionProof", [
    "logIndex",
    "rootHash",
    "treeSize",
    "hashes",
    "checkpoint",
  ]);
  if (proof === undefined) return undefined;
  const hashes = proof.byteLists("hashes");
  if (hashes.length > MAX_PROOF_HASHES) throw invalid("a proof has too many hashes");
  return {
    index: proof.integer("logIndex"),
    treeSize: proof.integer("treeSize"),
    hashes,
    rootHash: proof.bytes("rootHash"),
    checkpoint: proof.message("checkpoint", ["envelope"])?.text("envelope") ?? "",
  };
}

function required(bytes: Bytes, what: string): Bytes {
  if (bytes.length === 0) throw invalid(`${what} is empty`);
  return bytes;
}

function invalid(problem: string): FormatError {
  return new FormatError("protobuf JSON", problem);
}
