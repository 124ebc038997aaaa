import {
  CloudError,
  type CloudSurroundings,
  type GoogleKeyVersion,
  GoogleKms,
} from "../cloud/mod.ts";
import type { HashName } from "../crypto/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { MaterialEntry } from "./entry.ts";
import { readPublicKey } from "./pem_material.ts";
import {
  fetchVersions,
  materialOfKey,
  type NamedEntry,
  orGone,
  serviceEntry,
  unusableKey,
  VersionGone,
} from "./service_entry.ts";
import { chooseVersions } from "./versions.ts";

/** What is taken from Google Cloud KMS. */
export interface GcpKmsConfiguration {
  readonly project: string;
  readonly location: string;
  readonly keyRing: string;
  readonly keys: readonly NamedEntry[];
  /** The address of the service, without slash at its end. */
  readonly endpoint: string;
}

const REMEDY =
  "Check the names, and that the service account has the roles Cloud KMS Viewer and Cloud KMS CryptoKey Public Key Viewer; docs/gcp.md leads through it.";

/** Algorithms that image signatures are made with: the key, and the hash that it signs with. */
const ALGORITHMS: ReadonlyMap<string, readonly [key: string, hash: HashName | undefined]> = new Map(
  [
    ["EC_SIGN_P256_SHA256", ["EC P-256", "SHA-256"]],
    ["EC_SIGN_P384_SHA384", ["EC P-384", "SHA-384"]],
    ["EC_SIGN_ED25519", ["Ed25519", undefined]],
    ["RSA_SIGN_PKCS1_2048_SHA256", ["RSA-2048", "SHA-256"]],
    ["RSA_SIGN_PKCS1_3072_SHA256", ["RSA-3072", "SHA-256"]],
    ["RSA_SIGN_PKCS1_4096_SHA256", ["RSA-4096", "SHA-256"]],
    ["RSA_SIGN_PKCS1_4096_SHA512", ["RSA-4096", "SHA-512"]],
  ],
);

/** States in which the service is certain that a version signs nothing. */
const GONE: ReadonlyMap<string, string> = new Map([
  ["DISABLED", "is disabled"],
  ["DESTROYED", "is destroyed"],
  ["DESTROY_SCHEDULED", "is about to be destroyed"],
]);

/** The entries of a key ring of Google Cloud KMS. They share the token. */
export function gcpKmsEntries(
  { project, location, keyRing, keys, endpoint }: GcpKmsConfiguration,
  surroundings: CloudSurroundings,
): MaterialEntry[] {
  const kms = new GoogleKms(endpoint, surroundings);
  const ring = `projects/${project}/locations/${location}/keyRings/${keyRing}`;
  const options = { kind: "key", service: `the key ring ${ring}`, remedy: REMEDY } as const;
  return keys.map((named) =>
    serviceEntry(options, named, (signal) => fetchKeys(kms, ring, named, signal))
  );
}

async function fetchKeys(
  kms: GoogleKms,
  ring: string,
  { name, version, versionHistoryLimit }: NamedEntry,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const key = `${ring}/cryptoKeys/${name}`;
  if (version !== "" && versionHistoryLimit === 0) {
    const found = await orGone(version, kms.version(key, version, signal), whyGone);
    return await fetchKey(kms, key, name, found, signal);
  }
  const all = await orGone(version, kms.versions(key, signal), whyGone);
  // Versions stay in the list for ever, also those that were destroyed: only the others count.
  const counted = all.filter((each) => each.state === "ENABLED" || each.version === version);
  const chosen = chooseVersions(counted, version, versionHistoryLimit);
  if (chosen === undefined) throw new VersionGone(version, "does not exist");
  if (chosen.length === 0) throw new VersionGone("", "has no version that is enabled");
  const byNumber = new Map(chosen.map((each) => [each.version, each]));
  return await fetchVersions(
    "key",
    name,
    chosen.map((each) => ({ version: each.version, enabled: !GONE.has(each.state) })),
    (number) => {
      const found = byNumber.get(number);
      if (found === undefined) throw new VersionGone(number, "does not exist");
      return fetchKey(kms, key, name, found, signal);
    },
  );
}

async function fetchKey(
  kms: GoogleKms,
  key: string,
  name: string,
  found: GoogleKeyVersion,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const { version, state, algorithm } = found;
  const gone = GONE.get(state);
  if (gone !== undefined) throw new VersionGone(version, gone);
  if (state !== "ENABLED") {
    throw new CloudError(`version ${version} is in a state in which it cannot be used`, true);
  }
  const [description, hash] = ALGORITHMS.get(algorithm) ?? [];
  if (description === undefined) {
    const known = [...ALGORITHMS.keys()].join(", ");
    throw unusableKey(
      `has an algorithm that cosign signatures are not made with; it must be one of ${known}`,
    );
  }
  const read = readPublicKey(await orGone(version, kms.publicKey(key, found, signal), whyGone));
  if (read.description !== description) {
    throw unusableKey(
      `is another key (${read.description}) than its algorithm says (${algorithm})`,
    );
  }
  return materialOfKey(read, name, version, hash);
}

/** What the service is certain of. */
function whyGone({ status, code }: CloudError): string | undefined {
  return status === 404 && code === "NOT_FOUND" ? "does not exist" : undefined;
}
