import { type CloudSurroundings, VaultClient, type VaultServer } from "../cloud/mod.ts";
import type { MaterialEntry } from "./entry.ts";
import { type EntryOptions, serviceEntry } from "./service_entry.ts";
import { fetchPkiIssuer, type VaultPkiIssuer } from "./vault_pki.ts";
import { fetchSecret, type VaultSecret } from "./vault_secret.ts";
import { fetchTransitKey, type VaultTransitKey } from "./vault_transit.ts";

/** What is taken from a Vault server, and how it is asked. */
export interface HashicorpVaultConfiguration extends VaultServer {
  readonly transitKeys: readonly VaultTransitKey[];
  readonly secrets: readonly VaultSecret[];
  readonly pkiIssuers: readonly VaultPkiIssuer[];
}

const REMEDY =
  "Check the address, the names, and that the policy of Assay's token may read there; docs/hashicorp-vault.md leads through it.";

/** The entries of a Vault server. They share the token. */
export function hashicorpVaultEntries(
  { transitKeys, secrets, pkiIssuers, ...server }: HashicorpVaultConfiguration,
  surroundings: CloudSurroundings,
): MaterialEntry[] {
  const vault = new VaultClient(server, surroundings);
  const { host } = new URL(server.address);
  const options = (kind: "certificate" | "key"): EntryOptions => ({
    kind,
    service: `Vault at ${host}`,
    remedy: REMEDY,
  });
  return [
    ...transitKeys.map((key) =>
      serviceEntry(options("key"), key, (signal) => fetchTransitKey(vault, key, signal))
    ),
    ...secrets.map((secret) =>
      serviceEntry(
        options(secret.contentType),
        secret,
        (signal) => fetchSecret(vault, secret, signal),
      )
    ),
    ...pkiIssuers.map((issuer) =>
      serviceEntry(
        options("certificate"),
        { ...issuer, version: "", versionHistoryLimit: 0 },
        (signal) => fetchPkiIssuer(vault, issuer, signal),
      )
    ),
  ];
}
