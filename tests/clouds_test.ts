import assert from "node:assert/strict";
import type { CloudSurroundings } from "../src/cloud/mod.ts";
import { AssayError } from "../src/errors.ts";
import {
  alibabaCredentials,
  awsEcrCredentials,
  azureManagedCredentials,
  azureWorkloadCredentials,
  type Credential,
  type CredentialProvider,
  gcpCredentials,
  k8sSecretsCredentials,
} from "../src/stores/mod.ts";
import { ALIBABA, alibabaDouble } from "./clouds/alibaba.ts";
import { awsDouble, ROLE, STATIC_KEYS } from "./clouds/aws.ts";
import { azureDouble, CLIENT, TENANT } from "./clouds/azure.ts";
import { Clock, CloudDouble, projectedToken } from "./clouds/double.ts";
import { gcpDouble } from "./clouds/gcp.ts";
import { pullSecret, startCluster } from "./clouds/kubernetes.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";

/*
 * Credential providers against doubles of the services that they ask. A double is written from the service's
 * documentation and refuses what the service refuses; what all providers promise is asked of each.
 */

const SIGNAL = new AbortController().signal;
const TOKEN_FILE = "/var/run/secrets/token";

/** A provider, what it asks, and what it should find. */
interface Scene extends AsyncDisposable {
  readonly provider: CredentialProvider;
  readonly double: CloudDouble;
  /** The answer that holds the credential, and how it looks when it holds none. */
  readonly last: string;
  /** A registry that the provider is for. */
  readonly registry: string;
  /** How long a credential is good, in seconds. */
  readonly lifetime: number;
  readonly username: string;
}

type Build = (clock: Clock) => Promise<Scene>;

function scene(
  double: CloudDouble,
  parts: Omit<Scene, "double" | typeof Symbol.asyncDispose>,
): Scene {
  return { ...parts, double, [Symbol.asyncDispose]: () => double[Symbol.asyncDispose]() };
}

function withToken(
  clock: Clock,
  audience: string,
  env: Readonly<Record<string, string>>,
  token = projectedToken(clock, audience),
): CloudSurroundings {
  return cloudSurroundings(clock, env, new Map([[TOKEN_FILE, `${token}\n`]]));
}

const AWS_WEB = {
  AWS_REGION: "eu-central-1",
  AWS_ROLE_ARN: ROLE,
  AWS_WEB_IDENTITY_TOKEN_FILE: TOKEN_FILE,
};
const ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";

function awsScene(
  clock: Clock,
  env: Readonly<Record<string, string>>,
  audience = "sts.amazonaws.com",
  token?: string,
): Promise<Scene> {
  const double = awsDouble(clock);
  const all = {
    AWS_ENDPOINT_URL_STS: `${double.address}/sts/`,
    AWS_ENDPOINT_URL_ECR: double.address,
    AWS_ENDPOINT_URL_ECR_PUBLIC: `${double.address}/public`,
    HOME: "/nowhere",
    ...env,
    ...(env["AGENT"] === undefined
      ? {}
      : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${double.address}/agent` }),
  };
  const provider = awsEcrCredentials(withToken(clock, audience, all, token));
  return Promise.resolve(
    scene(double, { provider, last: "/", registry: ECR, lifetime: 43_200, username: "AWS" }),
  );
}

const AZURE = {
  AZURE_TENANT_ID: TENANT,
  AZURE_CLIENT_ID: CLIENT,
  AZURE_FEDERATED_TOKEN_FILE: TOKEN_FILE,
};

function azureScene(
  clock: Clock,
  kind: typeof azureWorkloadCredentials,
  env: Readonly<Record<string, string>> = AZURE,
  token?: string,
): Promise<Scene> {
  const double = azureDouble(clock);
  const surroundings = withToken(clock, "api://AzureADTokenExchange", {
    AZURE_AUTHORITY_HOST: `${double.address}/`,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: double.address,
    ...env,
  }, token);
  const provider = kind({ originOf: () => double.address }, surroundings);
  return Promise.resolve(scene(double, {
    provider,
    last: "/oauth2/exchange",
    registry: "name.azurecr.io",
    lifetime: 3 * 3600 - 300, // a margin is taken off
    username: "00000000-0000-0000-0000-000000000000",
  }));
}

function alibabaScene(
  clock: Clock,
  env: Readonly<Record<string, string>> = {},
  token?: string,
): Promise<Scene> {
  const double = alibabaDouble(clock);
  const surroundings = withToken(clock, "sts.aliyuncs.com", {
    ...ALIBABA,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: TOKEN_FILE,
    ALIBABA_CLOUD_STS_ENDPOINT: double.address,
    ALIBABA_CLOUD_ACR_ENDPOINT: double.address,
    ...env,
  }, token);
  const acrInstancesConfig = [{ instanceName: "team-a", instanceId: "cri-a" }];
  const provider = alibabaCredentials(
    { acrInstancesConfig, defaultInstanceId: "cri-b" },
    surroundings,
  );
  return Promise.resolve(scene(double, {
    provider,
    last: "/",
    registry: "team-a-registry.cn-hangzhou.cr.aliyuncs.com",
    lifetime: 3600,
    username: "cr_temp_user",
  }));
}

function gcpScene(clock: Clock): Promise<Scene> {
  const double = gcpDouble();
  const provider = gcpCredentials(cloudSurroundings(clock, { GCE_METADATA_HOST: double.host }));
  return Promise.resolve(scene(double, {
    provider,
    last: "/computeMetadata/v1/instance/service-accounts/default/token",
    registry: "europe-west1-docker.pkg.dev",
    lifetime: 3599,
    username: "oauth2accesstoken",
  }));
}

async function k8sScene(clock: Clock): Promise<Scene> {
  const cluster = await startCluster();
  cluster.objects.set("assay/serviceaccounts/default", { imagePullSecrets: [{ name: "pull" }] });
  cluster.objects.set("assay/secrets/pull", pullSecret("r.example.com", "PLANTED-pull"));
  const [host = "", port = ""] = cluster.api.host.split(":");
  const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
  return scene(cluster.api, {
    provider: k8sSecretsCredentials({}, cloudSurroundings(clock, env, cluster.files)),
    last: "/api/v1/namespaces/assay/secrets/pull",
    registry: "r.example.com",
    lifetime: 60,
    username: "robot",
  });
}

const PROVIDERS: Readonly<Record<string, Build>> = {
  "awsEcrBasic with a web identity": (clock) => awsScene(clock, AWS_WEB),
  "awsEcrBasic with Pod Identity": (clock) =>
    awsScene(
      clock,
      { AGENT: "yes", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: TOKEN_FILE },
      "pods.eks.amazonaws.com",
    ),
  "awsEcrBasic with keys in the environment": (clock) => awsScene(clock, STATIC_KEYS),
  "azureWorkloadIdentity": (clock) => azureScene(clock, azureWorkloadCredentials),
  "azureManagedIdentity": (clock) => azureScene(clock, azureManagedCredentials),
  "alibabacloudAcrBasic": (clock) => alibabaScene(clock),
  "gcpArtifactRegistry": gcpScene,
  "k8Secrets": k8sScene,
};

for (const [name, build] of Object.entries(PROVIDERS)) {
  const test = (what: string, run: (at: Scene, clock: Clock) => Promise<void>): void =>
    Deno.test(`${name} ${what}`, async () => {
      const clock = new Clock();
      await using at = await build(clock);
      await run(at, clock);
    });
  const lasts = ({ double, last }: Scene): number =>
    double.asked.filter(({ url }) =>
      url.pathname === last && url.searchParams.get("Action") === null
    )
      .length;

  test("finds a credential, once however many ask, and keeps it", async (at) => {
    const found = await Promise.all(
      Array.from({ length: 100 }, () => at.provider.credentials(at.registry, SIGNAL)),
    );
    assert.equal(new Set(found.map((each) => JSON.stringify(each))).size, 1);
    const [credential] = found;
    assert.ok(credential?.kind === "password" && credential.username === at.username);
    assert.ok(credential.password.startsWith("PLANTED"));
    await at.provider.credentials(at.registry.toUpperCase(), SIGNAL);
    assert.equal(lasts(at), 1);
  });

  test("gets another one when the first has expired", async (at, clock) => {
    await at.provider.credentials(at.registry, SIGNAL);
    clock.pass(at.lifetime + 1);
    await at.provider.credentials(at.registry, SIGNAL);
    assert.equal(lasts(at), 2);
    // What has ended is not given out when the service fails.
    clock.pass(at.lifetime + 1);
    at.double.instead = () => new Response("no", { status: 403 });
    assert.equal((await failureOf(at)).code, "AUTH_DENIED");
  });

  test(
    "gets another one ahead of time, and lives with the old one until then",
    async (at, clock) => {
      const first = await at.provider.credentials(at.registry, SIGNAL);
      clock.pass(at.lifetime - Math.min(290, at.lifetime / 6));
      at.double.instead = () => new Response("no", { status: 400 });
      assert.deepEqual(await at.provider.credentials(at.registry, SIGNAL), first);
      const tried = at.double.asked.length;
      clock.pass(3);
      assert.deepEqual(await at.provider.credentials(at.registry, SIGNAL), first);
      assert.equal(at.double.asked.length, tried, "only one in a while tries");
    },
  );

  test("is refused, says by whom, and is not sent again", async (at, clock) => {
    at.double.instead = () => new Response("PLANTED body", { status: 403 });
    const error = await failureOf(at);
    assert.deepEqual([error.code, error.transient], ["AUTH_DENIED", false]);
    assert.match(error.message, /answers with status 403/);
    assert.equal(at.double.asked.length, 1);
    // For a moment this is the answer; then the service is asked again.
    await failureOf(at);
    assert.equal(at.double.asked.length, 1);
    clock.pass(3);
    at.double.instead = () => undefined;
    assert.ok(await at.provider.credentials(at.registry, SIGNAL));
  });

  test("waits out a throttled request, and says so when it lasts", async (at, clock) => {
    at.double.instead = () => new Response("slow down", { status: 429 });
    const error = await failureOf(at);
    assert.deepEqual([error.code, error.transient], ["AUTH_DENIED", true]);
    assert.match(error.message, /answers with status 429/);
    assert.ok(at.double.asked.length <= 3);
    clock.pass(3);
    let left = name === "alibabacloudAcrBasic" ? 0 : 1;
    at.double.instead = () => left-- > 0 ? new Response("slow down", { status: 503 }) : undefined;
    assert.ok(await at.provider.credentials(at.registry, SIGNAL));
  });

  test("refuses answers that are malformed or too large", async (at, clock) => {
    const bodies = ["", "PLANTED no JSON", "[]", '{"a":1,"a":2}', "{}", " ".repeat(2_100_000)];
    for (const body of bodies) {
      clock.pass(3);
      at.double.instead = ({ url }) =>
        url.pathname === at.last && url.searchParams.get("Action") === null
          ? new Response(body, { headers: { "metadata-flavor": "Google" } })
          : undefined;
      const error = await failureOf(at);
      assert.deepEqual([error.code, error.transient], ["AUTH_DENIED", false], body.slice(0, 20));
      if (body.length > 1000) assert.match(error.message, /answers with more than \d+ bytes/);
    }
  });

  test("does not follow a redirect", async (at) => {
    await using elsewhere = new CloudDouble(() => new Response("{}"));
    at.double.instead = () =>
      new Response(null, { status: 307, headers: { location: elsewhere.address } });
    assert.match((await failureOf(at)).message, /status 307/);
    assert.equal(elsewhere.asked.length, 0);
  });

  test("stops at the deadline of who asks", async (at) => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    at.double.instead = () => {
      asked.resolve();
      return answer.promise;
    };
    const controller = new AbortController();
    const waiting = failureOf(at, controller.signal);
    await asked.promise;
    controller.abort();
    assert.equal((await waiting).code, "DEADLINE_EXCEEDED");
    answer.resolve(undefined);
    at.double.instead = () => undefined;
    assert.ok(await at.provider.credentials(at.registry, SIGNAL), "no failure is kept of it");
  });

  test("forgets what was refused, unless it is new", async (at, clock) => {
    const first = await at.provider.credentials(at.registry, SIGNAL) as Credential;
    assert.equal(at.provider.forget?.(at.registry, first), false);
    clock.pass(40);
    assert.equal(at.provider.forget?.(at.registry, first), true);
    const second = await at.provider.credentials(at.registry, SIGNAL) as Credential;
    assert.equal(lasts(at), 2);
    assert.equal(at.provider.forget?.(at.registry, first), true, "another one is there already");
    assert.equal(await at.provider.credentials(at.registry, SIGNAL), second);
  });
}

/** The error of a look-up; nothing planted may be in any part of it. */
async function failureOf(at: Scene, signal: AbortSignal = SIGNAL): Promise<AssayError> {
  try {
    await at.provider.credentials(at.registry, signal);
  } catch (error) {
    assert.ok(error instanceof AssayError, String(error));
    const all = Deno.inspect(error, { depth: 20, strAbbreviateSize: 1e6 });
    assert.ok(!all.includes("PLANTED"), all);
    return error;
  }
  assert.fail("there was no failure");
}

/** Hosts that look like those of a provider. */
const STRANGERS: Readonly<Record<string, readonly string[]>> = {
  awsEcrBasic: [
    `${ECR}.evil.com`,
    `evil.com.${ECR}`,
    `x${ECR}`,
    `${ECR}:443`,
    `${ECR}.`,
    ECR.replace(".com", ".com.cn"),
    "111122223333.dkr.ecr.cn-north-1.amazonaws.com",
    "11112222333.dkr.ecr.eu-central-1.amazonaws.com",
    "111122223333.dkr.ecr.eu-central-1.evil.com",
    "111122223333.dkr.ecr.a.b.eu-central-1.amazonaws.com",
    "111122223333xdkr.ecr.eu-central-1.amazonaws.com",
    "xpublic.ecr.aws",
    "docker.io",
  ],
  azureWorkloadIdentity: [
    "azurecr.io",
    ".azurecr.io",
    "a.b.azurecr.io",
    "nameazurecr.io",
    "name.azurecr.io.evil.com",
    "name.azurecr.io:443",
    "name.azurecr.de",
    "docker.io",
  ],
  alibabacloudAcrBasic: [
    "registry.cn-hangzhou.aliyuncs.com.evil.com",
    "registry.cn-hangzhou.aliyuncs.com.",
    "evil.com/registry.cn-hangzhou.aliyuncs.com",
    "a.b-registry.cn-hangzhou.cr.aliyuncs.com",
    "registry.evil.cn-hangzhou.aliyuncs.com",
    "registryXcn-hangzhou.aliyuncs.com",
    "docker.io",
  ],
  gcpArtifactRegistry: [
    "docker.pkg.dev",
    "-docker.pkg.dev",
    "evil.europe-docker.pkg.dev",
    "europe-docker.pkg.dev.evil.com",
    "europe-docker.pkg.dev:443",
    "xgcr.io",
    "evil.gcr.io",
    "docker.io",
  ],
};

for (const [name, hosts] of Object.entries(STRANGERS)) {
  Deno.test(`${name} asks nobody for hosts that it is not for`, async () => {
    const clock = new Clock();
    const [, build] = Object.entries(PROVIDERS).find(([each]) => each.startsWith(name)) ?? [];
    assert.ok(build !== undefined);
    await using at = await build(clock);
    for (const registry of hosts) {
      const error = await failureOf({ ...at, registry });
      assert.equal(error.code, "AUTH_DENIED", registry);
      assert.match(error.message, / is none of them\.$/);
    }
    assert.equal(at.double.asked.length, 0);
  });
}

Deno.test("awsEcrBasic knows the hosts of regions, FIPS, China, dual stack and the public registry", async () => {
  const { parseEcrHost } = await import("../src/cloud/mod.ts");
  const cases = {
    [ECR]: "https://api.ecr.eu-central-1.amazonaws.com",
    "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com":
      "https://ecr-fips.us-gov-west-1.amazonaws.com",
    "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn":
      "https://api.ecr.cn-north-1.amazonaws.com.cn",
    "111122223333.dkr-ecr.eu-central-1.on.aws": "https://api.ecr.eu-central-1.amazonaws.com",
    "public.ecr.aws": "https://api.ecr-public.us-east-1.amazonaws.com",
  };
  for (const [host, endpoint] of Object.entries(cases)) {
    assert.equal(parseEcrHost(host)?.endpoint, endpoint, host);
  }
});

Deno.test("awsEcrBasic logs in at the public registry", async () => {
  await using at = await awsScene(new Clock(), AWS_WEB);
  const credential = await at.provider.credentials("public.ecr.aws", SIGNAL);
  assert.ok(credential?.kind === "password" && credential.username === "AWS");
  assert.equal(at.double.asked.at(-1)?.url.pathname, "/public/");
});

Deno.test("awsEcrBasic uses the overriding endpoint for its region alone", async () => {
  const { ecrEndpoint, parseEcrHost } = await import("../src/cloud/mod.ts");
  const env = (region: string): { env: (name: string) => string | undefined } => ({
    env: (name) =>
      ({ AWS_API_OVERRIDE_REGION: region, AWS_API_OVERRIDE_ENDPOINT: "https://vpc.example.com/" })[
        name
      ],
  });
  const registry = parseEcrHost(ECR);
  assert.ok(registry !== undefined);
  assert.equal(ecrEndpoint(registry, env("eu-central-1")), "https://vpc.example.com");
  assert.equal(ecrEndpoint(registry, env("eu-west-1")), registry.endpoint);
});

/** Identities that a service refuses, and how that is told. */
const REFUSED: readonly (readonly [string, (clock: Clock) => Promise<Scene>, RegExp])[] = [
  [
    "awsEcrBasic with a token for another audience",
    (clock) => awsScene(clock, AWS_WEB, "api://other"),
    /AWS STS answers with status 400 \(InvalidIdentityToken\)/,
  ],
  [
    "awsEcrBasic with an expired token",
    (clock) => awsScene(clock, AWS_WEB, "", projectedToken(clock, "sts.amazonaws.com", -1)),
    /AWS STS answers with status 400 \(ExpiredTokenException\)/,
  ],
  [
    "awsEcrBasic with a role that it may not assume",
    (clock) => awsScene(clock, { ...AWS_WEB, AWS_ROLE_ARN: `${ROLE}x` }),
    /AWS STS answers with status 403 \(AccessDenied\)/,
  ],
  [
    "awsEcrBasic with a wrong key",
    (clock) => awsScene(clock, { ...STATIC_KEYS, AWS_SECRET_ACCESS_KEY: "PLANTED-wrong" }),
    /Amazon ECR answers with status 400 \(InvalidSignatureException\)/,
  ],
  [
    "awsEcrBasic without identity",
    (clock) => awsScene(clock, {}),
    /There are no AWS credentials/,
  ],
  [
    "awsEcrBasic with an agent that is not on the node",
    (clock) =>
      awsScene(clock, { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/credentials" }),
    /neither https nor an agent on this node/,
  ],
  [
    "azureWorkloadIdentity with a token for another audience",
    (clock) => azureScene(clock, azureWorkloadCredentials, AZURE, projectedToken(clock, "other")),
    /Microsoft Entra ID answers with status 401 \(AADSTS700212\)/,
  ],
  [
    "azureWorkloadIdentity with an expired token",
    (clock) =>
      azureScene(
        clock,
        azureWorkloadCredentials,
        AZURE,
        projectedToken(clock, "api://AzureADTokenExchange", -1),
      ),
    /Microsoft Entra ID answers with status 401 \(AADSTS700024\)/,
  ],
  [
    "azureWorkloadIdentity without client",
    (clock) => azureScene(clock, azureWorkloadCredentials, { AZURE_TENANT_ID: TENANT }),
    /AZURE_CLIENT_ID is not set/,
  ],
  [
    "azureWorkloadIdentity with a tenant that would lead elsewhere",
    (clock) => azureScene(clock, azureWorkloadCredentials, { ...AZURE, AZURE_TENANT_ID: "../x" }),
    /AZURE_TENANT_ID is not the id of a tenant or client/,
  ],
  [
    "azureWorkloadIdentity with an authority over plain HTTP",
    (clock) =>
      azureScene(clock, azureWorkloadCredentials, {
        ...AZURE,
        AZURE_AUTHORITY_HOST: "http://example.com",
      }),
    /AZURE_AUTHORITY_HOST is not an https address/,
  ],
  [
    "azureWorkloadIdentity with an empty token file",
    (clock) => azureScene(clock, azureWorkloadCredentials, AZURE, ""),
    /The token file "\/var\/run\/secrets\/token" holds no token/,
  ],
  [
    "azureManagedIdentity with an identity that the node has not",
    (clock) => azureScene(clock, azureManagedCredentials, { ...AZURE, AZURE_CLIENT_ID: TENANT }),
    /the Azure instance metadata service answers with status 400 \(invalid_request\)/,
  ],
  [
    "alibabacloudAcrBasic with a token for another audience",
    (clock) => alibabaScene(clock, {}, projectedToken(clock, "other")),
    /Alibaba Cloud STS answers with status 400 \(AuthenticationFail\.OIDCToken\.AudienceNotMatch\)/,
  ],
  [
    "alibabacloudAcrBasic with a role that it may not assume",
    (clock) => alibabaScene(clock, { ALIBABA_CLOUD_ROLE_ARN: "acs:ram::1:role/other" }),
    /Alibaba Cloud STS answers with status 403 \(NoPermission\)/,
  ],
  [
    "alibabacloudAcrBasic with keys that are not known",
    (clock) =>
      alibabaScene(clock, {
        ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAI",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: "PLANTED",
      }),
    /Alibaba Cloud Container Registry answers with status 403 \(InvalidSecurityToken\.Malformed\)/,
  ],
];

for (const [name, build, expected] of REFUSED) {
  Deno.test(`${name} is refused, with the reason`, async () => {
    await using at = await build(new Clock());
    const error = await failureOf(at);
    assert.match(error.message, expected);
    assert.equal(error.code, "AUTH_DENIED");
  });
}

Deno.test("azure: a parameter names the client, but for the managed identity the environment comes first", async () => {
  const other = "99999999-bbbb-cccc-dddd-eeeeeeeeeeee";
  for (
    const [kind, env, clientID] of [
      [azureWorkloadCredentials, other, CLIENT],
      [azureManagedCredentials, CLIENT, other],
    ] as const
  ) {
    const build: typeof kind = (options, surroundings) =>
      kind({ ...options, clientID }, surroundings);
    await using at = await azureScene(new Clock(), build, { ...AZURE, AZURE_CLIENT_ID: env });
    assert.ok(await at.provider.credentials(at.registry, SIGNAL));
  }
});

Deno.test("azure: one Entra token serves the exchanges of all registries", async () => {
  await using at = await azureScene(new Clock(), azureWorkloadCredentials);
  await at.provider.credentials(at.registry, SIGNAL);
  // The double's exchange knows one registry; that it was asked with the same token is what counts.
  await failureOf({ ...at, registry: "other.azurecr.cn" });
  const paths = at.double.asked.map(({ url }) => url.pathname);
  assert.equal(paths.filter((path) => path.endsWith("/token")).length, 1);
  assert.equal(paths.filter((path) => path === at.last).length, 2);
});

Deno.test("alibabacloudAcrBasic finds the instance by name, else takes the default", async () => {
  await using at = await alibabaScene(new Clock());
  for (
    const [registry, instance] of [
      ["team-a-registry.cn-hangzhou.cr.aliyuncs.com", "cri-a"],
      ["team-b-registry-vpc.cn-hangzhou.cr.aliyuncs.com", "cri-b"],
      ["registry.cn-hangzhou.aliyuncs.com", "cri-b"],
      ["registry-intl.ap-southeast-1.aliyuncs.com", "cri-b"],
    ] as const
  ) {
    const credential = await at.provider.credentials(registry, SIGNAL);
    assert.ok(credential?.kind === "password");
    assert.ok(credential.password.startsWith(`PLANTED-${instance}-`), registry);
  }
  const surroundings = cloudSurroundings(new Clock(), {});
  const error = await failureOf({ ...at, provider: alibabaCredentials({}, surroundings) });
  assert.match(error.message, /neither acrInstancesConfig nor defaultInstanceId/);
});

Deno.test("alibabacloudAcrBasic refuses an answer that is no success", async () => {
  await using at = await alibabaScene(new Clock());
  at.double.instead = ({ url }) =>
    url.searchParams.get("Action") !== null ? undefined : Response.json({
      IsSuccess: false,
      Code: "INSTANCE_NOT_EXIST",
      TempUsername: "cr_temp_user",
      AuthorizationToken: "PLANTED",
      ExpireTime: 9e15,
    });
  assert.match((await failureOf(at)).message, /refuses the request \(INSTANCE_NOT_EXIST\)/);
});

Deno.test("gcpArtifactRegistry refuses a server that does not say that it is the metadata server", async () => {
  await using at = await gcpScene(new Clock());
  at.double.instead = () => Response.json({ access_token: "PLANTED", expires_in: 3599 });
  assert.match((await failureOf(at)).message, /Metadata-Flavor is missing/);
});

Deno.test("what has expired when it is issued is refused", async () => {
  await using at = await alibabaScene(new Clock());
  at.double.instead = ({ url }) =>
    url.searchParams.get("Action") !== null ? undefined : Response.json({
      IsSuccess: true,
      TempUsername: "cr_temp_user",
      AuthorizationToken: "PLANTED",
      ExpireTime: 1000,
    });
  const error = await failureOf(at);
  assert.match(error.message, /has expired already/);
});
