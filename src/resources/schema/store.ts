import * as z from "zod";
import { anyParameters, ignoredVersion, nonEmpty, pluginSource, registryHost } from "./common.ts";

/** The spec of a Store, beside its parameters. */
export const storeSpec = z.strictObject({
  name: nonEmpty.describe("The kind of store: `oras` for registries, or `oci-layout`."),
  version: ignoredVersion,
  address: z.string().optional().describe("Directory of plugins. Ignored."),
  source: pluginSource.optional().describe("A plugin to download. Refused."),
  parameters: anyParameters.optional(),
});

/** The parameters of a Store of the kind `oras`. */
export const orasParameters = z.strictObject({
  cosignEnabled: z.boolean().default(false)
    .describe(
      "Also look under the tags that cosign derives from the digest: for signatures, and for attestations where a verifier judges them.",
    ),
  useHttp: z.boolean().default(false).describe(
    "Plain HTTP for all registries. Prefer `plainHttp`.",
  ),
  plainHttp: z.array(registryHost).default([]).describe(
    "Registry hosts that are asked over plain HTTP.",
  ),
  caBundles: z.partialRecord(registryHost, nonEmpty).default({})
    .describe("By registry host: CA certificates, as PEM text or as the path of a file."),
  mirrors: z.partialRecord(registryHost, z.array(registryHost).min(1)).default({})
    .describe("By registry host: hosts that are asked before it, in order."),
  anonymousFallback: z.boolean().default(false)
    .describe("Whether a registry is asked anonymously when the credential provider fails."),
  authProvider: z.looseObject({
    name: nonEmpty.describe(
      "The kind of credential provider, which has further fields; see below.",
    ),
  }).optional()
    .describe("Where registry credentials come from; `dockerConfig` when absent."),
  cacheEnabled: z.boolean().default(false).describe(
    "Whether listings of attached artifacts are cached.",
  ),
  ttl: z.int().min(0).default(10).describe("Seconds that a listing is cached; 0 means 10."),
  localCachePath: nonEmpty.optional().describe(
    "Ignored: manifests and blobs are kept below `--state-dir` of `assay serve`.",
  ),
});

/** The parameters of a Store, defaults applied. */
export type OrasParameters = z.infer<typeof orasParameters>;

/** The parameters of a Store of the kind `oci-layout`. */
export const layoutParameters = z.strictObject({
  repositories: z.record(nonEmpty, nonEmpty).describe(
    "By repository, such as `registry.example.com/app`: the directory of its OCI image layout.",
  ),
  cosignEnabled: z.boolean().default(false)
    .describe(
      "Also look under the tags that cosign derives from the digest: for signatures, and for attestations where a verifier judges them.",
    ),
});

/** The parameters of a Store of layouts, defaults applied. */
export type LayoutParameters = z.infer<typeof layoutParameters>;

const endpoints = z.array(
  z.string().regex(
    /^(?:\*\.)?[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/,
    "must be a host, or *. and a domain",
  ),
).optional().describe("Registry hosts that the credential is for; `*.` stands for one label.");

const providerName = nonEmpty.describe("The kind of credential provider.");

/** Each kind of credential provider by its name. */
export const authProviders: Readonly<Record<string, z.ZodObject>> = {
  dockerConfig: z.strictObject({
    name: providerName,
    configPath: nonEmpty.optional().describe("Path of a docker `config.json`."),
  }),
  k8Secrets: z.strictObject({
    name: providerName,
    serviceAccountName: nonEmpty.optional().describe(
      "Whose pull secrets are used; `default` when absent.",
    ),
    secrets: z.array(z.strictObject({
      secretName: nonEmpty.describe("Its name; the type must be `kubernetes.io/dockerconfigjson`."),
      namespace: nonEmpty.optional().describe(
        "Its namespace; Assay's own when absent. A NamespacedStore must name its own.",
      ),
    })).optional().describe("Secrets that are tried first, in order."),
  }),
  azureWorkloadIdentity: z.strictObject({
    name: providerName,
    clientID: nonEmpty.optional().describe(
      "Client of the identity; `AZURE_CLIENT_ID` when absent.",
    ),
    tenantID: nonEmpty.optional().describe("Its tenant; `AZURE_TENANT_ID` when absent."),
    endpoints,
  }),
  azureManagedIdentity: z.strictObject({
    name: providerName,
    clientID: nonEmpty.optional()
      .describe("Client of the identity, where `AZURE_CLIENT_ID` is not set."),
    endpoints,
  }),
  awsEcrBasic: z.strictObject({ name: providerName }),
  alibabacloudAcrBasic: z.strictObject({
    name: providerName,
    defaultInstanceId: nonEmpty.optional()
      .describe("The instance of registries that acrInstancesConfig does not name."),
    acrInstancesConfig: z.array(z.strictObject({
      instanceName: nonEmpty.describe("The name in the registry's host."),
      instanceId: nonEmpty.describe("Its id."),
    })).optional().describe("Instances by name."),
  }),
};
