import { type Asked, type Clock, CloudDouble, formOf, tokenProblem } from "./double.ts";
import { signatureProblem } from "./sigv4.ts";

/** The role that pods may assume. */
export const ROLE = "arn:aws:iam::111122223333:role/assay";
/** Keys that the environment may hold. */
export const STATIC_KEYS = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "PLANTED/static/secret",
} as const;

const SESSION = { id: "ASIASESSION", secret: "PLANTED/session/secret", token: "PLANTED//token==" };

/** A key of KMS. */
export interface KmsKey {
  readonly arn: string;
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly spec: string;
  readonly usage: string;
  state: "Enabled" | "Disabled" | "PendingDeletion";
}

/** STS, the agent of Pod Identity, KMS and ECR, in one place; each refuses what the real one refuses. */
export function awsDouble(
  clock: Clock,
  keys: ReadonlyMap<string, KmsKey> = new Map(),
): CloudDouble {
  let issued = 0;
  return new CloudDouble((asked) => {
    const { url } = asked;
    if (url.pathname === "/sts/") return sts(asked, clock);
    if (url.pathname === "/agent") return agent(asked, clock);
    if (url.pathname === "/kms/") return kms(asked, keys);
    if (url.pathname === "/public/") return ecr(asked, clock, "ecr-public", ++issued);
    return url.pathname === "/"
      ? ecr(asked, clock, "ecr", ++issued)
      : new Response(null, { status: 404 });
  });
}

function sts(asked: Asked, clock: Clock): Response {
  const refuse = (status: number, code: string): Response =>
    new Response(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
      { status },
    );
  const form = formOf(asked);
  if (form?.get("Action") !== "AssumeRoleWithWebIdentity") return refuse(400, "InvalidAction");
  if (form.get("Version") !== "2011-06-15") return refuse(400, "InvalidAction");
  if (!/^[\w+=,.@-]{2,64}$/.test(form.get("RoleSessionName") ?? "")) {
    return refuse(400, "ValidationError");
  }
  if (form.get("RoleArn") !== ROLE) return refuse(403, "AccessDenied");
  const problem = tokenProblem(form.get("WebIdentityToken") ?? null, clock, "sts.amazonaws.com");
  if (problem === "expired") return refuse(400, "ExpiredTokenException");
  if (problem !== undefined) return refuse(400, "InvalidIdentityToken");
  return new Response(
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${SESSION.id}</AccessKeyId><SecretAccessKey>${SESSION.secret}</SecretAccessKey><SessionToken>${SESSION.token}</SessionToken><Expiration>${
      expiration(clock)
    }</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  );
}

function agent({ headers }: Asked, clock: Clock): Response {
  if (tokenProblem(headers.get("authorization"), clock, "pods.eks.amazonaws.com") !== undefined) {
    return new Response("no", { status: 401 });
  }
  return Response.json({
    AccessKeyId: SESSION.id,
    SecretAccessKey: SESSION.secret,
    Token: SESSION.token,
    Expiration: expiration(clock),
  });
}

function expiration(clock: Clock): string {
  return new Date(clock.time + 3600_000).toISOString();
}

function kms(asked: Asked, keys: ReadonlyMap<string, KmsKey>): Response {
  const refuse = (code: string, status = 400): Response =>
    Response.json({ __type: code, message: "PLANTED message" }, { status });
  const { method, headers, body } = asked;
  if (method !== "POST" || headers.get("x-amz-target") !== "TrentService.GetPublicKey") {
    return refuse("UnknownOperationException");
  }
  if (headers.get("content-type") !== "application/x-amz-json-1.1") {
    return refuse("SerializationException");
  }
  if (!isSigned(asked, "kms", "eu-central-1")) return refuse("InvalidSignatureException");
  const key = keys.get(JSON.parse(body).KeyId);
  if (key === undefined) return refuse("NotFoundException");
  if (key.state === "Disabled") return refuse("DisabledException");
  if (key.state === "PendingDeletion") return refuse("KMSInvalidStateException");
  return Response.json({
    KeyId: key.arn,
    PublicKey: key.spki.toBase64(),
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: key.usage,
    SigningAlgorithms: [],
  });
}

/** Whether one of the two identities has signed a request. */
function isSigned(asked: Asked, service: string, region: string): boolean {
  const session = { accessKeyId: SESSION.id, secret: SESSION.secret, token: SESSION.token };
  const fixed = {
    accessKeyId: STATIC_KEYS.AWS_ACCESS_KEY_ID,
    secret: STATIC_KEYS.AWS_SECRET_ACCESS_KEY,
    token: undefined,
  };
  return [session, fixed].some((keys) =>
    signatureProblem(asked, { ...keys, service, region }) === undefined
  );
}

function ecr(asked: Asked, clock: Clock, service: string, issued: number): Response {
  const refuse = (code: string): Response =>
    Response.json({ __type: `com.amazonaws.ecr#${code}`, message: "no" }, { status: 400 });
  const { method, headers, body } = asked;
  const target = service === "ecr"
    ? "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    : "SpencerFrontendService.GetAuthorizationToken";
  if (method !== "POST" || headers.get("x-amz-target") !== target) {
    return refuse("UnknownOperationException");
  }
  if (headers.get("content-type") !== "application/x-amz-json-1.1" || body !== "{}") {
    return refuse("SerializationException");
  }
  const region = service === "ecr" ? "eu-central-1" : "us-east-1";
  if (!isSigned(asked, service, region)) return refuse("InvalidSignatureException");
  const authorizationToken = new TextEncoder().encode(`AWS:PLANTED-ecr-${issued}`).toBase64();
  const data = { authorizationToken, expiresAt: clock.time / 1000 + 43_200.123 };
  return Response.json({ authorizationData: service === "ecr" ? [data] : data });
}
