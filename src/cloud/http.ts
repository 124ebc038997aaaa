import { CloudError } from "./cloud_error.ts";

/** The most bytes of an answer. */
const MAX_BYTES = 256 * 1024;

/** How long one exchange may take. */
const TIMEOUT_MS = 5000;

/** One request to a service of a cloud. */
export interface CloudRequest {
  /** What is asked, for messages, as in `AWS Signer`. */
  readonly service: string;
  readonly url: string | URL;
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: string;
}

/**
 * Sends a request and reads a short text. Redirects are not followed: credentials go where they were meant
 * to go.
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function fetchText(request: CloudRequest, signal: AbortSignal): Promise<string> {
  const { service, url, method = "GET", headers = {}, body } = request;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: AbortSignal.any([signal, limit.signal]),
    });
    const text = await readShort(response, service);
    if (response.status === 200) return text;
    const transient = response.status === 429 || response.status >= 500;
    throw new CloudError(`${service} answers with status ${response.status}`, transient);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof CloudError) throw error;
    const why = limit.signal.aborted
      ? `has not answered within ${TIMEOUT_MS / 1000} s`
      : `could not be reached: ${error instanceof Error ? error.message : String(error)}`;
    throw new CloudError(`${service} ${why}`, true);
  } finally {
    clearTimeout(timer);
  }
}

async function readShort(response: Response, service: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      throw new CloudError(`${service} answers with more than ${MAX_BYTES} bytes`, false);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
