import { type Bytes, decodeBase64 } from "../../crypto/mod.ts";
import { serviceAddress, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import type { AwsCredentialSource } from "./credentials.ts";
import { awsDomain } from "./ecr.ts";
import { callAwsJson } from "./json_call.ts";
import { type AwsSurroundings, findRegion } from "./surroundings.ts";

const LABEL = "AWS KMS";
const ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]{4,40}):[0-9]{12}:(?:key|alias)\/.+$/;

/** A public key of AWS KMS. */
export interface AwsPublicKey {
  /** The ARN or id of the key itself, also where it was asked for by an alias. */
  readonly arn: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Bytes;
  /** As in `ECC_NIST_P256`. */
  readonly spec: string;
  /** As in `SIGN_VERIFY`. */
  readonly usage: string;
}

/** The region in the ARN of a key or alias; undefined for everything else. */
export function regionOfKeyArn(keyId: string): string | undefined {
  return ARN.exec(keyId)?.[1];
}

/**
 * Asks for a public key (GetPublicKey).
 *
 * @param keyId an id, an alias, or the ARN of either.
 * @param region where it is, unless the ARN says so; that of the environment when undefined.
 * @throws {CloudError}; or the signal's reason.
 */
export async function getAwsPublicKey(
  keyId: string,
  region: string | undefined,
  source: AwsCredentialSource,
  surroundings: AwsSurroundings,
  signal: AbortSignal,
): Promise<AwsPublicKey> {
  const where = regionOfKeyArn(keyId) ?? region ?? await findRegion(surroundings);
  if (where === undefined) throw new CloudError("there is no AWS region to ask in", false);
  if (!/^[a-z0-9-]{4,40}$/.test(where)) throw new CloudError("The AWS region is not a name", false);
  const set = surroundings.env("AWS_ENDPOINT_URL_KMS");
  const answer = await callAwsJson(
    {
      label: LABEL,
      service: "kms",
      region: where,
      endpoint: set
        ? serviceAddress("AWS_ENDPOINT_URL_KMS", set)
        : `https://kms.${where}.${awsDomain(where)}`,
      target: "TrentService.GetPublicKey",
      body: { KeyId: keyId },
    },
    source,
    surroundings,
    signal,
  );
  const [arn, key, usage] = ["KeyId", "PublicKey", "KeyUsage"].map((name) => textOf(answer, name));
  // The second is the name that the service had for it before 2021.
  const spec = textOf(answer, "KeySpec") ?? textOf(answer, "CustomerMasterKeySpec");
  if (arn === undefined || key === undefined || spec === undefined || usage === undefined) {
    throw new CloudError(`${LABEL} answers without public key`, false);
  }
  return { arn, spki: decodeBase64(key), spec, usage };
}
