import { CloudError, type Issued, type RegistryLogin } from "../../cloud/mod.ts";
import { AssayError } from "../../errors.ts";
import { quote } from "../../oci/mod.ts";
import { deadline } from "../registry/failure.ts";
import type { Credential, CredentialProvider } from "./credential.ts";
import { ExpiringCache } from "./expiring_cache.ts";

/** How the credential for one registry is had. */
export interface CredentialRequest {
  /** Under which it is kept: all that it depends on. */
  readonly key: string;
  /** Throws {@link CloudError}, or the signal's reason. */
  issue(signal: AbortSignal): Promise<Issued<Credential>>;
}

/** A service that issues credentials for some time. */
export interface CredentialIssuer {
  /** The provider's name in a configuration. */
  readonly name: string;
  /** Which registries it is for, as in "for …". */
  readonly registries: string;
  /** What to look at when it fails. */
  readonly remedy: string;
  /**
   * Decides on the whole host and nothing less; undefined for a registry that it is not for.
   *
   * @param registry in lower case, with the port where there is one.
   * @throws {CloudError} when a setting is missing.
   */
  requestFor(registry: string): CredentialRequest | undefined;
}

/** Credentials of an issuer, kept until shortly before their end. */
export class IssuedCredentials implements CredentialProvider {
  readonly name: string;
  readonly #issuer: CredentialIssuer;
  readonly #cache: ExpiringCache<Credential>;

  constructor(issuer: CredentialIssuer, now: () => Date) {
    this.name = issuer.name;
    this.#issuer = issuer;
    this.#cache = new ExpiringCache(now);
  }

  /** See {@link CredentialProvider}. A host that the issuer is not for is refused: it gets nothing of it. */
  async credentials(registry: string, signal: AbortSignal): Promise<Credential> {
    try {
      const request = this.#issuer.requestFor(registry.toLowerCase());
      if (request === undefined) throw this.#otherHost(registry);
      return await this.#cache.get(request.key, signal, (shared) => request.issue(shared));
    } catch (error) {
      if (error instanceof AssayError) throw error;
      if (signal.aborted) throw deadline(signal);
      if (error instanceof CloudError) throw this.#failure(registry, error);
      throw error;
    }
  }

  /** See {@link CredentialProvider}. */
  forget(registry: string, credential: Credential): boolean {
    const request = this.#issuer.requestFor(registry.toLowerCase());
    return request !== undefined && this.#cache.forget(request.key, credential);
  }

  #failure(registry: string, error: CloudError): AssayError {
    return new AssayError({
      code: "AUTH_DENIED",
      component: "referrerStore",
      message: `The credential provider ${this.name} has no credentials for ${
        quote(registry)
      }: ${error.message}.`,
      remedy: this.#issuer.remedy,
      transient: error.transient,
      cause: error,
    });
  }

  #otherHost(registry: string): AssayError {
    return new AssayError({
      code: "AUTH_DENIED",
      component: "referrerStore",
      message: `The credential provider ${this.name} is for ${this.#issuer.registries}, and ${
        quote(registry)
      } is none of them.`,
      remedy:
        "Add a Store with the provider of that registry, or set anonymousFallback where it may be read without credentials.",
    });
  }
}

/** A login as a credential. */
export function passwordOf({ value, expiresAt }: Issued<RegistryLogin>): Issued<Credential> {
  return { value: { kind: "password", ...value }, expiresAt };
}
