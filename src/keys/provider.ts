import type { CloudSurroundings } from "../cloud/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";

/** A source of certificates and keys that verifiers name in their trust policies. */
export interface KeyManagementProvider {
  /**
   * Fetches everything that the provider is configured for.
   *
   * @throws {AssayError}
   */
  fetch(signal: AbortSignal): Promise<TrustMaterial>;
}

/** Where identities for vaults are found. */
export type KeySurroundings = CloudSurroundings;
