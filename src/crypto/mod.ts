export { type AlgorithmIdentifier, hashOfOid } from "./algorithm_identifier.ts";
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "./base64.ts";
export { type Bytes, concatBytes, decodeUtf8, encodeUtf8, equalBytes, toHex } from "./bytes.ts";
export { calendarDate, type DateFields } from "./calendar.ts";
export {
  type CborFloat,
  type CborLabel,
  type CborLimits,
  type CborMap,
  type CborTag,
  type CborValue,
  parseCbor,
} from "./cbor.ts";
export {
  type IssuerAndSerial,
  parseSignedData,
  parseTstInfo,
  readSigningCertificateV2,
  type SignedData,
  type SignerInfo,
  type SigningCertificateId,
  type TstInfo,
} from "./cms/mod.ts";
export { type CoseSign1, parseCoseSign1 } from "./cose.ts";
export { type CryptoCounters, cryptoCounters } from "./counters.ts";
export * from "./der/mod.ts";
export { type Format, FormatError } from "./format_error.ts";
export { hash, type HashName } from "./hash.ts";
export {
  type JsonArray,
  JsonDocument,
  JsonError,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
  parseJson,
  type TextPosition,
} from "./json.ts";
export { parsePublicJwk, type PublicJwk } from "./jwk.ts";
export { type FlattenedJws, parseFlattenedJws } from "./jws.ts";
export { Semaphore } from "./semaphore.ts";
export { LruMap } from "./lru.ts";
export {
  type CertificateId,
  encodeOcspRequest,
  MAX_OCSP_BYTES,
  namesCertificate,
  type OcspAnswer,
  type OcspResponse,
  parseOcspResponse,
  responderKeyHash,
} from "./ocsp/mod.ts";
export { decodePem, encodePem, type PemBlock } from "./pem.ts";
export { readPkcs12Certificates } from "./pkcs12/mod.ts";
export { ProtoMessage } from "./protobuf_json.ts";
export { parsePublicKey, type PublicKey } from "./public_key.ts";
export { wrapRsaPublicKey } from "./rsa_key.ts";
export {
  algorithmName,
  certificateScheme,
  messageScheme,
  type SignatureScheme,
} from "./signature_scheme.ts";
export { type DigestScheme, verifyDigest } from "./verify_digest.ts";
export { verifySignature } from "./verify_signature.ts";
export {
  type Certificate,
  type Crl,
  type CrlScope,
  type Extension,
  type KeyUsage,
  MAX_CRL_BYTES,
  type Name,
  type NameAttribute,
  parseCertificate,
  parseCrl,
  type RevokedEntry,
} from "./x509/mod.ts";
