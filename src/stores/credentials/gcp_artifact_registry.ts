import { type CloudSurroundings, getGoogleToken } from "../../cloud/mod.ts";
import type { CredentialProvider } from "./credential.ts";
import { IssuedCredentials } from "./issued_credentials.ts";

/** `<location>-docker.pkg.dev`, and the hosts of Container Registry that Artifact Registry took over. */
const HOST = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/;

/** Logins at Google Artifact Registry, with the workload's service account (`gcpArtifactRegistry`). */
export function gcpCredentials(surroundings: CloudSurroundings): CredentialProvider {
  return new IssuedCredentials({
    name: "gcpArtifactRegistry",
    registries: "registries of Google (<location>-docker.pkg.dev, gcr.io)",
    remedy:
      "Check that the pod has a Google service account with the role Artifact Registry Reader; docs/gcp.md leads through it.",
    requestFor: (host) =>
      !HOST.test(host) ? undefined : {
        key: "", // one identity, one token, whatever the location
        issue: async (signal) => {
          const { value, expiresAt } = await getGoogleToken(surroundings, signal);
          const username = "oauth2accesstoken";
          return { value: { kind: "password", username, password: value }, expiresAt };
        },
      },
  }, surroundings.now);
}
