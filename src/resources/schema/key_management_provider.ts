import * as z from "zod";
import { anyParameters, durationOrNone, httpsUrl, nonEmpty } from "./common.ts";

/** The spec of a KeyManagementProvider, beside its parameters. */
export const providerSpec = z.strictObject({
  type: nonEmpty.describe("The kind of provider: `inline` or `file`."),
  refreshInterval: durationOrNone.optional()
    .describe("How often the material is fetched again, where the kind fetches."),
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

const entry = z.strictObject({
  name: nonEmpty.describe("Its name in the vault."),
  version: z.string().optional().describe("Its version; the newest when absent."),
  versionHistoryLimit: z.int().min(0).optional()
    .describe("How many versions before that one are taken too."),
});

const vault = {
  vaultURI: httpsUrl.describe("The address of the vault."),
  tenantID: nonEmpty.describe("The tenant of the workload identity."),
  clientID: nonEmpty.describe("The client of the workload identity."),
};

/** The parameters of a provider of the type `azurekeyvault`. */
export const azureKeyVaultParameters = z.strictObject({
  ...vault,
  certificates: z.array(entry).optional().describe("Certificates with their chains."),
  keys: z.array(entry).optional().describe("Public keys."),
});

/** The spec of a CertificateStore, the older form of a provider in a namespace. */
export const certificateStoreSpec = z.strictObject({
  provider: nonEmpty.describe("`inline` or `azurekeyvault`."),
  parameters: z.record(z.string(), z.string())
    .describe("For `inline`: `value`, PEM text with certificates."),
});

/** The parameters of a CertificateStore of the provider `inline`. */
export const certificateStoreInlineParameters = z.strictObject({
  value: nonEmpty.describe("PEM text with certificates."),
});

/** The parameters of a CertificateStore of the provider `azurekeyvault`. */
export const certificateStoreVaultParameters = z.strictObject({
  ...vault,
  certificates: nonEmpty.describe("A YAML list as text."),
  cloudName: z.string().optional().describe("Ignored."),
});
