import { AlibabaKms, CloudError, type CloudSurroundings } from "../cloud/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { MaterialEntry } from "./entry.ts";
import { readCertificates, readPublicKey } from "./pem_material.ts";
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

/** What is taken from the Key Management Service of Alibaba Cloud. */
export interface AlibabaKmsConfiguration {
  /** The address of the service, without slash at its end. */
  readonly endpoint: string;
  readonly keys: readonly NamedEntry[];
  /** Identifiers of certificates, which have no versions. */
  readonly certificates: readonly string[];
}

const REMEDY =
  "Check the identifiers, and that the RAM role allows kms:DescribeKey, kms:ListKeyVersions, kms:GetPublicKey, kms:DescribeCertificate and kms:GetCertificate; docs/alibaba-cloud.md leads through it.";

/** Kinds of keys that sign images: all of them with SHA-256. */
const SPECS: ReadonlyMap<string, string> = new Map([
  ["RSA_2048", "RSA-2048"],
  ["RSA_3072", "RSA-3072"],
  ["EC_P256", "EC P-256"],
]);

/** States of keys in which nobody may use them. */
const GONE: ReadonlyMap<string, string> = new Map([
  ["Disabled", "is disabled"],
  ["PendingDeletion", "is about to be deleted"],
]);

/** Codes by which the service is certain: of a key, or of a certificate. */
const GONE_CODES: ReadonlyMap<string, string> = new Map([
  ["Forbidden.KeyNotFound", "does not exist"],
  ["Forbidden.AliasNotFound", "does not exist"],
  ["Forbidden.KeyVersionNotFound", "does not exist"],
  ["Forbidden.CertificateNotFound", "does not exist"],
  ["CertificateNotFound", "does not exist"],
  ["Rejected.Disabled", "is disabled"],
  ["Rejected.PendingDeletion", "is about to be deleted"],
]);

/** The entries of the Key Management Service of Alibaba Cloud. They share the identity. */
export function alibabaKmsEntries(
  { endpoint, keys, certificates }: AlibabaKmsConfiguration,
  surroundings: CloudSurroundings,
): MaterialEntry[] {
  const kms = new AlibabaKms(endpoint, surroundings);
  const service = `Alibaba Cloud KMS at ${new URL(endpoint).host}`;
  return [
    ...certificates.map((name) =>
      serviceEntry(
        { kind: "certificate", service, remedy: REMEDY },
        { name, version: "", versionHistoryLimit: 0 },
        (signal) => fetchCertificate(kms, name, signal),
      )
    ),
    ...keys.map((named) =>
      serviceEntry(
        { kind: "key", service, remedy: REMEDY },
        named,
        (signal) => fetchKeys(kms, named, signal),
      )
    ),
  ];
}

async function fetchCertificate(
  kms: AlibabaKms,
  name: string,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const status = await orGone("", kms.certificateStatus(name, signal), whyGone);
  if (status !== "ACTIVE") throw new VersionGone("", `is not active (${wordOf(status)})`);
  const texts = await orGone("", kms.certificate(name, signal), whyGone);
  const all = texts.flatMap(readCertificates);
  const once = new Map(all.map((certificate) => [certificate.fingerprint, certificate]));
  return materialOfCertificates([...once.values()], name, "");
}

async function fetchKeys(
  kms: AlibabaKms,
  { name, version, versionHistoryLimit }: NamedEntry,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  const { id, state, spec } = await orGone("", kms.key(name, signal), whyGone);
  const gone = GONE.get(state);
  if (gone !== undefined) throw new VersionGone("", gone);
  if (state !== "Enabled") {
    throw new CloudError(`it is in a state in which it cannot be used (${wordOf(state)})`, true);
  }
  const description = SPECS.get(spec);
  if (description === undefined) {
    const known = [...SPECS.keys()].join(", ");
    throw unusableKey(
      `is of a kind that images are not signed with (${wordOf(spec)}); it must be one of ${known}`,
    );
  }
  const all = await orGone(version, kms.versions(id, signal), whyGone);
  const chosen = chooseVersions(all, version, versionHistoryLimit);
  if (chosen === undefined) throw new VersionGone(version, "does not exist");
  return await fetchVersions(
    "key",
    name,
    chosen.map((each) => ({ version: each.version, enabled: true })),
    async (number) => {
      const key = readPublicKey(await orGone(number, kms.publicKey(id, number, signal), whyGone));
      if (key.description !== description) {
        throw unusableKey(`is another key (${key.description}) than the service says (${spec})`);
      }
      return materialOfKey(key, name, number, "SHA-256");
    },
  );
}

/** A word of an answer, as it may stand in a message. */
function wordOf(text: string): string {
  return /^\w{1,40}$/.test(text) ? text : "unknown";
}

/** What the service is certain of. */
function whyGone({ code = "" }: CloudError): string | undefined {
  return GONE_CODES.get(code);
}
