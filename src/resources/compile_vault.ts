import type * as z from "zod";
import {
  type HashicorpVaultConfiguration,
  hashicorpVaultEntries,
  type MaterialEntry,
} from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { EntriesEnvironment } from "./fetching_providers.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import { hashicorpVaultParameters } from "./schema/hashicorp_vault.ts";
import { validate } from "./validate.ts";

const ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const LOOPBACK = ["127.0.0.1", "[::1]", "localhost"];

/** Compiles the parameters of a provider of the type `hashicorpvault`. */
export function compileVault(
  candidate: Candidate,
  { surroundings }: EntriesEnvironment,
  problems: ProblemList,
): readonly MaterialEntry[] | undefined {
  const at = candidate.parametersPath;
  if (candidate.scope !== "") {
    problems.of(candidate, [...at, "auth"], NAMES_FILES, { atKey: true });
    return undefined;
  }
  const parameters = validate(hashicorpVaultParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, at, parameters.issues);
    return undefined;
  }
  const { address, plainHttp, namespace = "", caBundle } = parameters.value;
  const auth = authOf(parameters.value.auth);
  if (typeof auth === "string") {
    problems.of(candidate, [...at, "auth"], auth);
    return undefined;
  }
  const { transitKeys, secrets, pkiIssuers } = parameters.value;
  const url = new URL(address.trim());
  if (url.username !== "" || url.password !== "") {
    problems.of(candidate, [...at, "address"], "must have no user name or password in it");
    return undefined;
  }
  if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname)) {
    const text = plainHttp
      ? "is plain HTTP: whoever is on the way can read the token, and put keys of his own in"
      : "must be https; or set plainHttp, where nobody else is on the way";
    const severity = plainHttp ? "warning" : "error";
    problems.of(candidate, [...at, "address"], text, { severity });
    if (!plainHttp) return undefined;
  }
  if (transitKeys.length + secrets.length + pkiIssuers.length === 0) {
    problems.of(candidate, at, "must name something in transitKeys, secrets or pkiIssuers");
    return undefined;
  }
  const versioned = secrets.findIndex((secret) =>
    secret.kvVersion === 1 && (secret.version !== undefined || secret.versionHistoryLimit > 0)
  );
  if (versioned >= 0) {
    const text = "has a version or versionHistoryLimit, which an engine of version 1 does not know";
    problems.of(candidate, [...at, "secrets", versioned], text);
    return undefined;
  }
  return hashicorpVaultEntries({
    address: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    namespace,
    caBundle,
    auth,
    transitKeys: transitKeys.map(({ key, version = "", ...rest }) => ({
      ...rest,
      key: key ?? rest.name,
      version,
    })),
    secrets: secrets.map(({ version = "", ...rest }) => ({ ...rest, version })),
    pkiIssuers,
  }, surroundings);
}

/** How Vault knows who asks, or what is wrong with it. */
function authOf(
  { method, tokenFile, role, mount }: z.infer<typeof hashicorpVaultParameters>["auth"],
): HashicorpVaultConfiguration["auth"] | string {
  if (method === "token") {
    if (tokenFile === undefined) return "must name the file with the token: tokenFile";
    if (role !== undefined || mount !== undefined) {
      return "has role or mount, which token needs not";
    }
    return { method, tokenFile };
  }
  if (role === undefined) return "must name the role in Vault: role";
  return { method, role, mount: mount ?? "kubernetes", tokenFile: tokenFile ?? ACCOUNT_TOKEN };
}
