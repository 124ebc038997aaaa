import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { AwsSurroundings, AwsVariable } from "../src/cloud/mod.ts";
import { AWS_SIGNER, AwsSignerPlugin, createPluginHost } from "../src/plugins/mod.ts";
import type { VerifierResult } from "../src/verifiers/mod.ts";
import { signatureProblem } from "./clouds/sigv4.ts";
import { forgeChain, forgeCose, forgeJws } from "./forge/mod.ts";
import { IMAGE, judge, type Question } from "./judge.ts";

/*
 * Signatures as AWS Signer makes them, judged with the plugin that is built in; the service is a local one
 * that checks how requests are signed (Signature Version 4).
 */

const REGION = "us-west-2";
const PROFILE = `arn:aws:signer:${REGION}:111122223333:/signing-profiles/production`;
const VERSION = `${PROFILE}/Ab12Cd34`;
const JOB = `arn:aws:signer:${REGION}:111122223333:/signing-jobs/3d4e`;
const KEYS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret/key" };
const NOW = new Date("2026-11-24T12:00:00Z");

const SCHEME = "io.cncf.notary.signingScheme";
const AUTHENTIC = "io.cncf.notary.authenticSigningTime";
const PLUGIN = "io.cncf.notary.verificationPlugin";
const MINIMUM = "io.cncf.notary.verificationPluginMinVersion";
const chain = await forgeChain({ leaf: { key: "P-384" }, intermediates: [{ key: "P-384" }] });

type Environment = Partial<Record<AwsVariable | "HOME", string>>;

/** A service that answers signed requests, and what it was asked. */
class LocalAws implements AsyncDisposable {
  readonly requests: URL[] = [];
  answer: () => Response = () => Response.json({ revokedEntities: [] });
  secret = KEYS.AWS_SECRET_ACCESS_KEY;
  token: string | undefined;
  readonly other = new Map<string, (request: Request) => Response | Promise<Response>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#handle(request),
  );

  get address(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  #handle(request: Request): Response | Promise<Response> {
    const url = new URL(request.url);
    const other = this.other.get(url.pathname);
    if (other !== undefined) return other(request);
    this.requests.push(url);
    const problem = signatureProblem({
      method: request.method,
      url,
      headers: request.headers,
      body: "",
    }, {
      accessKeyId: request.headers.get("authorization")?.match(/Credential=([^/]+)/)?.[1] ?? "",
      secret: this.secret,
      token: this.token,
      service: "signer",
      region: REGION,
    });
    return problem === undefined ? this.answer() : new Response(problem, { status: 403 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function surroundings(
  aws: LocalAws,
  env: Environment = KEYS,
  files: Readonly<Record<string, string>> = {},
): AwsSurroundings {
  const all: Environment = { AWS_ENDPOINT_URL_SIGNER: aws.address, HOME: "/home/me", ...env };
  return {
    env: (name) => all[name],
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return Promise.resolve(text);
    },
    now: () => NOW,
  };
}

interface Asked extends Partial<Question> {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly scheme?: string;
}

async function verify(
  where: AwsSurroundings,
  { header = {}, scheme = "notary.x509.signingAuthority", ...question }: Asked = {},
): Promise<VerifierResult> {
  const attributes: Record<string, unknown> = {
    [PLUGIN]: AWS_SIGNER,
    [MINIMUM]: "1.0.298",
    "com.amazonaws.signer.signingProfileVersion": VERSION,
    "com.amazonaws.signer.signingJob": JOB,
    ...header,
  };
  const extended = Object.keys(attributes).filter((name) => attributes[name] !== undefined);
  const authentic = scheme === "notary.x509.signingAuthority" ? [AUTHENTIC] : [];
  const envelope = await forgeJws({
    chain,
    target: IMAGE.descriptor,
    scheme,
    header: attributes,
    crit: [SCHEME, ...authentic, ...extended],
  });
  const builtIn = new Map([[AWS_SIGNER, new AwsSignerPlugin(where)]]);
  return await judge({
    chain,
    envelope,
    storeType: scheme === "notary.x509.signingAuthority" ? "signingAuthority" : "ca",
    identities: [PROFILE],
    plugins: createPluginHost({ builtIn, allowed: [], directory: undefined }),
    ...question,
  });
}

Deno.test("a signature of AWS Signer is allowed by its profile, and asked for with a signed request", async () => {
  await using aws = new LocalAws();
  const result = await verify(surroundings(aws));
  assert.equal(result.outcome, "success", result.message);
  const [url, ...more] = aws.requests;
  assert.deepEqual(more, []);
  assert.equal(url?.pathname, "/revocations");
  const query = url?.searchParams;
  assert.equal(query?.get("jobArn"), JOB);
  assert.equal(query?.get("profileVersionArn"), VERSION);
  assert.equal(query?.get("platformId"), "Notation-OCI-SHA384-ECDSA");
  assert.equal(query?.get("signatureTimestamp"), "2026-11-01T00:00:00Z");
  const hashes = chain.certificates.map(({ der }) =>
    createHash("sha384").update(tbsOf(der)).digest("hex")
  );
  assert.deepEqual(query?.getAll("certificateHashes"), [
    `${hashes[0]}${hashes[1]}`,
    `${hashes[1]}${hashes[2]}`,
    `${hashes[2]}${hashes[2]}`,
  ]);
});

/** The first element in a certificate; both have lengths of two bytes. */
function tbsOf(der: Uint8Array): Uint8Array {
  assert.deepEqual([der[1], der[5]], [0x82, 0x82]);
  return der.slice(4, 8 + ((der[6] ?? 0) << 8) + (der[7] ?? 0));
}

Deno.test("a signature of AWS Signer is judged in COSE as well", async () => {
  await using aws = new LocalAws();
  const names = [
    PLUGIN,
    "com.amazonaws.signer.signingProfileVersion",
    "com.amazonaws.signer.signingJob",
  ];
  const envelope = await forgeCose({
    chain,
    target: IMAGE.descriptor,
    scheme: "notary.x509.signingAuthority",
    header: [[PLUGIN, AWS_SIGNER], [names[1] ?? "", VERSION], [names[2] ?? "", JOB]],
    crit: [SCHEME, AUTHENTIC, ...names],
  });
  const builtIn = new Map([[AWS_SIGNER, new AwsSignerPlugin(surroundings(aws))]]);
  const result = await judge({
    chain,
    envelope,
    storeType: "signingAuthority",
    identities: [VERSION],
    plugins: createPluginHost({ builtIn, allowed: [], directory: undefined }),
  });
  assert.equal(result.outcome, "success", result.message);
});

Deno.test("AWS Signer's trusted identities are profiles, versions and aliases, in any case", async () => {
  await using aws = new LocalAws();
  const alias = `arn:aws:signer:${REGION}:111122223333:/aliases/prod`;
  const header = { "com.amazonaws.signer.signingProfileAlias": alias };
  const rows: [readonly string[], boolean, Asked?][] = [
    [[PROFILE], true],
    [[PROFILE.replace("production", "PRODUCTION")], true],
    [[VERSION], true],
    [["x509.subject: C=US, ST=WA, O=Other", VERSION], true],
    [[alias], true, { header }],
    [[alias], false],
    [["*"], false],
    [["x509.subject: C=US, ST=WA, O=Forge"], false],
    [[`${PROFILE}x`], false],
    [[PROFILE.replace("production", "prod")], false],
    [[`${PROFILE}/Ab12Cd35`], false],
    [[PROFILE.replace("111122223333", "999922223333")], false],
    [[PROFILE.replace(":signer:", ":kms:")], false],
  ];
  for (const [identities, expected, asked] of rows) {
    const result = await verify(surroundings(aws), { identities, ...asked });
    assert.equal(
      result.failure?.reason,
      expected ? undefined : "authenticity.identity_mismatch",
      identities.join(),
    );
  }
});

Deno.test("AWS Signer wants its signing profiles named, and says so", async () => {
  await using aws = new LocalAws();
  const result = await verify(surroundings(aws), { identities: ["*"] });
  assert.match(result.message, /name the signing profiles/);
});

Deno.test("AWS Signer's signatures have its attributes and its scheme, and no unknown critical ones", async () => {
  await using aws = new LocalAws();
  const where = surroundings(aws);
  const reason = async (asked: Asked): Promise<string | undefined> =>
    (await verify(where, asked)).failure?.reason;
  assert.equal(await reason({ scheme: "notary.x509" }), "plugin.failed");
  assert.equal(
    await reason({ header: { "com.amazonaws.signer.signingJob": undefined } }),
    "plugin.failed",
  );
  assert.equal(
    await reason({ header: { "com.amazonaws.signer.signingProfileVersion": "production" } }),
    "plugin.failed",
  );
  assert.equal(await reason({ header: { "com.example.k": 1 } }), "integrity.critical_header");
  assert.equal(await reason({ header: { [MINIMUM]: "2.0.0" } }), "plugin.not_installed");
});

Deno.test("what AWS Signer has revoked is denied, and its answer is used for a minute", async () => {
  await using aws = new LocalAws();
  aws.answer = () => Response.json({ revokedEntities: [VERSION] });
  let now = NOW;
  const where = { ...surroundings(aws), now: (): Date => now };
  const builtIn = new Map([[AWS_SIGNER, new AwsSignerPlugin(where)]]);
  const plugins = createPluginHost({ builtIn, allowed: [], directory: undefined });
  const result = await verify(where, { plugins });
  assert.equal(result.failure?.reason, "revocation.revoked");
  assert.match(result.message, /production/);
  aws.answer = () => Response.json({ revokedEntities: [] });
  assert.equal((await verify(where, { plugins })).outcome, "failure");
  assert.equal(aws.requests.length, 1);
  now = new Date(NOW.getTime() + 60_000);
  assert.equal((await verify(where, { plugins })).outcome, "success");
  assert.equal(aws.requests.length, 2);
});

Deno.test("where AWS Signer does not answer, or not with a status, the verdict is undecided", async () => {
  await using aws = new LocalAws();
  const rows: [() => Response, boolean][] = [
    [() => new Response("", { status: 500 }), true],
    [() => new Response("", { status: 429 }), true],
    [() => new Response("", { status: 403 }), false],
    [() => new Response("no json"), false],
    [() => Response.json({}), false],
    [() => Response.json({ revokedEntities: "none" }), false],
    [() => Response.json({ revokedEntities: [1] }), false],
    [() => Response.json(null), false],
    [
      () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
      false,
    ],
  ];
  for (const [answer, transient] of rows) {
    aws.answer = answer;
    const result = await verify(surroundings(aws));
    assert.equal(result.outcome, "undecided", result.message);
    assert.equal(result.failure?.reason, "plugin.failed");
    assert.equal(result.failure?.transient, transient, result.message);
  }
  const gone = surroundings(aws, { ...KEYS, AWS_ENDPOINT_URL_SIGNER: "http://127.0.0.1:1" });
  const result = await verify(gone);
  assert.equal(result.outcome, "undecided");
  assert.equal(result.failure?.transient, true);
});

Deno.test("an answer of AWS Signer that is too large is not read to its end", async () => {
  await using aws = new LocalAws();
  aws.answer = () => new Response("x".repeat(300_000));
  assert.match((await verify(surroundings(aws))).message, /more than 262144 bytes/);
});

Deno.test("a request with a wrong key is refused by the service, which is undecided", async () => {
  await using aws = new LocalAws();
  aws.secret = "another";
  const result = await verify(surroundings(aws));
  assert.equal(result.outcome, "undecided");
  assert.match(result.message, /status 403/);
  assert.doesNotMatch(JSON.stringify(result), /secret/);
});

// Credentials.

const EXPIRATION = "2026-11-24T13:00:00Z";

Deno.test("credentials of a web identity are exchanged at STS", async () => {
  await using aws = new LocalAws();
  [aws.secret, aws.token] = ["sts secret", "sts token"];
  let exchanges = 0;
  aws.other.set("/sts", async (request) => {
    exchanges++;
    const form = new URLSearchParams(await request.text());
    assert.deepEqual(Object.fromEntries(form), {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::1:role/r",
      RoleSessionName: "assay",
      WebIdentityToken: "jwt",
    });
    return new Response(
      `<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>sts secret</SecretAccessKey>` +
        `<SessionToken>sts token</SessionToken><Expiration>${EXPIRATION}</Expiration></Credentials></R>`,
    );
  });
  const env = {
    AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
    AWS_ROLE_ARN: "arn:aws:iam::1:role/r",
    AWS_ENDPOINT_URL_STS: `${aws.address}/sts`,
  };
  const where = surroundings(aws, env, { "/token": "jwt\n" });
  assert.equal((await verify(where)).outcome, "success");
  assert.equal(exchanges, 1);
  const missing = await verify(surroundings(aws, env));
  assert.match(missing.message, /token of an AWS identity cannot be read/);
  aws.other.set("/sts", () => new Response("<Error/>", { status: 400 }));
  assert.match((await verify(where)).message, /AWS STS answers with status 400/);
  aws.other.set("/sts", () => new Response("<R/>"));
  assert.match((await verify(where)).message, /without credentials/);
});

Deno.test("credentials of EKS Pod Identity come from the agent on the node, and from nowhere else", async () => {
  await using aws = new LocalAws();
  [aws.secret, aws.token] = ["pod secret", "pod token"];
  aws.other.set(
    "/pod",
    (request) =>
      request.headers.get("authorization") === "pod jwt"
        ? Response.json({
          AccessKeyId: "ASIA",
          SecretAccessKey: "pod secret",
          Token: "pod token",
          Expiration: EXPIRATION,
        })
        : new Response("", { status: 401 }),
  );
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.address}/pod`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/pod-token",
  };
  const files = { "/pod-token": "pod jwt\n" };
  assert.equal((await verify(surroundings(aws, env, files))).outcome, "success");
  for (const uri of ["http://169.254.169.254/pod", "http://example.com/", "nonsense"]) {
    const changed = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: uri };
    assert.match(
      (await verify(surroundings(aws, changed, files))).message,
      /neither https nor an agent/,
    );
  }
});

Deno.test("credentials and region of the shared files are those of the profile", async () => {
  await using aws = new LocalAws();
  const credentials = `# comment
[default]
aws_access_key_id = OTHER
aws_secret_access_key = other

[work]
aws_access_key_id=AKID
aws_secret_access_key = file secret
`;
  const config = `[default]\nregion = eu-west-1\n[profile work]\nregion = ${REGION}\n`;
  const files = { "/home/me/.aws/credentials": credentials, "/home/me/.aws/config": config };
  aws.secret = "file secret";
  assert.equal(
    (await verify(surroundings(aws, { AWS_PROFILE: "work" }, files))).outcome,
    "success",
  );
  assert.equal((await verify(surroundings(aws, {}, files))).outcome, "undecided");
  const none = await verify(surroundings(aws, { AWS_PROFILE: "none" }, files));
  assert.match(none.message, /profile "none" has no access key/);
  const elsewhere = { AWS_SHARED_CREDENTIALS_FILE: "/x", AWS_PROFILE: "work", AWS_REGION: REGION };
  assert.equal(
    (await verify(surroundings(aws, elsewhere, { "/x": credentials }))).outcome,
    "success",
  );
});

Deno.test("without credentials the verdict is undecided, and says where they were looked for", async () => {
  await using aws = new LocalAws();
  const result = await verify(surroundings(aws, {}));
  assert.equal(result.outcome, "undecided");
  assert.match(result.message, /no AWS credentials/);
  assert.equal(result.failure?.transient, false);
});

Deno.test("session tokens of the environment are sent and signed", async () => {
  await using aws = new LocalAws();
  aws.token = "session";
  const where = surroundings(aws, { ...KEYS, AWS_SESSION_TOKEN: "session" });
  assert.equal((await verify(where)).outcome, "success");
});
