import {
  AwsCredentialSource,
  type CloudSurroundings,
  ecrEndpoint,
  getEcrLogin,
  parseEcrHost,
} from "../../cloud/mod.ts";
import type { CredentialProvider } from "./credential.ts";
import { IssuedCredentials, passwordOf } from "./issued_credentials.ts";

/** Logins at Amazon ECR, with the AWS identity of the process (`awsEcrBasic`). */
export function awsEcrCredentials(surroundings: CloudSurroundings): CredentialProvider {
  const source = new AwsCredentialSource(surroundings);
  return new IssuedCredentials({
    name: "awsEcrBasic",
    registries:
      "registries of Amazon ECR (<account>.dkr.ecr.<region>.amazonaws.com, public.ecr.aws)",
    remedy:
      "Check that the pod has an AWS identity that may call ecr:GetAuthorizationToken; docs/aws.md leads through it.",
    requestFor: (host) => {
      const registry = parseEcrHost(host);
      if (registry === undefined) return undefined;
      return {
        // A login is for all registries that the identity may read in a region.
        key: JSON.stringify([registry.kind, ecrEndpoint(registry, surroundings)]),
        issue: async (signal) =>
          passwordOf(await getEcrLogin(registry, source, surroundings, signal)),
      };
    },
  }, surroundings.now);
}
