import * as z from "zod";
import { httpsUrl, nonEmpty } from "./common.ts";

/** How many versions of one thing are taken at most. */
const MAX_HISTORY = 50;

const versionHistoryLimit = z.int().min(0).max(MAX_HISTORY).optional().describe(
  "How many versions are taken: of the newest in all, of those before `version` beside it. The newest, or `version` alone, when absent.",
);

/** A text of some characters; white space around it is dropped. */
function matching(pattern: RegExp, what: string): z.ZodType<string> {
  return z.string().refine((text) => pattern.test(text.trim()), `must be ${what}`);
}

const vaultEntry = z.strictObject({
  name: matching(/^[0-9A-Za-z-]{1,127}$/, "a name of letters, digits and hyphens")
    .describe("Its name in the vault."),
  version: matching(/^[0-9A-Za-z]{0,64}$/, "a version of letters and digits").optional()
    .describe("Its version; the newest when absent."),
  versionHistoryLimit,
});

const azureId = matching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/, "the id of a tenant or client");

/** Which vault, and who asks it. */
export const vaultFields = {
  vaultURI: httpsUrl.describe(
    "The address of the vault. In a namespace it must be below a domain of Azure Key Vault.",
  ),
  tenantID: azureId.describe("The tenant of the workload identity."),
  clientID: azureId.describe(
    "The client of the workload identity. In a namespace it must not be that of Assay itself.",
  ),
};

/** The parameters of a provider of the type `azurekeyvault`. */
export const azureKeyVaultParameters = z.strictObject({
  ...vaultFields,
  certificates: z.array(vaultEntry).optional().describe("Certificates with their chains."),
  keys: z.array(vaultEntry).optional().describe("Public keys."),
});

const resourceId = matching(/^[0-9A-Za-z_-]{1,63}$/, "a name of letters, digits, _ and -");

/** The parameters of a provider of the type `gcpkms`. */
export const gcpKmsParameters = z.strictObject({
  project: matching(
    /^(?:[a-z0-9.-]{1,63}:)?[a-z0-9-]{1,63}$/,
    "the id of a project such as example-project",
  ).describe("The project of the key ring."),
  location: matching(/^[a-z0-9-]{1,63}$/, "a location such as europe-west1")
    .describe("The location of the key ring, such as `europe-west1` or `global`."),
  keyRing: resourceId.describe("The key ring."),
  keys: z.array(z.strictObject({
    name: resourceId.describe("The name of the crypto key."),
    version: matching(/^(?:[1-9][0-9]{0,8})?$/, "a number such as 3").optional()
      .describe("Its version; the newest that is enabled when absent."),
    versionHistoryLimit,
  })).min(1).describe("Public keys."),
  endpoint: httpsUrl.optional()
    .describe("Another address of the service; `https://cloudkms.googleapis.com` when absent."),
});

/** The parameters of a provider of the type `alibabacloudkms`. */
export const alibabaKmsParameters = z.strictObject({
  region: matching(/^[a-z0-9-]{1,40}$/, "a region such as cn-hangzhou")
    .describe("The region, such as `cn-hangzhou`."),
  keys: z.array(z.strictObject({
    name: matching(/^[0-9A-Za-z/_.-]{1,255}$/, "the id of a key, or an alias such as alias/release")
      .describe("The id of the key, or an alias such as `alias/release`."),
    version: matching(/^[0-9A-Za-z-]{0,64}$/, "the id of a version").optional()
      .describe("The id of its version; the newest when absent."),
    versionHistoryLimit,
  })).optional().describe("Public keys of the kinds `RSA_2048`, `RSA_3072` and `EC_P256`."),
  certificates: z.array(z.strictObject({
    name: matching(/^[0-9A-Za-z-]{1,64}$/, "the id of a certificate").describe(
      "The id of the certificate.",
    ),
  })).optional().describe("Certificates with their chains."),
  endpoint: httpsUrl.optional().describe(
    "Another address of the service, such as `https://kms-vpc.cn-hangzhou.aliyuncs.com`; `https://kms.<region>.aliyuncs.com` when absent.",
  ),
});

/** The parameters of a CertificateStore of the provider `azurekeyvault`. */
export const certificateStoreVaultParameters = z.strictObject({
  ...vaultFields,
  certificates: nonEmpty.describe(
    "YAML as text: `array:` with a list of YAML texts, each with `certificateName` and `certificateVersion`.",
  ),
  cloudName: z.string().optional().describe("Ignored."),
});
