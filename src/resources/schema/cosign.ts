import { z } from "zod";
import { nonEmpty } from "./common.ts";

const key = z.strictObject({
  provider: nonEmpty.optional().describe("A key management provider."),
  name: nonEmpty.optional().describe("One key of the provider; all when absent."),
  version: nonEmpty.optional(),
  file: nonEmpty.optional().describe("Path of a public key, in place of a provider."),
  hashAlgorithm: z.enum(["sha256", "sha384", "sha512"]).optional().describe("Pins the hash."),
});

const keyless = z.strictObject({
  ctLogVerify: z.boolean().default(true),
  certificateIdentity: nonEmpty.optional(),
  certificateIdentityRegExp: nonEmpty.optional(),
  certificateOIDCIssuer: nonEmpty.optional(),
  certificateOIDCIssuerRegExp: nonEmpty.optional(),
});

const trustPolicy = z.strictObject({
  version: z.literal("1.0.0").default("1.0.0"),
  name: nonEmpty,
  scopes: z.array(
    z.string().regex(
      /^[a-z0-9._\-:@/]*\*?$/,
      "must be in lower case, with * at the end only",
    ).min(1),
  ).min(1).max(1000),
  keys: z.array(key).max(100).optional(),
  keyless: keyless.optional(),
  tLogVerify: z.boolean().default(true),
  rekorURL: z.url().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  trustedRoot: nonEmpty.optional()
    .describe("A key management provider with a Sigstore trusted root."),
});

/** The parameters of a verifier of the type `cosign`. */
export const cosignParameters = z.strictObject({
  trustPolicies: z.array(trustPolicy).min(1).max(1000).optional(),
  key: nonEmpty.optional().describe("Path of one public key, in place of trustPolicies."),
  rekorURL: z.url().optional(),
  nestedArtifactTypes: z.array(nonEmpty).optional(),
  version: z.string().optional(),
});

/** The parameters of a Cosign verifier. */
export type CosignParameters = z.infer<typeof cosignParameters>;
