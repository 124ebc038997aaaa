import type { CloudVariable } from "../../cloud/mod.ts";

/** The environment variables that credentials are found by. */
export type CredentialVariable = "HOME" | "DOCKER_CONFIG" | CloudVariable;

/** What a registry, or its token service, accepts as proof of who asks. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** A refresh token, which the token service exchanges for access tokens (OAuth 2.0, RFC 6749 §6). */
  | { readonly kind: "identityToken"; readonly token: string };

/** Where credentials come from. */
export interface CredentialProvider {
  /** The provider's name in a configuration, such as `dockerConfig`. */
  readonly name: string;
  /**
   * The credential for a registry, named as in image references (`docker.io`, `registry.example.com:5000`);
   * undefined when there is none, which means anonymous. A provider must know by itself that the host is
   * one that its secrets are for.
   *
   * @throws {AssayError} `AUTH_DENIED` when it cannot find out, `DEADLINE_EXCEEDED`.
   */
  credentials(registry: string, signal: AbortSignal): Promise<Credential | undefined>;
  /**
   * Is told that a registry refused what {@link credentials} gave for it. Absent where nothing is kept.
   *
   * @returns whether asking again may give another credential.
   */
  forget?(registry: string, credential: Credential): boolean;
}
