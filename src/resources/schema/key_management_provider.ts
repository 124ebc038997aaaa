import * as z from "zod";
import { anyParameters, duration, durationOrNone, nonEmpty } from "./common.ts";

/** The spec of a KeyManagementProvider, beside its parameters. */
export const providerSpec = z.strictObject({
  type: nonEmpty.describe("The kind of provider: `inline`, `file`, `tuf`, or a vault; see below."),
  refreshInterval: durationOrNone.optional().describe(
    "How often the material is fetched again, where the kind fetches: at least `1m`. A day for `tuf`, else an hour, when absent.",
  ),
  maxStaleness: duration.optional().describe(
    "How long material of a vault stays in use while it cannot be fetched again. A day when absent, or twice `refreshInterval` where that is longer.",
  ),
  parameters: anyParameters,
});

/** The parameters of a provider of the type `inline`. */
export const inlineParameters = z.strictObject({
  contentType: z.enum(["certificate", "key", "trustedRoot"]).describe("What the value is."),
  value: nonEmpty.describe(
    "PEM text: certificates, or one public key. For trustedRoot, the JSON of a Sigstore trusted root.",
  ),
});

/** The parameters of a provider of the type `file`. */
export const fileParameters = z.strictObject({
  contentType: z.enum(["certificate", "key", "trustedRoot"]).describe("What the file is."),
  path: nonEmpty.describe("The file: PEM text, or the JSON of a Sigstore trusted root."),
});

const httpUrl = z.string().refine(
  (text) => /^https?:$/.test(URL.parse(text.trim())?.protocol ?? ""),
  "must be an address such as https://tuf.example.com",
);

/** The parameters of a provider of the type `tuf`. */
export const tufParameters = z.strictObject({
  mirrors: z.array(httpUrl).min(1).max(8)
    .describe("Addresses of the TUF repository, asked in this order."),
  root: nonEmpty.optional().describe("The JSON of the `root.json` that everything begins with."),
  rootFile: nonEmpty.optional().describe("The path of that file, in place of `root`."),
  target: z.string().regex(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    "must be the name of a target such as trusted_root.json",
  ).default("trusted_root.json").describe("The target that is the trusted root."),
  fallback: z.enum(["public"]).optional().describe(
    "What is trusted until a refresh has succeeded: `public` is the public Sigstore instance as it was when this release was made.",
  ),
  fallbackFile: nonEmpty.optional()
    .describe("The path of a `trusted_root.json`, in place of `fallback`."),
});

/** The spec of a CertificateStore, the older form of a provider in a namespace. */
export const certificateStoreSpec = z.strictObject({
  provider: nonEmpty.describe("`inline` or `azurekeyvault`."),
  parameters: z.record(z.string(), z.string())
    .describe("For `inline`: `value`, PEM text with certificates. For `azurekeyvault`: see below."),
});

/** The parameters of a CertificateStore of the provider `inline`. */
export const certificateStoreInlineParameters = z.strictObject({
  value: nonEmpty.describe("PEM text with certificates."),
});
