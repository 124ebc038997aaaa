import { z } from "zod";
import { durationOrNone, httpsUrl, nonEmpty } from "./common.ts";

/** The spec of a KeyManagementProvider, beside its parameters. */
export const providerSpec = z.strictObject({
  type: nonEmpty.describe("The kind of provider: `inline`."),
  refreshInterval: durationOrNone.optional()
    .describe("How often the material is fetched again, where the kind fetches."),
  parameters: z.record(z.string(), z.unknown()),
});

/** The parameters of a provider of the type `inline`. */
export const inlineParameters = z.strictObject({
  contentType: z.enum(["certificate", "key", "trustedRoot"]),
  value: nonEmpty.describe("PEM text: certificates, or one public key."),
});

const entry = z.strictObject({
  name: nonEmpty,
  version: z.string().optional(),
  versionHistoryLimit: z.int().min(0).optional(),
});

/** The parameters of a provider of the type `azurekeyvault`. */
export const azureKeyVaultParameters = z.strictObject({
  vaultURI: httpsUrl,
  tenantID: nonEmpty,
  clientID: nonEmpty,
  certificates: z.array(entry).optional(),
  keys: z.array(entry).optional(),
});

/** The spec of a CertificateStore, the older form of a provider in a namespace. */
export const certificateStoreSpec = z.strictObject({
  provider: nonEmpty.describe("`inline` or `azurekeyvault`."),
  parameters: z.record(z.string(), z.string()),
});

/** The parameters of a CertificateStore of the provider `inline`. */
export const certificateStoreInlineParameters = z.strictObject({ value: nonEmpty });

/** The parameters of a CertificateStore of the provider `azurekeyvault`. */
export const certificateStoreVaultParameters = z.strictObject({
  vaultURI: httpsUrl,
  tenantID: nonEmpty,
  clientID: nonEmpty,
  certificates: nonEmpty.describe("A YAML list as text."),
  cloudName: z.string().optional(),
});
