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
  clientCertificates: z.partialRecord(
    registryHost,
    z.strictObject({
      certificate: nonEmpty.describe(
        "The certificate and what it was issued with, as PEM text or as the path of a file.",
      ),
      key: nonEmpty.describe(
        "Its private key, likewise. A file is better: who may read the resource may use a key in it.",
      ),
    }),
  ).default({}).describe(
    "By registry host: the certificate that it is shown, and no other host is. Files are read again when they change.",
  ),
  mirrors: z.partialRecord(registryHost, z.array(registryHost).min(1).max(8)).default({})
    .describe(
      "By registry host: hosts that are asked before it, in order. They have the same repositories, and decide like the registry itself what a tag names; everything else is held to its digest.",
    ),
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
).optional().describe(
  "Registry hosts that the credential is for; `*.` stands for one label. `*.azurecr.io`, `*.azurecr.us` and `*.azurecr.cn` when absent; a NamespacedStore may only narrow these.",
);

function providerName<N extends string>(name: N): z.ZodLiteral<N> {
  return z.literal(name).describe("The kind of credential provider.");
}

/** Each kind of credential provider by its name. */
export const authProviders = {
  dockerConfig: z.strictObject({
    name: providerName("dockerConfig"),
    configPath: nonEmpty.optional().describe("Path of a docker `config.json`."),
  }),
  static: z.strictObject({
    name: providerName("static"),
    registries: z.partialRecord(
      registryHost,
      z.strictObject({
        usernameFile: nonEmpty.describe("Path of a file with the user name."),
        passwordFile: nonEmpty.describe("Path of a file with the password or token."),
      }),
    ).describe("By registry host: `usernameFile` and `passwordFile`, the paths of two files."),
  }),
  k8Secrets: z.strictObject({
    name: providerName("k8Secrets"),
    serviceAccountName: nonEmpty.optional().describe(
      "Whose pull secrets are used; `default` when absent. It is looked for in Assay's own namespace, for a NamespacedStore in the store's.",
    ),
    secrets: z.array(z.strictObject({
      secretName: nonEmpty.describe(
        "Its name; the type must be `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`.",
      ),
      namespace: nonEmpty.optional().describe(
        "Its namespace; Assay's own when absent. A NamespacedStore must name its own.",
      ),
    })).max(100).optional().describe("Secrets that are tried first, in order."),
  }),
  azureWorkloadIdentity: z.strictObject({
    name: providerName("azureWorkloadIdentity"),
    clientID: nonEmpty.optional().describe(
      "Client of the identity; `AZURE_CLIENT_ID` when absent.",
    ),
    tenantID: nonEmpty.optional().describe("Its tenant; `AZURE_TENANT_ID` when absent."),
    endpoints,
  }),
  azureManagedIdentity: z.strictObject({
    name: providerName("azureManagedIdentity"),
    clientID: nonEmpty.optional()
      .describe("Client of the identity, where `AZURE_CLIENT_ID` is not set."),
    endpoints,
  }),
  awsEcrBasic: z.strictObject({ name: providerName("awsEcrBasic") }),
  gcpArtifactRegistry: z.strictObject({ name: providerName("gcpArtifactRegistry") }),
  alibabacloudAcrBasic: z.strictObject({
    name: providerName("alibabacloudAcrBasic"),
    defaultInstanceId: nonEmpty.optional().describe(
      "The instance of registries that acrInstancesConfig does not name; `ALIBABA_CLOUD_ACR_INSTANCE_ID` when absent.",
    ),
    acrInstancesConfig: z.array(z.strictObject({
      instanceName: nonEmpty.describe("The name in the registry's host."),
      instanceId: nonEmpty.describe("Its id."),
    })).optional().describe("Instances by name."),
  }),
} as const;

/** A credential provider as configured: one of {@link authProviders}. */
export type AuthProviderParameters =
  | z.infer<(typeof authProviders)[Exclude<keyof typeof authProviders, "k8Secrets">]>
  | (z.infer<typeof authProviders.k8Secrets> & {
    /** The namespace of the store; undefined for the cluster's, where Assay's own counts. */
    readonly namespace?: string;
  });
