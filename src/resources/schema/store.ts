import { z } from "zod";
import { nonEmpty, pluginSource, registryHost } from "./common.ts";

/** The spec of a Store, beside its parameters. */
export const storeSpec = z.strictObject({
  name: nonEmpty.describe("The kind of store: `oras`."),
  version: z.string().optional().describe("Ignored."),
  address: z.string().optional().describe("Directory of plugins. Ignored."),
  source: pluginSource.optional().describe("A plugin to download. Refused."),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

/** The parameters of a Store of the kind `oras`. */
export const orasParameters = z.strictObject({
  cosignEnabled: z.boolean().default(false)
    .describe("Also look for signatures under the tag that cosign derives from the digest."),
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
  authProvider: z.looseObject({ name: nonEmpty }).optional()
    .describe("Where registry credentials come from; `dockerConfig` when absent."),
  cacheEnabled: z.boolean().default(false).describe(
    "Whether listings of attached artifacts are cached.",
  ),
  ttl: z.int().min(0).default(10).describe("Seconds that a listing is cached; 0 means 10."),
  localCachePath: nonEmpty.optional().describe(
    "Directory of a disk cache for manifests and blobs.",
  ),
});

/** The parameters of a Store, defaults applied. */
export type OrasParameters = z.infer<typeof orasParameters>;

const endpoints = z.array(
  z.string().regex(
    /^(?:\*\.)?[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/,
    "must be a host, or *. and a domain",
  ),
).optional().describe("Registry hosts that the credential is for; `*.` stands for one label.");

/** Each kind of credential provider by its name. */
export const authProviders: Readonly<Record<string, z.ZodObject>> = {
  dockerConfig: z.strictObject({
    name: nonEmpty,
    configPath: nonEmpty.optional().describe("Path of a docker `config.json`."),
  }),
  k8Secrets: z.strictObject({
    name: nonEmpty,
    serviceAccountName: nonEmpty.optional().describe(
      "Whose pull secrets are used; `default` when absent.",
    ),
    secrets: z.array(z.strictObject({ secretName: nonEmpty, namespace: nonEmpty.optional() }))
      .optional(),
  }),
  azureWorkloadIdentity: z.strictObject({
    name: nonEmpty,
    clientID: nonEmpty.optional(),
    tenantID: nonEmpty.optional(),
    endpoints,
  }),
  azureManagedIdentity: z.strictObject({
    name: nonEmpty,
    clientID: nonEmpty.optional(),
    endpoints,
  }),
  awsEcrBasic: z.strictObject({ name: nonEmpty }),
  alibabacloudAcrBasic: z.strictObject({
    name: nonEmpty,
    defaultInstanceId: nonEmpty.optional(),
    acrInstancesConfig: z.array(z.strictObject({ instanceName: nonEmpty, instanceId: nonEmpty }))
      .optional(),
  }),
};
