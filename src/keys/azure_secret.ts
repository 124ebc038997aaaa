import {
  type Bytes,
  type Certificate,
  decodeBase64,
  decodePem,
  parseCertificate,
  readPkcs12Certificates,
} from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

const PEM = "application/x-pem-file";
const PKCS12 = "application/x-pkcs12";
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/g;

/**
 * Reads the certificates of a secret that belongs to a certificate of a vault, in their order. The private key
 * beside them is passed over before anything is decoded.
 *
 * @throws {FormatError}, {@link AssayError} CERT_INVALID. Nothing of the secret is in the message.
 */
export async function readVaultSecret(
  contentType: string | undefined,
  value: string | undefined,
): Promise<Certificate[]> {
  const certificates = (await readDer(contentType, value ?? "")).map(parseCertificate);
  if (certificates.length > 0) return certificates;
  throw invalid("holds no certificate");
}

async function readDer(contentType: string | undefined, value: string): Promise<Bytes[]> {
  switch (contentType) {
    case PEM:
      return decodePem(value.replace(PRIVATE_KEY, ""))
        .filter(({ label }) => label === "CERTIFICATE").map(({ bytes }) => bytes);
    case PKCS12:
      return await readPkcs12Certificates(decodeBase64(value.replace(/\s/g, "")));
    default:
      throw invalid(`is a secret of another content type than ${PKCS12} and ${PEM}`);
  }
}

function invalid(message: string): AssayError {
  return new AssayError({
    code: "CERT_INVALID",
    component: "keyManagementProvider",
    message,
    effect: "undecided",
  });
}
