import { decodeBase64, decodeUtf8 } from "../../crypto/mod.ts";
import { memberOf, serviceAddress, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import type { Issued, RegistryLogin } from "../surroundings.ts";
import type { AwsCredentialSource } from "./credentials.ts";
import { callAwsJson } from "./json_call.ts";
import type { AwsSurroundings } from "./surroundings.ts";

/** A registry of ECR, read from its host. */
export interface EcrRegistry {
  readonly kind: "private" | "public";
  /** Where its API is asked. */
  readonly region: string;
  /** The API as it is without other settings. */
  readonly endpoint: string;
}

const REGION = "([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2})";
const PRIVATE = [
  new RegExp(`^[0-9]{12}\\.dkr\\.ecr(-fips)?\\.${REGION}\\.(amazonaws\\.com(?:\\.cn)?)$`),
  new RegExp(
    `^[0-9]{12}\\.dkr-ecr(-fips)?\\.${REGION}\\.(on\\.aws|on\\.amazonwebservices\\.com\\.cn)$`,
  ),
];
const PUBLIC = "public.ecr.aws";
const PUBLIC_REGION = "us-east-1";

/**
 * What a host says about the registry; undefined for every host but `<account>.dkr.ecr.<region>.amazonaws.com`,
 * its forms for FIPS, China and dual stack, and `public.ecr.aws`.
 */
export function parseEcrHost(host: string): EcrRegistry | undefined {
  if (host === PUBLIC) {
    const endpoint = `https://api.ecr-public.${PUBLIC_REGION}.amazonaws.com`;
    return { kind: "public", region: PUBLIC_REGION, endpoint };
  }
  const match = PRIVATE.map((pattern) => pattern.exec(host)).find((found) => found !== null);
  const [, fips, region = "", suffix = ""] = match ?? [];
  // Regions of China have domains of their own, and no others have them.
  if (match === undefined || region.startsWith("cn-") !== suffix.endsWith(".cn")) return undefined;
  const api = fips === undefined ? "api.ecr" : "ecr-fips";
  const endpoint = `https://${api}.${region}.${awsDomain(region)}`;
  return { kind: "private", region, endpoint };
}

/** The domain of the services of a region. */
export function awsDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

/**
 * The address of a registry's API: of the settings, else the public one. The variables with OVERRIDE count
 * for their region alone.
 *
 * @throws {CloudError} when a setting is not an address.
 */
export function ecrEndpoint(
  registry: EcrRegistry,
  { env }: Pick<AwsSurroundings, "env">,
): string {
  const name = registry.kind === "public" ? "AWS_ENDPOINT_URL_ECR_PUBLIC" : "AWS_ENDPOINT_URL_ECR";
  const overridden = registry.kind === "private" &&
    env("AWS_API_OVERRIDE_REGION") === registry.region;
  const other = overridden ? env("AWS_API_OVERRIDE_ENDPOINT") : undefined;
  if (other) return serviceAddress("AWS_API_OVERRIDE_ENDPOINT", other);
  const set = env(name);
  return set ? serviceAddress(name, set) : registry.endpoint;
}

/**
 * Asks ECR for a login (GetAuthorizationToken).
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function getEcrLogin(
  registry: EcrRegistry,
  source: AwsCredentialSource,
  surroundings: AwsSurroundings,
  signal: AbortSignal,
): Promise<Issued<RegistryLogin>> {
  const { region, kind } = registry;
  const [service, target, label] = kind === "public"
    ? ["ecr-public", "SpencerFrontendService", "Amazon ECR Public"]
    : ["ecr", "AmazonEC2ContainerRegistry_V20150921", "Amazon ECR"];
  const call = {
    label,
    service,
    region,
    endpoint: ecrEndpoint(registry, surroundings),
    target: `${target}.GetAuthorizationToken`,
    body: {},
  };
  return readLogin(await callAwsJson(call, source, surroundings, signal), label);
}

function readLogin(answer: unknown, label: string): Issued<RegistryLogin> {
  const data = memberOf(answer, "authorizationData");
  const entry: unknown = Array.isArray(data) ? data[0] : data;
  const expires = memberOf(entry, "expiresAt");
  const login = decodeLogin(textOf(entry, "authorizationToken"));
  if (login === undefined || typeof expires !== "number" || !(expires > 0)) {
    throw new CloudError(`${label} answers without authorization token`, false);
  }
  return { value: login, expiresAt: expires * 1000 };
}

function decodeLogin(token: string | undefined): RegistryLogin | undefined {
  if (token === undefined) return undefined;
  try {
    const text = decodeUtf8(decodeBase64(token));
    const colon = text.indexOf(":");
    if (colon <= 0 || colon === text.length - 1) return undefined;
    return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined; // what is wrong with it may quote it
  }
}
