/** The environment variables that AWS identities are found by. */
export const AWS_VARIABLES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_PROFILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_ENDPOINT_URL_STS",
  "AWS_ENDPOINT_URL_SIGNER",
  "AWS_ENDPOINT_URL_KMS",
  "AWS_ENDPOINT_URL_ECR",
  "AWS_ENDPOINT_URL_ECR_PUBLIC",
  "AWS_API_OVERRIDE_ENDPOINT",
  "AWS_API_OVERRIDE_REGION",
] as const;

/** The name of one of them. */
export type AwsVariable = typeof AWS_VARIABLES[number];

/** Where an AWS identity is looked for. */
export interface AwsSurroundings {
  readonly env: (name: AwsVariable | "HOME") => string | undefined;
  readonly readText: (path: string) => Promise<string>;
  readonly now: () => Date;
}

/** The profile of the shared files that counts. */
export function profileOf({ env }: AwsSurroundings): string {
  return env("AWS_PROFILE") || "default";
}

/**
 * The settings of a profile in a shared file, `~/.aws/credentials` or `~/.aws/config`; undefined when there
 * is no such file or profile.
 */
export async function readProfile(
  file: "credentials" | "config",
  surroundings: AwsSurroundings,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { env, readText } = surroundings;
  const named = env(file === "config" ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE");
  const path = named || `${env("HOME") ?? ""}/.aws/${file}`;
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const profile = profileOf(surroundings);
  const wanted = file === "config" && profile !== "default"
    ? [`profile ${profile}`]
    : [profile, `profile ${profile}`];
  let settings: Map<string, string> | undefined;
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) inside = wanted.includes(section.replace(/\s+/g, " "));
    if (inside) settings ??= new Map();
    const setting = /^\s*([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (inside && setting !== null) settings?.set(setting[1] ?? "", setting[2] ?? "");
  }
  return settings;
}

/** The region that is configured; undefined when none is. */
export async function findRegion(surroundings: AwsSurroundings): Promise<string | undefined> {
  const { env } = surroundings;
  const region = env("AWS_REGION") || env("AWS_DEFAULT_REGION") ||
    (await readProfile("config", surroundings))?.get("region");
  return region || undefined;
}
