export { type AlibabaRegistry, getAlibabaLogin, parseAlibabaHost } from "./alibaba/acr.ts";
export { type AlibabaKey, AlibabaKms } from "./alibaba/kms.ts";
export type { AlibabaKeys } from "./alibaba/signing.ts";
export { getAlibabaKeys } from "./alibaba/sts.ts";
export { memberOf, textOf } from "./answer.ts";
export { type AwsCredentials, AwsCredentialSource } from "./aws/credentials.ts";
export { ecrEndpoint, type EcrRegistry, getEcrLogin, parseEcrHost } from "./aws/ecr.ts";
export { type AwsPublicKey, getAwsPublicKey, regionOfKeyArn } from "./aws/kms.ts";
export { getRevocationStatus, type SignerQuestion } from "./aws/signer.ts";
export { AWS_VARIABLES, type AwsSurroundings, type AwsVariable } from "./aws/surroundings.ts";
export { type AcrExchange, exchangeForAcr } from "./azure/acr.ts";
export { type AzureIdentity, azureName, getManagedToken, getWorkloadToken } from "./azure/entra.ts";
export {
  KeyVault,
  type VaultKind,
  type VaultObject,
  type VaultOptions,
  type VaultVersion,
} from "./azure/key_vault.ts";
export { CloudError } from "./cloud_error.ts";
export { type GoogleKeyVersion, GoogleKms } from "./gcp/kms.ts";
export { getGoogleToken } from "./gcp/metadata.ts";
export { KubernetesApi } from "./kubernetes/api.ts";
export {
  CLOUD_VARIABLES,
  type CloudSurroundings,
  type CloudVariable,
  type Issued,
  type RegistryLogin,
} from "./surroundings.ts";
export {
  VAULT_DELETED,
  VAULT_NOT_FOUND,
  type VaultAuth,
  VaultClient,
  type VaultServer,
} from "./vault/client.ts";
