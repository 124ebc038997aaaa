import { encodeUtf8, FormatError, hash, toHex } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { parseTrustedRoot, type TrustedRoot, type TrustMaterial } from "../trust/mod.ts";
import { describeCertificate, describeKey } from "./details.ts";
import { readCertificates, readPublicKey } from "./pem_material.ts";

/** What a text holds: certificates, one public key, or a Sigstore trusted root. */
export type ContentType = "certificate" | "key" | "trustedRoot";

/**
 * Reads material from a text. Names and versions are empty.
 *
 * @throws {AssayError} CERT_INVALID, KEY_INVALID or TRUSTED_ROOT_INVALID.
 */
export function readMaterial(contentType: ContentType, value: string): TrustMaterial {
  switch (contentType) {
    case "certificate":
      return certificateMaterial(value);
    case "key":
      return keyMaterial(value);
    case "trustedRoot":
      return trustedRootMaterial(value);
  }
}

function certificateMaterial(value: string): TrustMaterial {
  const certificates = readCertificates(value);
  return {
    certificates: certificates.map((certificate) => ({ name: "", version: "", certificate })),
    keys: [],
    details: certificates.map((certificate) => describeCertificate(certificate, "", "")),
  };
}

function keyMaterial(value: string): TrustMaterial {
  const key = readPublicKey(value);
  return {
    certificates: [],
    keys: [{ name: "", version: "", key }],
    details: [describeKey(key, "", "")],
  };
}

function trustedRootMaterial(value: string): TrustMaterial {
  const trustedRoot = readTrustedRoot(value);
  const fingerprint = toHex(hash("SHA-256", encodeUtf8(value)));
  const detail = { kind: "trustedRoot", name: "", version: "", fingerprint } as const;
  return { certificates: [], keys: [], trustedRoot, details: [detail] };
}

/** Reads a Sigstore trusted root. @throws {AssayError} TRUSTED_ROOT_INVALID. */
export function readTrustedRoot(value: string): TrustedRoot {
  try {
    return parseTrustedRoot(value);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new AssayError({
      code: "TRUSTED_ROOT_INVALID",
      component: "keyManagementProvider",
      message: `is not the JSON of a Sigstore trusted root: ${error.message}`,
      cause: error,
    });
  }
}
