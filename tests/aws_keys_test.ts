import assert from "node:assert/strict";
import { AwsCredentialSource, getEcrLogin, parseEcrHost } from "../src/cloud/mod.ts";
import { AssayError } from "../src/errors.ts";
import { awsKmsEntries, EntryGoneError, type MaterialEntry } from "../src/keys/mod.ts";
import { awsEcrCredentials } from "../src/stores/mod.ts";
import type { TrustMaterial } from "../src/trust/mod.ts";
import { awsDouble, type KmsKey, ROLE, STATIC_KEYS } from "./clouds/aws.ts";
import { Clock, type CloudDouble, projectedToken } from "./clouds/double.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";
import { forgeKey } from "./forge/mod.ts";
import { findMoto, type Moto, MOTO_REGION, startMoto } from "./moto.ts";

/*
 * Keys of AWS KMS, and credentials for ECR: against a double that is written from the documentation, and
 * against moto, where it is, which checks signatures with the code of AWS.
 */

const SIGNAL = new AbortController().signal;
const program = await findMoto();
const ACCOUNT = `arn:aws:kms:${MOTO_REGION}:111122223333:key`;

const SPECS: Readonly<Record<string, Parameters<typeof forgeKey>[0]>> = {
  ECC_NIST_P256: "P-256",
  ECC_NIST_P384: "P-384",
  ECC_NIST_P521: "P-521",
  RSA_2048: "RSA-2048",
  RSA_3072: "RSA-3072",
  ECC_NIST_EDWARDS25519: "Ed25519",
};

async function forgeKms(id: string, spec: string, more: Partial<KmsKey> = {}): Promise<KmsKey> {
  const { spki } = await forgeKey(SPECS[spec] ?? "P-256", `kms ${id}`);
  return { arn: `${ACCOUNT}/${id}`, spki, spec, usage: "SIGN_VERIFY", state: "Enabled", ...more };
}

interface World extends AsyncDisposable {
  readonly keys: Map<string, KmsKey>;
  readonly double: CloudDouble;
  readonly entries: (keyId: string, region?: string) => MaterialEntry[];
}

function world(env: Readonly<Record<string, string>> = STATIC_KEYS): World {
  const keys = new Map<string, KmsKey>();
  const clock = new Clock();
  const double = awsDouble(clock, keys);
  const surroundings = cloudSurroundings(clock, {
    HOME: "/nowhere",
    AWS_ENDPOINT_URL_KMS: `${double.address}/kms`,
    AWS_ENDPOINT_URL_STS: `${double.address}/sts/`,
    ...env,
  }, new Map([["/token", projectedToken(clock, "sts.amazonaws.com")]]));
  return {
    keys,
    double,
    entries: (keyId, region) =>
      awsKmsEntries({ region, keys: [{ name: "release", keyId }] }, surroundings),
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

async function fetchOne(entries: readonly MaterialEntry[]): Promise<TrustMaterial> {
  return await entries[0]?.fetch(SIGNAL) ?? assert.fail();
}

async function failure(entries: readonly MaterialEntry[]): Promise<AssayError> {
  try {
    await fetchOne(entries);
  } catch (error) {
    assert.ok(error instanceof AssayError, String(error));
    assert.doesNotMatch(`${error.message} ${error.remedy} ${error.stack}`, /PLANTED/);
    return error;
  }
  return assert.fail("it was fetched");
}

Deno.test("AWS KMS: keys of all kinds are had by id, alias and ARN, with the region that goes with each", async () => {
  await using aws = world();
  for (const [index, spec] of Object.keys(SPECS).entries()) {
    const key = await forgeKms(`id-${index}`, spec);
    for (const name of [`id-${index}`, `alias/${index}`, key.arn]) aws.keys.set(name, key);
    for (
      const [keyId, region] of [[`id-${index}`, MOTO_REGION], [`alias/${index}`, MOTO_REGION], [
        key.arn,
      ]]
    ) {
      const { keys: [found], details } = await fetchOne(aws.entries(keyId ?? "", region));
      assert.deepEqual([found?.name, found?.version], ["release", `id-${index}`]);
      assert.deepEqual(found?.key.spki, key.spki);
      assert.equal(details[0]?.enabled, true);
    }
  }
});

Deno.test("AWS KMS: the region is that of the environment where nothing says it, and without any nobody is asked", async () => {
  await using there = world({ ...STATIC_KEYS, AWS_REGION: MOTO_REGION });
  there.keys.set("id", await forgeKms("id", "RSA_2048"));
  assert.equal((await fetchOne(there.entries("id"))).keys.length, 1);
  await using nowhere = world();
  assert.match((await failure(nowhere.entries("id"))).message, /there is no AWS region to ask in/);
  assert.deepEqual(nowhere.double.asked, []);
  // An ARN of another region is asked for there, and signed for there, which this one is not.
  const other = nowhere.entries(ACCOUNT.replace(MOTO_REGION, "us-east-1") + "/id");
  assert.match((await failure(other)).message, /InvalidSignatureException/);
});

Deno.test("AWS KMS: a web identity signs as well", async () => {
  await using aws = world({
    AWS_REGION: MOTO_REGION,
    AWS_ROLE_ARN: ROLE,
    AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
  });
  aws.keys.set("id", await forgeKms("id", "ECC_NIST_P256"));
  const entries = aws.entries("id");
  await fetchOne(entries);
  await fetchOne(entries);
  // The token is had once.
  assert.deepEqual(aws.double.asked.map(({ url }) => url.pathname), ["/sts/", "/kms/", "/kms/"]);
});

Deno.test("AWS KMS: a key that is disabled, about to be deleted or not there is gone", async () => {
  await using aws = world();
  const key = await forgeKms("id", "ECC_NIST_P256");
  aws.keys.set("id", key);
  const rows = [["Disabled", /is disabled/], [
    "PendingDeletion",
    /is about to be deleted/,
  ]] as const;
  for (const [state, pattern] of rows) {
    key.state = state;
    const error = await failure(aws.entries("id", MOTO_REGION));
    assert.ok(error instanceof EntryGoneError);
    assert.match(error.message, pattern);
  }
  const missing = await failure(aws.entries("other", MOTO_REGION));
  assert.ok(missing instanceof EntryGoneError);
  assert.match(missing.message, /^The key release of AWS KMS does not exist/);
});

Deno.test("AWS KMS: what is not for signatures, of another kind, or not what it says is no key", async () => {
  await using aws = world();
  aws.keys.set("usage", await forgeKms("usage", "RSA_2048", { usage: "ENCRYPT_DECRYPT" }));
  aws.keys.set("spec", await forgeKms("spec", "SM2"));
  aws.keys.set("other", { ...await forgeKms("other", "ECC_NIST_P384"), spec: "ECC_NIST_P256" });
  const rows = {
    usage: /usage must be SIGN_VERIFY/,
    spec: /is of a kind/,
    other: /is another key/,
  };
  for (const [id, pattern] of Object.entries(rows)) {
    const error = await failure(aws.entries(id, MOTO_REGION));
    assert.equal(error.code, "KEY_INVALID");
    assert.equal(error.effect, "undecided");
    assert.match(error.message, pattern);
  }
});

const ANSWERS: Readonly<Record<string, readonly [() => Response, RegExp, boolean]>> = {
  "throttles": [
    () => Response.json({ __type: "ThrottlingException", message: "PLANTED" }, { status: 400 }),
    /status 400 \(ThrottlingException\)/,
    true,
  ],
  "is down": [() => new Response("PLANTED", { status: 500 }), /status 500/, true],
  "refuses": [
    () => Response.json({ __type: "AccessDeniedException" }, { status: 400 }),
    /status 400 \(AccessDeniedException\)/,
    false,
  ],
  "says what is not JSON": [() => new Response("PLANTED"), /not a JSON object/, false],
  "says no key": [() => Response.json({ PLANTED: 1 }), /answers without public key/, false],
};

for (const [what, [answer, pattern, transient]] of Object.entries(ANSWERS)) {
  Deno.test(`AWS KMS: a service that ${what} is a failure, and nothing is gone`, async () => {
    await using aws = world();
    aws.double.instead = answer;
    const error = await failure(aws.entries("id", MOTO_REGION));
    assert.match(error.message, pattern);
    assert.equal(error.transient, transient);
    assert.ok(!(error instanceof EntryGoneError));
  });
}

function test(name: string, fn: (moto: Moto) => Promise<void>): void {
  Deno.test({
    name: program === undefined ? `${name} (skipped: there is no moto)` : name,
    ignore: program === undefined,
    fn: async () => {
      await using moto = await startMoto(program ?? "");
      await fn(moto);
    },
  });
}

test("moto: keys of KMS are read with requests that the code of AWS finds signed right", async (moto) => {
  const user = await moto.enforce();
  const clock = new Clock();
  clock.time = Date.now();
  const as = (secretAccessKey: string, keyId: string): MaterialEntry[] =>
    awsKmsEntries(
      { region: MOTO_REGION, keys: [{ name: "release", keyId }] },
      cloudSurroundings(clock, {
        HOME: "/nowhere",
        AWS_ENDPOINT_URL_KMS: moto.address,
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      }),
    );
  const call = (operation: string, body: unknown): Promise<Record<string, unknown>> =>
    moto.call("kms", `TrentService.${operation}`, body);
  for (
    const KeySpec of ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "RSA_2048", "RSA_3072"]
  ) {
    const { KeyMetadata } = await call("CreateKey", { KeyUsage: "SIGN_VERIFY", KeySpec }) as {
      KeyMetadata: { KeyId: string; Arn: string };
    };
    const { KeyId, Arn } = KeyMetadata;
    const AliasName = `alias/${KeySpec}`;
    await call("CreateAlias", { AliasName, TargetKeyId: KeyId });
    for (const keyId of [KeyId, Arn, AliasName]) {
      const { keys: [found] } = await fetchOne(as(user.secretAccessKey, keyId));
      assert.equal(found?.version, KeyId);
      assert.ok(found?.key.description.endsWith(KeySpec.slice(-3)), found?.key.description);
    }
    const wrong = await failure(as("PLANTED-wrong", KeyId));
    assert.match(wrong.message, /status 403/);
  }
  const missing = await failure(as(user.secretAccessKey, "alias/nothing"));
  assert.ok(missing instanceof EntryGoneError, missing.message);
  const { KeyMetadata } = await call("CreateKey", {
    KeySpec: "RSA_2048",
    KeyUsage: "ENCRYPT_DECRYPT",
  }) as {
    KeyMetadata: { KeyId: string };
  };
  assert.match((await failure(as(user.secretAccessKey, KeyMetadata.KeyId))).message, /SIGN_VERIFY/);
});

test("moto: a web identity is exchanged at STS, and its keys for a login at ECR", async (moto) => {
  const clock = new Clock();
  clock.time = Date.now();
  const surroundings = cloudSurroundings(clock, {
    HOME: "/nowhere",
    AWS_REGION: MOTO_REGION,
    AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/assay",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
    AWS_ENDPOINT_URL_STS: moto.address,
    AWS_ENDPOINT_URL_ECR: moto.address,
  }, new Map([["/token", projectedToken(clock, "sts.amazonaws.com")]]));
  const host = `111122223333.dkr.ecr.${MOTO_REGION}.amazonaws.com`;
  const source = new AwsCredentialSource(surroundings);
  const registry = parseEcrHost(host) ?? assert.fail();
  const { value, expiresAt } = await getEcrLogin(registry, source, surroundings, SIGNAL);
  assert.equal(value.username, "AWS");
  assert.match(value.password, /^[0-9]{12}-auth-token$/);
  // What it gives has long expired, and so the provider does not use it.
  assert.equal(new Date(expiresAt).toISOString(), "2015-01-01T00:00:00.000Z");
  await assert.rejects(
    awsEcrCredentials(surroundings).credentials(host, SIGNAL),
    /what was issued has expired already/,
  );
});
