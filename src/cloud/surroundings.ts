import { AWS_VARIABLES } from "./aws/surroundings.ts";

/** The environment variables that identities of clouds are found by. */
export const CLOUD_VARIABLES = [
  ...AWS_VARIABLES,
  "AZURE_CLIENT_ID",
  "AZURE_TENANT_ID",
  "AZURE_FEDERATED_TOKEN_FILE",
  "AZURE_AUTHORITY_HOST",
  "AZURE_POD_IDENTITY_AUTHORITY_HOST",
  "GCE_METADATA_HOST",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "RATIFY_NAMESPACE",
  "ALIBABA_CLOUD_ACCESS_KEY_ID",
  "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
  "ALIBABA_CLOUD_SECURITY_TOKEN",
  "ALIBABA_CLOUD_ROLE_ARN",
  "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
  "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
  "ALIBABA_CLOUD_STS_REGION",
  "ALIBABA_CLOUD_STS_ENDPOINT",
  "ALIBABA_CLOUD_ACR_ENDPOINT",
  "ALIBABA_CLOUD_ACR_INSTANCE_ID",
] as const;

/** The name of one of them. */
export type CloudVariable = typeof CLOUD_VARIABLES[number];

/** Where identities of clouds are looked for. */
export interface CloudSurroundings {
  readonly env: (name: CloudVariable | "HOME") => string | undefined;
  /** Reads a short file. */
  readonly readText: (path: string) => Promise<string>;
  readonly now: () => Date;
}

/** What was issued, and when it ends, in milliseconds since 1970. */
export interface Issued<T> {
  readonly value: T;
  readonly expiresAt: number;
}

/** A user name and a password for a registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}
