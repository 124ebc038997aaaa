import {
  type Bytes,
  type Certificate,
  decodeBase64,
  decodePem,
  decodeUtf8,
  equalBytes,
  FormatError,
  hash,
  type HashName,
  type JsonObject,
  parseJson,
  type PublicKey,
  toHex,
  wrapRsaPublicKey,
} from "../../crypto/mod.ts";
import { quote, reading, refusal } from "./failure.ts";
import { asObject, objectMember, textMember } from "./json_members.ts";
import type { LogEntry } from "./log_entry.ts";
import type { Hashed } from "./signature_schemes.ts";

/** What a log entry must be about. */
export interface LoggedContent {
  /** The signature as bytes. */
  readonly signature: Bytes;
  /** The bytes that the signature is over, or their hash. */
  readonly data: Bytes | Hashed;
  /** The payload of a DSSE envelope; undefined for other signatures. */
  readonly envelope: { readonly payload: Bytes; readonly payloadType: string } | undefined;
  /** The key, or the certificate, that the signature verifies with. */
  readonly signer: PublicKey | Certificate;
}

const HASHES: ReadonlyMap<unknown, HashName> = new Map([
  ["sha256", "SHA-256"],
  ["sha384", "SHA-384"],
  ["sha512", "SHA-512"],
  ["SHA2_256", "SHA-256"],
  ["SHA2_384", "SHA-384"],
  ["SHA2_512", "SHA-512"],
]);

type Binding = (spec: JsonObject, content: LoggedContent) => void;

/** The kinds of entries that bind signature, key and content, by kind and version. */
const BINDINGS: Readonly<Record<string, Binding>> = {
  "hashedrekord 0.0.1": bindHashedRekord,
  "dsse 0.0.1": bindDsse,
  "intoto 0.0.2": bindIntoto,
  "hashedrekord 0.0.2": (spec, content) =>
    bindHashedRekordV2(objectMember(spec, "hashedRekordV002"), content),
  "dsse 0.0.2": (spec, content) => bindDsseV2(objectMember(spec, "dsseV002"), content),
};

/**
 * Checks that a log entry is about this signature, by this key, over this content: an entry that is
 * genuine but about something else proves nothing.
 *
 * @returns kind and version of the entry.
 * @throws {VerificationFailure} `cosign.tlog_invalid`.
 */
export function checkBinding(entry: LogEntry, content: LoggedContent): string {
  return reading("cosign.tlog_invalid", "The log entry cannot be read", () => {
    const body = asObject(parseJson(decodeUtf8(entry.body)).value, "the body");
    const kind = `${textMember(body, "kind")} ${textMember(body, "apiVersion")}`;
    const claimed = entry.kindVersion;
    if (claimed !== undefined && `${claimed.kind} ${claimed.version}` !== kind) {
      throw mismatch(`is of the kind ${quote(kind)}, and was said to be of another`);
    }
    const bind = Object.hasOwn(BINDINGS, kind) ? BINDINGS[kind] : undefined;
    if (bind === undefined) {
      throw mismatch(`is of the kind ${quote(kind)}, which is not understood`);
    }
    bind(objectMember(body, "spec"), content);
    return kind;
  });
}

function bindHashedRekord(spec: JsonObject, content: LoggedContent): void {
  const signature = objectMember(spec, "signature");
  bindSignature(decodeBase64(textMember(signature, "content")), content);
  bindPem(textMember(objectMember(signature, "publicKey"), "content"), content);
  bindHash(objectMember(objectMember(spec, "data"), "hash"), content.data);
}

function bindDsse(spec: JsonObject, content: LoggedContent): void {
  const { payload } = requireEnvelope(content);
  const signature = only(spec, "signatures");
  bindSignature(decodeBase64(textMember(signature, "signature")), content);
  bindPem(textMember(signature, "verifier"), content);
  bindHash(objectMember(spec, "payloadHash"), payload);
}

/** Here the signature is in base64 twice: as in the envelope, and as every content of the entry. */
function bindIntoto(spec: JsonObject, content: LoggedContent): void {
  const { payload, payloadType } = requireEnvelope(content);
  const entry = objectMember(spec, "content");
  const envelope = objectMember(entry, "envelope");
  const signature = only(envelope, "signatures");
  bindSignature(decodeBase64(decodeUtf8(decodeBase64(textMember(signature, "sig")))), content);
  bindPem(textMember(signature, "publicKey"), content);
  if (textMember(envelope, "payloadType") !== payloadType) {
    throw mismatch("has another payload type");
  }
  bindHash(objectMember(entry, "payloadHash"), payload);
}

function bindHashedRekordV2(spec: JsonObject, content: LoggedContent): void {
  const signature = objectMember(spec, "signature");
  bindSignature(decodeBase64(textMember(signature, "content")), content);
  bindVerifier(objectMember(signature, "verifier"), content);
  bindDigest(objectMember(spec, "data"), content.data);
}

function bindDsseV2(spec: JsonObject, content: LoggedContent): void {
  const { payload } = requireEnvelope(content);
  const signature = only(spec, "signatures");
  bindSignature(decodeBase64(textMember(signature, "content")), content);
  bindVerifier(objectMember(signature, "verifier"), content);
  bindDigest(objectMember(spec, "payloadHash"), payload);
}

function requireEnvelope(content: LoggedContent): NonNullable<LoggedContent["envelope"]> {
  if (content.envelope === undefined) throw mismatch("is about an envelope, and there is none");
  return content.envelope;
}

function bindSignature(logged: Bytes, content: LoggedContent): void {
  if (!equalBytes(logged, content.signature)) throw mismatch("is about another signature");
}

function bindHash(logged: JsonObject, data: Bytes | Hashed): void {
  if (textMember(logged, "value") !== toHex(hashLike(logged, data))) {
    throw mismatch("is about other content");
  }
}

function bindDigest(logged: JsonObject, data: Bytes | Hashed): void {
  if (!equalBytes(decodeBase64(textMember(logged, "digest")), hashLike(logged, data))) {
    throw mismatch("is about other content");
  }
}

function hashLike(logged: JsonObject, data: Bytes | Hashed): Bytes {
  const name = HASHES.get(logged["algorithm"]);
  if (name === undefined) throw mismatch("names a hash that is not understood");
  if ("sha256" in data) {
    if (name === "SHA-256") return data.sha256;
    throw mismatch(`has a hash by ${name}, and only the SHA-256 of the content is known`);
  }
  return hash(name, data);
}

/** The key or certificate of a version 1 entry: base64 of PEM. */
function bindPem(base64: string, content: LoggedContent): void {
  const [block, ...others] = decodePem(decodeUtf8(decodeBase64(base64)));
  if (block === undefined || others.length > 0) throw mismatch("has no single key or certificate");
  const { label, bytes } = block;
  bindSigner(label === "RSA PUBLIC KEY" ? wrapRsaPublicKey(bytes) : bytes, content);
}

/** The key or certificate of a version 2 entry: a message with one of two fields. */
function bindVerifier(verifier: JsonObject, content: LoggedContent): void {
  const { publicKey, x509Certificate } = verifier;
  if (publicKey !== undefined && x509Certificate !== undefined) {
    throw mismatch("has both a key and a certificate");
  }
  const field = publicKey === undefined ? "x509Certificate" : "publicKey";
  const rawBytes = textMember(objectMember(verifier, field), "rawBytes");
  bindSigner(decodeBase64(rawBytes), content);
}

/** The same bytes are never both a key and a certificate, so that they need no name. */
function bindSigner(der: Bytes, { signer }: LoggedContent): void {
  if (equalBytes(der, "spki" in signer ? signer.spki : signer.raw)) return;
  throw mismatch(`is about another ${"spki" in signer ? "key" : "certificate"}`);
}

function only(parent: JsonObject, name: string): JsonObject {
  const list = parent[name];
  const first = Array.isArray(list) && list.length === 1 ? list[0] : undefined;
  if (first === undefined) throw new FormatError("JSON", `${name} does not have one element`);
  return asObject(first, name);
}

function mismatch(problem: string): Error {
  return refusal("cosign.tlog_invalid", `The log entry ${problem}`);
}
