import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";

/**
 * One thing that a provider fetches from a service, such as one key of a vault. Each fails for itself: what
 * becomes of one says nothing about its siblings.
 */
export interface MaterialEntry {
  /** What a person knows it by, as in `certificate release-cert`; no other of the provider has it. */
  readonly label: string;
  /**
   * Fetches it, and everything about it anew: what the service no longer has, or has disabled, is not in
   * the answer. Of versions with one name, the newest comes first.
   *
   * @throws {EntryGoneError} when the service is certain that there is no such thing, or that nobody may
   * use it any more.
   * @throws {AssayError} KEY_MANAGEMENT_PROVIDER_FAILURE, CERT_INVALID or KEY_INVALID when it could not be
   * found out; `transient` when it may be found out later.
   */
  fetch(signal: AbortSignal): Promise<TrustMaterial>;
}

/** A service is certain that an entry does not exist, or that nobody may use it any more. */
export class EntryGoneError extends AssayError {
  /** @param message says which entry, of what, and why. */
  constructor(message: string, remedy?: string) {
    super({
      code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
      component: "keyManagementProvider",
      message,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
