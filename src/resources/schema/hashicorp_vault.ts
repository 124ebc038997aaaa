import * as z from "zod";
import { nonEmpty } from "./common.ts";

const PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** A path in Vault: names with slashes between them. */
const path = (example: string): z.ZodString =>
  z.string().max(512).regex(PATH, `must be a path in Vault such as ${example}`);

const version = z.string().regex(/^[1-9][0-9]{0,8}$/, "must be the number of a version, in quotes");
const history = z.int().min(0).max(100);

const auth = z.strictObject({
  method: z.enum(["token", "kubernetes"])
    .describe("`token`, or `kubernetes`: the service account of the pod."),
  tokenFile: nonEmpty.optional().describe(
    "For `token`: the file with a Vault token, such as one that Vault Agent keeps. For `kubernetes`: that with the token of the service account, `/var/run/secrets/kubernetes.io/serviceaccount/token` when absent. It is read again whenever a token is needed.",
  ),
  role: nonEmpty.optional().describe("For `kubernetes`: the role in Vault."),
  mount: path("kubernetes").optional()
    .describe("For `kubernetes`: where the method is, below `auth/`; `kubernetes` when absent."),
});

const transitKey = z.strictObject({
  name: path("release").describe("What trust policies call it."),
  key: path("release").optional().describe("Its name in Vault; `name` when absent."),
  mount: path("transit").default("transit").describe("Where the engine is."),
  version: version.optional().describe("Its version; the newest when absent."),
  versionHistoryLimit: history.default(0).describe(
    "How many versions are taken: of the newest in all, or of those before `version` beside it.",
  ),
});

const secret = z.strictObject({
  name: nonEmpty.describe("What trust policies call it."),
  contentType: z.enum(["certificate", "key"]).describe(
    "What its text is: certificates, or one public key.",
  ),
  mount: path("secret").default("secret").describe("Where the engine is."),
  path: path("signing/ca").describe("The path of the secret in the engine."),
  field: nonEmpty.describe("The field with the PEM text."),
  kvVersion: z.union([z.literal(1), z.literal(2)]).default(2)
    .describe("The version of the engine. In version 1 secrets have no versions."),
  version: version.optional().describe("The version of the secret; the newest when absent."),
  versionHistoryLimit: history.default(0).describe(
    "How many versions are taken: of the newest in all, or of those before `version` beside it.",
  ),
});

const pkiIssuer = z.strictObject({
  name: nonEmpty.describe("What the certificate is called."),
  mount: path("pki").default("pki").describe("Where the engine is."),
  issuer: path("default").default("default").describe("The issuer: its name or id."),
});

/** The parameters of a provider of the type `hashicorpvault`. */
export const hashicorpVaultParameters = z.strictObject({
  address: z.string().refine(isAddress, "must be an address such as https://vault.example.com:8200")
    .describe("The address of Vault, over https."),
  plainHttp: z.boolean().default(false).describe(
    "Whether `address` may be http on another machine: whoever is on the way can read the token, and put keys of his own in.",
  ),
  namespace: path("team-a").optional().describe("The namespace, in Vault Enterprise."),
  caBundle: nonEmpty.optional().describe(
    "CA certificates that are trusted for it beside the public ones: PEM text, or the path of a file, which is read again for each request.",
  ),
  auth: auth.describe("How Vault knows who asks. A token is never written here."),
  transitKeys: z.array(transitKey).max(100).default([]).describe("Keys of a transit engine."),
  secrets: z.array(secret).max(100).default([]).describe("Secrets of a key-value engine."),
  pkiIssuers: z.array(pkiIssuer).max(100).default([])
    .describe("Issuers of a PKI engine, whose certificates are trust anchors."),
});

function isAddress(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol);
}
