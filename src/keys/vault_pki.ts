import { CloudError, memberOf, textOf, type VaultClient } from "../cloud/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { readCertificates } from "./pem_material.ts";
import { materialOfCertificates, orGone, VersionGone } from "./service_entry.ts";
import { whyGone } from "./vault_gone.ts";

/** An issuer of a PKI engine. */
export interface VaultPkiIssuer {
  readonly name: string;
  readonly mount: string;
  /** Its name or id, or `default`. */
  readonly issuer: string;
}

/** Fetches the certificate of an issuer, and none of those above it. Its version is the issuer's id. */
export async function fetchPkiIssuer(
  vault: VaultClient,
  { name, mount, issuer }: VaultPkiIssuer,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const found = await orGone("", vault.read(`${mount}/issuer/${issuer}`, signal), whyGone);
  const [certificate, id] = [textOf(found, "certificate"), textOf(found, "issuer_id")];
  if (certificate === undefined || id === undefined) {
    throw new CloudError("Vault answers without the certificate of the issuer", false);
  }
  if (memberOf(found, "revoked") === true) throw new VersionGone(id, "is revoked");
  return materialOfCertificates(readCertificates(certificate), name, id);
}
