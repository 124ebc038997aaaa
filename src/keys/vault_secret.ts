import { CloudError, memberOf, textOf, type VaultClient } from "../cloud/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { readCertificates, readPublicKey } from "./pem_material.ts";
import {
  fetchVersions,
  materialOfCertificates,
  materialOfKey,
  type NamedEntry,
  orGone,
  VersionGone,
} from "./service_entry.ts";
import { whyGone } from "./vault_gone.ts";
import { chooseVersions } from "./versions.ts";

/** A field of a secret of a key-value engine, with PEM text in it. */
export interface VaultSecret extends NamedEntry {
  readonly mount: string;
  readonly path: string;
  readonly field: string;
  /** The version of the engine: secrets of version 1 have no versions. */
  readonly kvVersion: 1 | 2;
  readonly contentType: "certificate" | "key";
}

/** Fetches a secret, or its versions. */
export async function fetchSecret(
  vault: VaultClient,
  secret: VaultSecret,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const { mount, path, version, versionHistoryLimit, kvVersion, contentType, name } = secret;
  if (kvVersion === 1) {
    return materialOf(
      secret,
      await orGone("", vault.read(`${mount}/${path}`, signal), whyGone),
      "",
    );
  }
  const fetchOne = async (wanted: string): Promise<TrustMaterial> => {
    const query = wanted === "" ? {} : { version: wanted };
    const answer = await orGone(
      wanted,
      vault.read(`${mount}/data/${path}`, signal, query),
      whyGone,
    );
    const found = numberOf(memberOf(memberOf(answer, "metadata"), "version"));
    if (found === undefined || (wanted !== "" && found !== wanted)) throw malformed();
    return materialOf(secret, memberOf(answer, "data"), found);
  };
  const isOne = version === "" ? versionHistoryLimit <= 1 : versionHistoryLimit === 0;
  if (isOne) return await fetchOne(version);
  const all = versionsOf(
    await orGone(version, vault.read(`${mount}/metadata/${path}`, signal), whyGone),
  );
  const chosen = chooseVersions(all, version, versionHistoryLimit);
  if (chosen === undefined) throw new VersionGone(version, "does not exist");
  return await fetchVersions(contentType, name, chosen, fetchOne);
}

function materialOf(
  { field, contentType, name }: VaultSecret,
  data: unknown,
  version: string,
): TrustMaterial {
  const text = textOf(data, field);
  if (text === undefined) throw new CloudError(`the secret has no field ${field} with text`, false);
  return contentType === "key"
    ? materialOfKey(readPublicKey(text), name, version, undefined)
    : materialOfCertificates(readCertificates(text), name, version);
}

/** All versions, the newest first; whether one is deleted shows when it is read. Throws {@link CloudError}. */
function versionsOf(metadata: unknown): { version: string; enabled: boolean }[] {
  const versions = memberOf(metadata, "versions");
  if (typeof versions !== "object" || versions === null) throw malformed();
  return Object.entries(versions).map(([version, value]) => {
    if (!/^[1-9][0-9]{0,8}$/.test(version)) throw malformed();
    return { version, enabled: memberOf(value, "destroyed") !== true };
  }).toSorted((a, b) => Number(b.version) - Number(a.version));
}

function numberOf(value: unknown): string | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}

function malformed(): CloudError {
  return new CloudError("Vault answers with what is not a secret of a key-value engine", false);
}
