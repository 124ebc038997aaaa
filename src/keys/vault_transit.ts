import { CloudError, memberOf, textOf, type VaultClient } from "../cloud/mod.ts";
import { concatBytes, decodeBase64, parsePublicKey, type PublicKey } from "../crypto/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { readPublicKey } from "./pem_material.ts";
import {
  fetchVersions,
  materialOfKey,
  type NamedEntry,
  orGone,
  unusableKey,
  VersionGone,
} from "./service_entry.ts";
import { whyGone } from "./vault_gone.ts";
import { chooseVersions } from "./versions.ts";

/** A key of a transit engine. */
export interface VaultTransitKey extends NamedEntry {
  readonly mount: string;
  /** Its name in Vault. */
  readonly key: string;
}

/** The types that images are signed with, and what their keys are. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["ecdsa-p256", "EC P-256"],
  ["ecdsa-p384", "EC P-384"],
  ["ecdsa-p521", "EC P-521"],
  ["ed25519", "Ed25519"],
  ["rsa-2048", "RSA-2048"],
  ["rsa-3072", "RSA-3072"],
  ["rsa-4096", "RSA-4096"],
]);

/**
 * Fetches the versions of a key. Those below `min_decryption_version` may verify nothing in Vault itself, so
 * they are as good as disabled.
 */
export async function fetchTransitKey(
  vault: VaultClient,
  { mount, key, name, version, versionHistoryLimit }: VaultTransitKey,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const found = await orGone(version, vault.read(`${mount}/keys/${key}`, signal), whyGone);
  const type = textOf(found, "type") ?? "";
  const description = TYPES.get(type);
  if (description === undefined) {
    const known = [...TYPES.keys()].join(", ");
    throw unusableKey(`is of a type that images are not signed with; it must be one of ${known}`);
  }
  const lowest = Math.max(
    numberOf(memberOf(found, "min_decryption_version")),
    numberOf(memberOf(found, "min_available_version")),
  );
  const versions = versionsOf(memberOf(found, "keys"));
  const allowed = versions.filter((each) => Number(each.version) >= lowest);
  const chosen = chooseVersions(allowed, version, versionHistoryLimit);
  if (chosen === undefined) {
    const isArchived = Number(version) < lowest;
    throw new VersionGone(
      version,
      isArchived ? "is below min_decryption_version" : "does not exist",
    );
  }
  return await fetchVersions(
    "key",
    name,
    chosen.map((each) => ({ version: each.version, enabled: true })),
    (number) => {
      const text = chosen.find((each) => each.version === number)?.publicKey ?? "";
      const read = description === "Ed25519" ? readEd25519(text) : readPublicKey(text.trim());
      if (read.description !== description) {
        throw unusableKey(`is another key (${read.description}) than its type says (${type})`);
      }
      return Promise.resolve(materialOfKey(read, name, number, undefined));
    },
  );
}

interface TransitVersion {
  readonly version: string;
  readonly publicKey: string;
}

/** The newest first. Throws {@link CloudError}. */
function versionsOf(keys: unknown): TransitVersion[] {
  const malformed = (): CloudError => new CloudError("Vault answers without public keys", false);
  if (typeof keys !== "object" || keys === null) throw malformed();
  return Object.entries(keys).map(([version, value]) => {
    const publicKey = textOf(value, "public_key");
    if (!/^[1-9][0-9]{0,8}$/.test(version) || publicKey === undefined) throw malformed();
    return { version, publicKey };
  }).toSorted((a, b) => Number(b.version) - Number(a.version));
}

/** What stands before the point in a SubjectPublicKeyInfo (RFC 8410 §4). */
const ED25519_HEAD = Uint8Array.fromHex("302a300506032b6570032100");

/** Vault has these as the 32 bytes of the point, in base64. */
function readEd25519(text: string): PublicKey {
  return parsePublicKey(concatBytes(ED25519_HEAD, decodeBase64(text)));
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
