import { readMaterial } from "./material.ts";
import type { ContentType } from "./material.ts";
import type { KeyManagementProvider } from "./provider.ts";

/** What an inline provider is configured with. */
export interface InlineConfiguration {
  readonly contentType: ContentType;
  /** PEM text: any number of certificates, or one public key; JSON for a trusted root. */
  readonly value: string;
}

/**
 * A provider whose material is written into its resource. It is read when the provider is made, so
 * that a mistake is found when the configuration is loaded. Names and versions are empty.
 *
 * @throws {AssayError} CERT_INVALID, KEY_INVALID or TRUSTED_ROOT_INVALID.
 */
export function createInlineProvider(configuration: InlineConfiguration): KeyManagementProvider {
  const material = readMaterial(configuration.contentType, configuration.value);
  return { fetch: () => Promise.resolve(material) };
}
