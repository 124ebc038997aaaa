export {
  type IssuerAndSerial,
  parseSignedData,
  type SignedData,
  type SignerInfo,
} from "./signed_data.ts";
export { readSigningCertificateV2, type SigningCertificateId } from "./signing_certificate.ts";
export { parseTstInfo, type TstInfo } from "./tst_info.ts";
