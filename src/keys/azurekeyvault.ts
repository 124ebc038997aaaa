import {
  type AzureIdentity,
  CloudError,
  type CloudSurroundings,
  KeyVault,
  memberOf,
  textOf,
  type VaultObject,
} from "../cloud/mod.ts";
import { type HashName, parsePublicJwk, type PublicKey } from "../crypto/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { readVaultSecret } from "./azure_secret.ts";
import type { MaterialEntry } from "./entry.ts";
import {
  fetchVersions,
  materialOfCertificates,
  materialOfKey,
  type NamedEntry,
  orGone,
  serviceEntry,
  unusableKey,
  VersionGone,
} from "./service_entry.ts";
import { chooseVersions } from "./versions.ts";

/** What is taken from an Azure Key Vault, and with which identity. */
export interface AzureKeyVaultConfiguration {
  /** The host of the vault, such as `example.vault.azure.net`. */
  readonly host: string;
  readonly identity: AzureIdentity;
  readonly certificates: readonly NamedEntry[];
  readonly keys: readonly NamedEntry[];
  /** Where a vault is asked; `https://<host>` when absent. */
  readonly originOf?: ((host: string) => string) | undefined;
}

const REMEDY =
  "Check the name, and that the identity may get secrets, certificates and keys, and list versions where versionHistoryLimit is set; docs/azure.md leads through it.";

/** The hash that cosign signs with for a key of a vault, by its size. */
const HASHES: ReadonlyMap<string, HashName> = new Map([
  ["RSA-2048", "SHA-256"],
  ["RSA-3072", "SHA-384"],
  ["RSA-4096", "SHA-512"],
  ["EC P-256", "SHA-256"],
  ["EC P-384", "SHA-384"],
  ["EC P-521", "SHA-512"],
]);

/** The entries of an Azure Key Vault. They share the token. */
export function azureKeyVaultEntries(
  { certificates, keys, ...vaultOptions }: AzureKeyVaultConfiguration,
  surroundings: CloudSurroundings,
): MaterialEntry[] {
  const vault = new KeyVault(vaultOptions, surroundings);
  const { service } = vault;
  return [
    ...certificates.map((named) =>
      serviceEntry(
        { kind: "certificate", service, remedy: REMEDY },
        named,
        (signal) =>
          fetchEntry(vault, "certificates", named, signal, (version) =>
            fetchCertificates(vault, named.name, version, signal)),
      )
    ),
    ...keys.map((named) =>
      serviceEntry(
        { kind: "key", service, remedy: REMEDY },
        named,
        (signal) =>
          fetchEntry(vault, "keys", named, signal, (version) =>
            fetchKey(vault, named.name, version, signal)),
      )
    ),
  ];
}

/** Without a history no list is asked for: that needs a permission of its own. */
async function fetchEntry(
  vault: KeyVault,
  kind: "certificates" | "keys",
  { name, version, versionHistoryLimit }: NamedEntry,
  signal: AbortSignal,
  fetch: (version: string) => Promise<TrustMaterial>,
): Promise<TrustMaterial> {
  if (versionHistoryLimit === 0) return await fetch(version);
  const all = await orGone(version, vault.versions(kind, name, signal), whyGone);
  const chosen = chooseVersions(all, version, versionHistoryLimit);
  if (chosen === undefined) throw new VersionGone(version, "does not exist");
  return await fetchVersions(kind === "keys" ? "key" : "certificate", name, chosen, fetch);
}

/** A certificate with its chain is the secret of its name. */
async function fetchCertificates(
  vault: KeyVault,
  name: string,
  version: string,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  let secret;
  try {
    secret = await orGone(version, vault.get("secrets", name, version, signal), whyGone);
  } catch (error) {
    if (!(error instanceof VersionGone) || error.version !== "" || error.why !== DISABLED) {
      throw error;
    }
    throw new VersionGone(await disabledVersion(vault, name, signal), DISABLED);
  }
  if (!secret.enabled) throw new VersionGone(secret.version, DISABLED);
  const { answer } = secret;
  const certificates = await readVaultSecret(
    textOf(answer, "contentType"),
    textOf(answer, "value"),
  );
  return materialOfCertificates(certificates, name, secret.version);
}

const DISABLED = "is disabled";

/** Which version it is that is disabled; empty when that is not told. */
async function disabledVersion(
  vault: KeyVault,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await vault.get("certificates", name, "", signal)).version;
  } catch (error) {
    if (error instanceof CloudError) return "";
    throw error;
  }
}

async function fetchKey(
  vault: KeyVault,
  name: string,
  version: string,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const found = await orGone(version, vault.get("keys", name, version, signal), whyGone);
  if (!found.enabled) throw new VersionGone(found.version, DISABLED);
  const key = readVaultKey(found);
  const hash = HASHES.get(key.description);
  if (hash === undefined) {
    throw unusableKey(
      `is a key that nobody signs images with (${key.description}): it must be RSA-2048, RSA-3072, RSA-4096, or EC with P-256, P-384 or P-521`,
    );
  }
  return materialOfKey(key, name, found.version, hash);
}

function readVaultKey({ answer }: VaultObject): PublicKey {
  const jwk = memberOf(answer, "key");
  const [kty, crv, x, y, n, e] = ["kty", "crv", "x", "y", "n", "e"].map((name) =>
    textOf(jwk, name)
  );
  return parsePublicJwk({ kty: kty?.replace(/-HSM$/, ""), crv, x, y, n, e });
}

/** What the vault is certain of. */
function whyGone({ status, code = "" }: CloudError): string | undefined {
  if (status === 403 && code === "Forbidden.SecretDisabled") return DISABLED;
  return status === 404 && /^(?:Secret|Key|Certificate)NotFound(?:\.|$)/.test(code)
    ? "does not exist"
    : undefined;
}
