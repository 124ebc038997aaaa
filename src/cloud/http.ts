import { CloudError } from "./cloud_error.ts";

/** The most bytes of an answer, unless a request says otherwise. */
const MAX_BYTES = 256 * 1024;

/** How long one exchange may take. */
const TIMEOUT_MS = 5000;

/** The pauses before an exchange is tried again. */
const PAUSES_MS = [100, 400];

/** One request to a service of a cloud. */
export interface CloudRequest {
  /** What is asked, for messages, as in `AWS Signer`. */
  readonly service: string;
  readonly url: string | URL;
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: string;
  /** The most bytes of the answer; 256 KiB when absent. */
  readonly maxBytes?: number;
  /** How often it is sent in all while the trouble may pass; once when absent, three times at most. */
  readonly attempts?: 1 | 2 | 3;
  /** The client with the certificate authorities of the service; the default one when absent. */
  readonly client?: Deno.HttpClient;
  /** Finds the error code in the body of a refusal. */
  readonly errorCode?: (text: string) => string | undefined;
  /** Statuses and error codes that may pass, beside 429 and 5xx. */
  readonly passing?: readonly (number | string)[];
}

/** A successful answer. */
export interface CloudAnswer {
  readonly text: string;
  readonly headers: Headers;
}

/**
 * Sends a request and reads a short text. Redirects are not followed: credentials go where they were meant
 * to go.
 *
 * @throws {CloudError}; or the signal's reason.
 */
export async function fetchText(request: CloudRequest, signal: AbortSignal): Promise<string> {
  return (await fetchAnswer(request, signal)).text;
}

/** As {@link fetchText}, with the headers of the answer. */
export async function fetchAnswer(
  request: CloudRequest,
  signal: AbortSignal,
): Promise<CloudAnswer> {
  for (let attempt = 1;; attempt++) {
    try {
      return await exchange(request, signal);
    } catch (error) {
      const again = error instanceof CloudError && error.transient &&
        attempt < (request.attempts ?? 1);
      if (!again) throw error;
      await pause(PAUSES_MS[attempt - 1] ?? 0, signal);
    }
  }
}

async function exchange(request: CloudRequest, signal: AbortSignal): Promise<CloudAnswer> {
  const { service, url, method = "GET", headers = {}, body, client } = request;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(client === undefined ? {} : { client }),
      redirect: "manual",
      signal: AbortSignal.any([signal, limit.signal]),
    });
    const text = await readShort(response, service, request.maxBytes ?? MAX_BYTES);
    if (response.status === 200 || response.status === 201) {
      return { text, headers: response.headers };
    }
    throw refusal(request, response, text);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof CloudError) throw error;
    const why = limit.signal.aborted
      ? `has not answered within ${TIMEOUT_MS / 1000} s`
      : `could not be reached: ${unreachable(error, url)}`;
    throw new CloudError(`${service} ${why}`, true);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(
  request: CloudRequest,
  { status, headers }: Response,
  text: string,
): CloudError {
  const { service, errorCode, passing = [] } = request;
  const found = errorCode?.(text);
  // Only what is a code: what a service says goes into messages and logs.
  const code = found !== undefined && /^[A-Za-z0-9_.:-]{1,64}$/.test(found) ? found : undefined;
  const transient = status === 429 || status >= 500 || passing.includes(status) ||
    (code !== undefined && passing.includes(code));
  return new CloudError(
    `${service} answers with status ${status}${code === undefined ? "" : ` (${code})`}`,
    transient,
    {
      status,
      ...(code === undefined ? {} : { code }),
      ...(status === 401 ? { challenge: headers.get("www-authenticate") ?? "" } : {}),
    },
  );
}

/** Why, without the query of the address: it may name accounts. */
function unreachable(error: unknown, url: string | URL): string {
  const { href, origin } = new URL(url);
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(href, origin);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) reject(signal.reason);
  const stop = (): void => reject(signal.reason);
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}

async function readShort(response: Response, service: string, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > limit) {
      throw new CloudError(`${service} answers with more than ${limit} bytes`, false);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
