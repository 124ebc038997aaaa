export {
  type CertificateId,
  encodeOcspRequest,
  namesCertificate,
  responderKeyHash,
} from "./certificate_id.ts";
export {
  MAX_OCSP_BYTES,
  type OcspAnswer,
  type OcspResponse,
  parseOcspResponse,
} from "./response.ts";
