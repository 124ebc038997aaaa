import {
  AwsCredentialSource,
  type AwsPublicKey,
  type CloudSurroundings,
  getAwsPublicKey,
} from "../cloud/mod.ts";
import { parsePublicKey } from "../crypto/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { MaterialEntry } from "./entry.ts";
import { materialOfKey, orGone, serviceEntry, unusableKey } from "./service_entry.ts";

/** What is taken from AWS KMS. */
export interface AwsKmsConfiguration {
  /** Where keys are whose names do not say it; that of the environment when absent. */
  readonly region?: string | undefined;
  readonly keys: readonly {
    /** What trust policies call it. */
    readonly name: string;
    /** An id, an alias, or the ARN of either. */
    readonly keyId: string;
  }[];
}

const REMEDY =
  "Check the key's id, the region, and that the role may call kms:GetPublicKey; docs/aws.md leads through it.";

/** The keys that image signatures are made with, by the name that KMS has for them. */
const SPECS: ReadonlyMap<string, string> = new Map([
  ["ECC_NIST_P256", "EC P-256"],
  ["ECC_NIST_P384", "EC P-384"],
  ["ECC_NIST_P521", "EC P-521"],
  ["ECC_NIST_EDWARDS25519", "Ed25519"],
  ["RSA_2048", "RSA-2048"],
  ["RSA_3072", "RSA-3072"],
  ["RSA_4096", "RSA-4096"],
]);

/** Refusals in which the service is certain that nobody may use the key. */
const GONE: ReadonlyMap<string, string> = new Map([
  ["NotFoundException", "does not exist"],
  ["DisabledException", "is disabled"],
  ["KMSInvalidStateException", "is about to be deleted, or in another state without use"],
]);

/** The entries of keys in AWS KMS. They share the credentials. */
export function awsKmsEntries(
  { region, keys }: AwsKmsConfiguration,
  surroundings: CloudSurroundings,
): MaterialEntry[] {
  const source = new AwsCredentialSource(surroundings);
  const options = { kind: "key", service: "AWS KMS", remedy: REMEDY } as const;
  return keys.map(({ name, keyId }) => {
    const named = { name, version: "", versionHistoryLimit: 0 };
    return serviceEntry(options, named, async (signal) => {
      const asked = getAwsPublicKey(keyId, region, source, surroundings, signal);
      return readKey(await orGone("", asked, ({ code = "" }) => GONE.get(code)), name);
    });
  });
}

function readKey({ arn, spki, spec, usage }: AwsPublicKey, name: string): TrustMaterial {
  if (usage !== "SIGN_VERIFY") {
    throw unusableKey("is not for signatures: its usage must be SIGN_VERIFY");
  }
  const description = SPECS.get(spec);
  if (description === undefined) {
    const known = [...SPECS.keys()].join(", ");
    throw unusableKey(`is of a kind that images are not signed with; it must be one of ${known}`);
  }
  const key = parsePublicKey(spki);
  if (key.description !== description) {
    throw unusableKey(`is another key (${key.description}) than KMS says`);
  }
  // What an alias stands for may change: the id tells which key it was.
  return materialOfKey(key, name, arn.slice(arn.lastIndexOf("/") + 1), undefined);
}
