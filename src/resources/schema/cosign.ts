import * as z from "zod";
import { ignoredVersion, nonEmpty } from "./common.ts";

/** The address of a transparency log. */
const logUrl = z.string().refine(
  (text) => ["https:", "http:"].includes(URL.parse(text)?.protocol ?? ""),
  "must be an address such as https://rekor.example.com",
);

const key = z.strictObject({
  provider: nonEmpty.optional().describe("A key management provider."),
  name: nonEmpty.optional().describe("One key of the provider; all when absent."),
  version: nonEmpty.optional().describe("The version of the key that `name` names."),
  file: nonEmpty.optional().describe("Path of a public key, in place of a provider."),
  hashAlgorithm: z.enum(["sha256", "sha384", "sha512"]).optional().describe("Pins the hash."),
});

const keyless = z.strictObject({
  ctLogVerify: z.boolean().default(true)
    .describe("Whether the certificate must be in a certificate transparency log."),
  certificateIdentity: nonEmpty.optional().describe("The signer: a subject alternative name."),
  certificateIdentityRegExp: nonEmpty.optional()
    .describe("A regular expression for the signer, in place of certificateIdentity."),
  certificateOIDCIssuer: nonEmpty.optional().describe("Who has identified the signer."),
  certificateOIDCIssuerRegExp: nonEmpty.optional()
    .describe("A regular expression in place of certificateOIDCIssuer."),
});

/** A trust policy of a verifier of the type `cosign` or `attestation`. */
export const trustPolicy = z.strictObject({
  version: z.literal("1.0.0").default("1.0.0").describe("The version of the policy's form."),
  name: nonEmpty.describe("A unique name."),
  scopes: z.array(
    z.string().regex(
      /^[a-z0-9._\-:@/]*\*?$/,
      "must be in lower case, with * at the end only",
    ).min(1),
  ).min(1).max(1000)
    .describe("References with tag or digest, or beginnings of them followed by `*`; `*` for all."),
  keys: z.array(key).max(100).optional().describe("Public keys, of which one must fit."),
  keyless: keyless.optional().describe("What a signer's certificate must say, in place of keys."),
  tLogVerify: z.boolean().default(true)
    .describe("Whether a signature must be in a transparency log, also one of a key."),
  rekorURL: logUrl.optional()
    .describe("The log to ask when a signature has no proof with it; absent: none is asked."),
  annotations: z.record(z.string(), z.string()).optional()
    .describe("Pairs that the signed payload must have."),
  trustedRoot: nonEmpty.optional()
    .describe("A key management provider with a Sigstore trusted root."),
});

/** The parameters of a verifier of the type `cosign`. */
export const cosignParameters = z.strictObject({
  trustPolicies: z.array(trustPolicy).min(1).max(1000).optional()
    .describe("Whose signatures count, by scope."),
  key: nonEmpty.optional().describe("Path of one public key, in place of trustPolicies."),
  rekorURL: logUrl.optional().describe("The transparency log, beside key."),
  nestedArtifactTypes: z.array(nonEmpty).optional()
    .describe("Artifact types that must be attached to the signature itself."),
  version: ignoredVersion,
});

/** The parameters of a Cosign verifier. */
export type CosignParameters = z.infer<typeof cosignParameters>;
