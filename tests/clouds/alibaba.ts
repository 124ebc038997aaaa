import { createHash, createHmac } from "node:crypto";
import { type Asked, type Clock, CloudDouble, formOf, tokenProblem } from "./double.ts";

/** The role that pods may assume, and by which provider. */
export const ALIBABA = {
  ALIBABA_CLOUD_ROLE_ARN: "acs:ram::1234567890123456:role/assay",
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: "acs:ram::1234567890123456:oidc-provider/ack-rrsa",
} as const;

const KEYS = {
  id: "STS.NSession",
  secret: "PLANTED-alibaba-secret",
  token: "PLANTED-alibaba/token",
};

/** STS and ACR, in one place; each refuses what the real one refuses. ACR has the instances `cri-a` and `cri-b`. */
export function alibabaDouble(clock: Clock): CloudDouble {
  let issued = 0;
  const nonces = new Set<string>();
  return new CloudDouble((asked) =>
    asked.url.searchParams.get("Action") === "AssumeRoleWithOIDC"
      ? sts(asked, clock)
      : acr(asked, clock, nonces, ++issued)
  );
}

/** A refusal as services of Alibaba Cloud write it. */
export function refuse(status: number, Code: string): Response {
  return Response.json({ Code, Message: "no", RequestId: "1" }, { status });
}

/** RFC 3339 in UTC without fractions, and not more than 15 minutes away. */
function isTimely(text: string | null, clock: Clock): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text ?? "") &&
    Math.abs(Date.parse(text ?? "") - clock.time) < 15 * 60_000;
}

/** AssumeRoleWithOIDC. */
export function sts(asked: Asked, clock: Clock): Response {
  const query = asked.url.searchParams;
  const form = formOf(asked);
  if (query.get("Version") !== "2015-04-01" || query.get("Format") !== "JSON") {
    return refuse(404, "InvalidVersion");
  }
  if (!isTimely(query.get("Timestamp"), clock)) return refuse(400, "InvalidTimeStamp.Expired");
  if (form?.get("RoleArn") !== ALIBABA.ALIBABA_CLOUD_ROLE_ARN) return refuse(403, "NoPermission");
  if (form.get("OIDCProviderArn") !== ALIBABA.ALIBABA_CLOUD_OIDC_PROVIDER_ARN) {
    return refuse(404, "EntityNotExist.OIDCProvider");
  }
  if (!/^[\w.@-]{2,64}$/.test(form.get("RoleSessionName") ?? "")) {
    return refuse(400, "InvalidParameter.RoleSessionName");
  }
  switch (tokenProblem(form.get("OIDCToken") ?? null, clock, "sts.aliyuncs.com")) {
    case "malformed":
      return refuse(400, "AuthenticationFail.OIDCToken.Invalid");
    case "audience":
      return refuse(400, "AuthenticationFail.OIDCToken.AudienceNotMatch");
    case "expired":
      return refuse(400, "AuthenticationFail.OIDCToken.Expired");
    case undefined:
      return Response.json({
        Credentials: {
          AccessKeyId: KEYS.id,
          AccessKeySecret: KEYS.secret,
          SecurityToken: KEYS.token,
          Expiration: new Date(clock.time + 3600_000).toISOString().replace(".000Z", "Z"),
        },
      });
  }
}

function acr(asked: Asked, clock: Clock, nonces: Set<string>, issued: number): Response {
  const problem = callProblem(asked, clock, nonces, "2018-12-01");
  if (problem !== undefined) return problem;
  const { url, headers } = asked;
  if (headers.get("x-acs-action") !== "GetAuthorizationToken") {
    return refuse(404, "InvalidAction.NotFound");
  }
  const instance = url.searchParams.get("InstanceId") ?? "";
  if (!["cri-a", "cri-b"].includes(instance)) {
    return Response.json({ IsSuccess: false, Code: "INSTANCE_NOT_EXIST", RequestId: "1" });
  }
  return Response.json({
    TempUsername: "cr_temp_user",
    AuthorizationToken: `PLANTED-${instance}-${issued}`,
    ExpireTime: clock.time + 3600_000,
    IsSuccess: true,
    Code: "success",
    RequestId: "1",
  });
}

/** Why a call of an API is refused, whatever it asks for; undefined when it is not. */
export function callProblem(
  asked: Asked,
  clock: Clock,
  nonces: Set<string>,
  version: string,
): Response | undefined {
  const { method, headers } = asked;
  if (method !== "POST") return refuse(404, "InvalidAction.NotFound");
  if (headers.get("x-acs-version") !== version) return refuse(400, "InvalidVersion");
  if (!isTimely(headers.get("x-acs-date"), clock)) return refuse(400, "InvalidTimeStamp.Expired");
  const nonce = headers.get("x-acs-signature-nonce") ?? "";
  if (nonce === "" || nonces.has(nonce)) return refuse(400, "SignatureNonceUsed");
  nonces.add(nonce);
  if (headers.get("x-acs-security-token") !== KEYS.token) {
    return refuse(403, "InvalidSecurityToken.Malformed");
  }
  return signatureOf(asked) === headers.get("authorization")
    ? undefined
    : refuse(400, "SignatureDoesNotMatch");
}

/** The `Authorization` that a request should have (ACS3-HMAC-SHA256, written from its documentation). */
function signatureOf({ method, url, headers, body }: Asked): string {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const signed = ["host", ...headers.keys()].filter((name, index, all) =>
    all.indexOf(name) === index &&
    (name === "host" || name === "content-type" || name.startsWith("x-acs-"))
  ).sort();
  const lines = signed.map((name) =>
    `${name}:${name === "host" ? url.host : headers.get(name)?.trim()}\n`
  ).join("");
  const query = [...url.searchParams].map(([name, value]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  ).sort().join("&");
  const canonical = [method, url.pathname, query, lines, signed.join(";"), sha256(body)].join("\n");
  const signature = createHmac("sha256", KEYS.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`).digest("hex");
  return `ACS3-HMAC-SHA256 Credential=${KEYS.id},SignedHeaders=${
    signed.join(";")
  },Signature=${signature}`;
}
