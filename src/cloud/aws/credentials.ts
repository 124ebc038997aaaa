import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import { awsDomain } from "./ecr.ts";
import { type AwsSurroundings, findRegion, profileOf, readProfile } from "./surroundings.ts";

/** What signs requests to AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they end, in milliseconds since 1970; undefined when they do not say. */
  readonly expiresAt?: number;
}

/** Credentials are got again this long before their end. */
const MARGIN_MS = 5 * 60_000;

/** Hosts that hand out credentials over plain HTTP: the agents of container services on the node. */
const AGENTS = [
  "169.254.170.2",
  "169.254.170.23",
  "[fd00:ec2::23]",
  "127.0.0.1",
  "[::1]",
  "localhost",
];

/**
 * Finds AWS credentials as the AWS tools do, and keeps them until shortly before their end: environment
 * variables, a web identity (IRSA), the shared file, EKS Pod Identity.
 */
export class AwsCredentialSource {
  readonly #surroundings: AwsSurroundings;
  #known: AwsCredentials | undefined;
  #finding: Promise<AwsCredentials> | undefined;

  constructor(surroundings: AwsSurroundings) {
    this.#surroundings = surroundings;
  }

  /** @throws {CloudError} when there are none, or who hands them out does not answer. */
  async get(signal: AbortSignal): Promise<AwsCredentials> {
    const known = this.#known;
    const now = this.#surroundings.now().getTime();
    if (known !== undefined && (known.expiresAt ?? Infinity) - MARGIN_MS > now) return known;
    this.#finding ??= this.#find().finally(() => this.#finding = undefined);
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      return this.#known = await Promise.race([this.#finding, stopped]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Shared by all who ask; each exchange in it has a time limit of its own. */
  async #find(): Promise<AwsCredentials> {
    const { signal } = new AbortController();
    for (const find of [fromEnvironment, fromWebIdentity, fromSharedFile, fromContainer]) {
      const found = await find(this.#surroundings, signal);
      if (found !== undefined) return found;
    }
    throw new CloudError(
      "There are no AWS credentials: neither in the environment, nor of a web identity, a shared file or Pod Identity",
      false,
    );
  }
}

type Find = (
  surroundings: AwsSurroundings,
  signal: AbortSignal,
) => Promise<AwsCredentials | undefined>;

const fromEnvironment: Find = ({ env }) => {
  const [accessKeyId, secretAccessKey] = [env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")];
  if (!accessKeyId || !secretAccessKey) return Promise.resolve(undefined);
  const sessionToken = env("AWS_SESSION_TOKEN");
  return Promise.resolve({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
  });
};

const fromWebIdentity: Find = async (surroundings, signal) => {
  const { env, readText } = surroundings;
  const [file, role] = [env("AWS_WEB_IDENTITY_TOKEN_FILE"), env("AWS_ROLE_ARN")];
  if (!file || !role) return undefined;
  const region = await findRegion(surroundings);
  const endpoint = env("AWS_ENDPOINT_URL_STS") ||
    (region === undefined
      ? "https://sts.amazonaws.com"
      : `https://sts.${region}.${awsDomain(region)}`);
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: env("AWS_ROLE_SESSION_NAME") || "assay",
    WebIdentityToken: (await readFile(file, readText)).trim(),
  });
  const text = await fetchText({
    service: "AWS STS",
    url: endpoint,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: body.toString(),
    attempts: 3,
    errorCode: (answer) => /<Code>([^<]*)<\/Code>/.exec(answer)?.[1],
    passing: ["InvalidIdentityToken", "IDPCommunicationError", "Throttling"],
  }, signal);
  const element = (name: string): unknown =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return toCredentials("AWS STS", {
    AccessKeyId: element("AccessKeyId"),
    SecretAccessKey: element("SecretAccessKey"),
    Token: element("SessionToken"),
    Expiration: element("Expiration"),
  });
};

const fromSharedFile: Find = async (surroundings) => {
  const settings = await readProfile("credentials", surroundings);
  const accessKeyId = settings?.get("aws_access_key_id");
  const secretAccessKey = settings?.get("aws_secret_access_key");
  if (!accessKeyId || !secretAccessKey) {
    if (profileOf(surroundings) === "default") return undefined;
    throw new CloudError(
      `The AWS profile ${
        JSON.stringify(profileOf(surroundings))
      } has no access key in the shared file`,
      false,
    );
  }
  const sessionToken = settings?.get("aws_session_token");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
};

const fromContainer: Find = async ({ env, readText }, signal) => {
  const address = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!address) return undefined;
  const url = URL.parse(address);
  const safe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && AGENTS.includes(url.hostname));
  if (url === null || !safe) {
    throw new CloudError(
      "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an agent on this node",
      false,
    );
  }
  const file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const token = file
    ? (await readFile(file, readText)).trim()
    : env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const text = await fetchText({
    service: "AWS Pod Identity",
    url,
    headers: token ? { authorization: token } : {},
    attempts: 3,
  }, signal);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new CloudError("AWS Pod Identity answers with what is not JSON", false);
  }
  return toCredentials("AWS Pod Identity", Object(answer));
};

function toCredentials(
  service: string,
  { AccessKeyId, SecretAccessKey, Token, Expiration }: Readonly<Record<string, unknown>>,
): AwsCredentials {
  const expiresAt = typeof Expiration === "string" ? Date.parse(Expiration) : NaN;
  if (
    typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string" ||
    typeof Token !== "string" || Number.isNaN(expiresAt)
  ) {
    throw new CloudError(`${service} answers without credentials`, false);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiresAt,
  };
}

async function readFile(path: string, readText: AwsSurroundings["readText"]): Promise<string> {
  try {
    return await readText(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CloudError(`A token of an AWS identity cannot be read: ${why}`, false);
  }
}
