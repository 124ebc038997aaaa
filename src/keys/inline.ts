import type { TrustMaterial } from "../trust/mod.ts";
import { describeCertificate, describeKey } from "./details.ts";
import { readCertificates, readPublicKey } from "./pem_material.ts";
import type { KeyManagementProvider } from "./provider.ts";

/** What an inline provider is configured with. */
export interface InlineConfiguration {
  readonly contentType: "certificate" | "key";
  /** PEM text: any number of certificates, or one public key. */
  readonly value: string;
}

/**
 * A provider whose material is written into its resource. It is read when the provider is made, so
 * that a mistake is found when the configuration is loaded. Names and versions are empty.
 *
 * @throws {AssayError} CERT_INVALID or KEY_INVALID.
 */
export function createInlineProvider(configuration: InlineConfiguration): KeyManagementProvider {
  const material = configuration.contentType === "certificate"
    ? certificateMaterial(configuration.value)
    : keyMaterial(configuration.value);
  return { fetch: () => Promise.resolve(material) };
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
