import Alibaba, { Config, OpenApiRequest, Params } from "@alicloud/openapi-client";
import OpenApiUtil from "@alicloud/openapi-util";
import { RuntimeOptions } from "@alicloud/tea-util";
import { SignatureV4 } from "@smithy/signature-v4";
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { alibabaKmsEntries, awsKmsEntries } from "../src/keys/mod.ts";
import { awsEcrCredentials } from "../src/stores/mod.ts";
import { callProblem } from "./clouds/alibaba.ts";
import { STATIC_KEYS } from "./clouds/aws.ts";
import { type Asked, Clock, CloudDouble } from "./clouds/double.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";

/*
 * Requests that are signed by hand against what the vendors' own SDKs make of the same input.
 */

const SIGNAL = new AbortController().signal;
const SESSION = {
  accessKeyId: "STS.NSession",
  accessKeySecret: "PLANTED-alibaba-secret",
  securityToken: "PLANTED-alibaba/token",
};

function calls(): CloudDouble {
  return new CloudDouble(() => Response.json({ Code: "Forbidden.NoPermission" }, { status: 403 }));
}

Deno.test("a call of Alibaba Cloud has the signature that the vendor's library makes of it", async () => {
  const clock = new Clock();
  await using double = calls();
  const surroundings = cloudSurroundings(clock, {
    ALIBABA_CLOUD_ACCESS_KEY_ID: SESSION.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: SESSION.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: SESSION.securityToken,
  });
  for (const name of ["key-a", "alias/release", "alias/a b*c~d!(é)'"]) {
    const keys = [{ name, version: "", versionHistoryLimit: 0 }];
    const [entry] = alibabaKmsEntries(
      { endpoint: double.address, keys, certificates: [] },
      surroundings,
    );
    await assert.rejects(entry?.fetch(SIGNAL) ?? Promise.resolve(), /Forbidden\.NoPermission/);
    const asked = double.asked.at(-1);
    assert.ok(asked !== undefined);
    assert.equal(asked.headers.get("authorization"), vendorAuthorization(asked), name);
  }
});

/** As `doRequest` of the vendor's client makes it, from the headers of a request without it. */
function vendorAuthorization({ method, url, headers }: Asked): string {
  const signed = [...headers].filter(([name]) => name.startsWith("x-acs-"));
  const request = {
    method,
    pathname: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...Object.fromEntries(signed), host: url.host },
  };
  const empty = createHash("sha256").update("").digest("hex");
  return OpenApiUtil.default.getAuthorization(
    request as never,
    "ACS3-HMAC-SHA256",
    empty,
    SESSION.accessKeyId,
    SESSION.accessKeySecret,
  );
}

Deno.test("the double of Alibaba Cloud takes what the vendor's client sends, and nothing with another secret", async () => {
  const clock = new Clock();
  clock.time = Date.now(); // the client signs with the time that it is
  const nonces = new Set<string>();
  await using double = new CloudDouble((asked) =>
    callProblem(asked, clock, nonces, "2016-01-20") ?? Response.json({ KeyId: "key-a" })
  );
  const call = async (keys: typeof SESSION): Promise<unknown> => {
    const config = new Config({ ...keys, endpoint: double.host, protocol: "HTTP" });
    const client = new Alibaba.default(config);
    const params = new Params({
      action: "DescribeKey",
      version: "2016-01-20",
      protocol: "HTTP",
      pathname: "/",
      method: "POST",
      authType: "AK",
      style: "RPC",
      reqBodyType: "json",
      bodyType: "json",
    });
    const request = new OpenApiRequest({ query: { KeyId: "alias/a b" } });
    return await client.callApi(params, request, new RuntimeOptions({ autoretry: false }));
  };
  const answer = await call(SESSION) as { readonly body: { readonly KeyId: string } };
  assert.equal(answer.body.KeyId, "key-a");
  await assert.rejects(call({ ...SESSION, accessKeySecret: "other" }), /SignatureDoesNotMatch/);
});

/** SHA-256, and HMAC with it, as the vendor's library takes them. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", typeof secret === "string" ? secret : new Uint8Array(bytesOf(secret)));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

for (const service of ["ecr", "kms"] as const) {
  Deno.test(`a call of AWS (${service}) has the signature that the vendor's library makes of it`, async () => {
    const clock = new Clock();
    await using double = new CloudDouble(() =>
      Response.json({ __type: "AccessDeniedException" }, { status: 400 })
    );
    const surroundings = cloudSurroundings(clock, {
      ...STATIC_KEYS,
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_ECR: double.address,
      AWS_ENDPOINT_URL_KMS: double.address,
    });
    const failing = service === "ecr"
      ? awsEcrCredentials(surroundings)
        .credentials("111122223333.dkr.ecr.eu-central-1.amazonaws.com", SIGNAL)
      : awsKmsEntries({ keys: [{ name: "k", keyId: "alias/é k" }] }, surroundings)[0]?.fetch(
        SIGNAL,
      );
    await assert.rejects(failing ?? Promise.resolve(), /AccessDeniedException/);
    const asked = double.asked.at(-1);
    assert.ok(asked !== undefined);
    const authorization = asked.headers.get("authorization") ?? "";
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";") ?? [];
    assert.ok(names.includes("host") && names.includes("x-amz-target"));
    const signer = new SignatureV4({
      credentials: {
        accessKeyId: STATIC_KEYS.AWS_ACCESS_KEY_ID,
        secretAccessKey: STATIC_KEYS.AWS_SECRET_ACCESS_KEY,
      },
      region: "eu-central-1",
      service,
      sha256: Sha256,
      applyChecksum: false,
    });
    const signed = await signer.sign({
      method: asked.method,
      protocol: "http:",
      hostname: asked.url.hostname,
      port: Number(asked.url.port),
      path: asked.url.pathname,
      query: {},
      headers: {
        ...Object.fromEntries(names.map((name) => [name, asked.headers.get(name) ?? ""])),
        host: asked.url.host,
      },
      body: asked.body,
    }, { signingDate: clock.now() });
    assert.equal(authorization, signed.headers["authorization"]);
  });
}
