export { type AwsCredentials, AwsCredentialSource } from "./aws/credentials.ts";
export { getRevocationStatus, type SignerQuestion } from "./aws/signer.ts";
export { AWS_VARIABLES, type AwsSurroundings, type AwsVariable } from "./aws/surroundings.ts";
export { CloudError } from "./cloud_error.ts";
