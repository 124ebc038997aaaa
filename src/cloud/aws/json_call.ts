import { AwsV4Signer } from "aws4fetch";
import { jsonErrorCode, readObject } from "../answer.ts";
import { fetchText } from "../http.ts";
import type { AwsCredentialSource } from "./credentials.ts";
import type { AwsSurroundings } from "./surroundings.ts";

/** A call of an AWS service whose protocol is JSON 1.1. */
export interface AwsJsonCall {
  /** For messages, as in `Amazon ECR`. */
  readonly label: string;
  /** The name that requests are signed for. */
  readonly service: string;
  readonly region: string;
  /** The address, without slash at its end. */
  readonly endpoint: string;
  /** Service and operation, as in `X-Amz-Target`. */
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Codes of refusals that may pass. */
const PASSING = [
  "ThrottlingException",
  "Throttling",
  "RequestLimitExceeded",
  "ServerException",
  "KMSInternalException",
  "DependencyTimeoutException",
];

/**
 * Makes a call, signed with AWS Signature Version 4.
 *
 * @returns the members of the answer.
 * @throws {CloudError}; or the signal's reason.
 */
export async function callAwsJson(
  { label, service, region, endpoint, target, body }: AwsJsonCall,
  source: AwsCredentialSource,
  surroundings: AwsSurroundings,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { accessKeyId, secretAccessKey, sessionToken } = await source.get(signal);
  const text = JSON.stringify(body);
  const signed = await new AwsV4Signer({
    method: "POST",
    url: `${endpoint}/`,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
    body: text,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service,
    region,
    allHeaders: true,
    datetime: surroundings.now().toISOString().replace(/[:-]|\.\d{3}/g, ""),
  }).sign();
  const answer = await fetchText({
    service: label,
    url: signed.url,
    method: "POST",
    headers: signed.headers,
    body: text,
    attempts: 3,
    errorCode: (refused) => jsonErrorCode("__type", "code")(refused)?.split("#").at(-1),
    passing: PASSING,
  }, signal);
  return readObject(answer, label);
}
