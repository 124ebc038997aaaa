import {
  type Bytes,
  type Certificate,
  encodeBase64,
  encodeOcspRequest,
  MAX_OCSP_BYTES,
} from "../crypto/mod.ts";
import { describeFreshnessProblem, evaluateOcsp, type RevocationAnswer } from "../trust/mod.ts";
import { FetchError } from "./fetch.ts";
import type { Transport } from "./transport.ts";

/** The time limit of one request. */
const TIMEOUT_MS = 2000;

/** The longest encoded request that goes into an address (RFC 6960 §A.1). */
const MAX_GET_LENGTH = 255;

/** A host that is asked, and up to this many, in the order of the certificate. */
const MAX_RESPONDERS = 8;

/**
 * Asks the responders of a certificate in their order, until one has an authentic answer that is fresh.
 *
 * @returns the answer; or what went wrong with the last one.
 */
export async function askResponders(
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
  transport: Transport,
  signal: AbortSignal,
): Promise<RevocationAnswer | string> {
  let problem = "no responder was asked";
  for (const url of certificate.ocspUrls.slice(0, MAX_RESPONDERS)) {
    const answer = await ask(url, certificate, issuer, transport, signal);
    if (typeof answer === "string") {
      problem = answer;
      continue;
    }
    const stale = describeFreshnessProblem(answer, now);
    if (stale === undefined) return answer;
    problem = `the OCSP answer of ${url} ${stale}`;
  }
  return problem;
}

async function ask(
  url: string,
  certificate: Certificate,
  issuer: Certificate,
  transport: Transport,
  signal: AbortSignal,
): Promise<RevocationAnswer | string> {
  let bytes: Bytes;
  try {
    bytes = await request(url, encodeOcspRequest(certificate, issuer), transport, signal);
  } catch (error) {
    if (error instanceof FetchError) return error.message;
    throw error;
  }
  const answer = await evaluateOcsp(bytes, certificate, issuer, url);
  return typeof answer === "string"
    ? `the OCSP answer of ${url} cannot be used: ${answer}`
    : answer;
}

/** GET where the request is short, which caches can answer; POST otherwise, or where GET is refused. */
async function request(
  url: string,
  content: Bytes,
  transport: Transport,
  signal: AbortSignal,
): Promise<Bytes> {
  const limits = { maxBytes: MAX_OCSP_BYTES, timeoutMs: TIMEOUT_MS };
  const encoded = encodeURIComponent(encodeBase64(content));
  if (encoded.length < MAX_GET_LENGTH) {
    try {
      return await transport({ url: `${url.replace(/\/$/, "")}/${encoded}`, ...limits }, signal);
    } catch (error) {
      if (!(error instanceof FetchError) || error.status === undefined) throw error;
    }
  }
  const body = { content, type: "application/ocsp-request" };
  return await transport({ url, body, ...limits }, signal);
}
