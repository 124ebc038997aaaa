import { AwsV4Signer } from "aws4fetch";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { AwsCredentialSource } from "./credentials.ts";
import { type AwsSurroundings, findRegion } from "./surroundings.ts";

/** Names a signature of AWS Signer. */
export interface SignerQuestion {
  readonly certificateHashes: readonly string[];
  readonly jobArn: string;
  readonly profileVersionArn: string;
  /** RFC 3339. */
  readonly signatureTimestamp: string;
  /** The region of the signing profile, where no other is configured. */
  readonly region: string;
}

/** The one platform that signs container images. */
const PLATFORM = "Notation-OCI-SHA384-ECDSA";

/**
 * Asks AWS Signer whether the profile, the job or a certificate of a signature was revoked
 * (GetRevocationStatus).
 *
 * @returns what was revoked; empty when nothing was.
 * @throws {CloudError}; or the signal's reason.
 */
export async function getRevocationStatus(
  question: SignerQuestion,
  source: AwsCredentialSource,
  surroundings: AwsSurroundings,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const region = await findRegion(surroundings) ?? question.region;
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new CloudError("The AWS region is not a name", false);
  }
  const endpoint = surroundings.env("AWS_ENDPOINT_URL_SIGNER") ||
    `https://data-signer.${region}.amazonaws.com`;
  const url = URL.parse("/revocations", endpoint);
  if (url === null) throw new CloudError("AWS_ENDPOINT_URL_SIGNER is not an address", false);
  for (const hash of question.certificateHashes) url.searchParams.append("certificateHashes", hash);
  url.searchParams.set("jobArn", question.jobArn);
  url.searchParams.set("platformId", PLATFORM);
  url.searchParams.set("profileVersionArn", question.profileVersionArn);
  url.searchParams.set("signatureTimestamp", question.signatureTimestamp);
  const { accessKeyId, secretAccessKey, sessionToken } = await source.get(signal);
  const signed = await new AwsV4Signer({
    method: "GET",
    url: url.href,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: "signer",
    region,
    datetime: surroundings.now().toISOString().replace(/[:-]|\.\d{3}/g, ""),
  }).sign();
  const text = await fetchText(
    { service: "AWS Signer", url: signed.url, headers: signed.headers },
    signal,
  );
  return readRevoked(text);
}

function readRevoked(text: string): readonly string[] {
  try {
    const { revokedEntities } = Object(JSON.parse(text)) as Record<string, unknown>;
    if (
      Array.isArray(revokedEntities) && revokedEntities.every((each) => typeof each === "string")
    ) {
      return revokedEntities;
    }
  } catch {
    // Answered below.
  }
  throw new CloudError("AWS Signer answers with what is not a revocation status", false);
}
