import type { Bytes } from "../crypto/mod.ts";
import { AddressError, type AddressRules, checkResolved, parseAddress } from "./address.ts";

/** What to ask, of an address that a certificate names. */
export interface FetchRequest {
  readonly url: string;
  /** A POST request with this body and its type; a GET request when absent. */
  readonly body?: { readonly content: Bytes; readonly type: string };
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** An answer that could not be had. The message names the address. */
export class FetchError extends Error {
  override readonly name = "FetchError";
  /** The status of an answer that came, but not with 200. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const MAX_REDIRECTS = 3;

/**
 * Fetches a small file by plain HTTP. Redirects are followed on the same host only; what is larger than
 * allowed is not read to its end; the time limit covers everything.
 *
 * @throws {FetchError} whatever goes wrong, unless the signal fired: then its reason.
 */
export async function fetchBytes(
  request: FetchRequest,
  rules: AddressRules,
  signal: AbortSignal,
): Promise<Bytes> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), request.timeoutMs);
  try {
    const both = AbortSignal.any([signal, limit.signal]);
    return await within(both, follow(request, rules, both));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof FetchError) throw error;
    if (error instanceof AddressError) throw new FetchError(error.message);
    const why = limit.signal.aborted
      ? `has not answered within ${request.timeoutMs / 1000} s`
      : `could not be reached: ${error instanceof Error ? error.message : String(error)}`;
    throw new FetchError(`${request.url.slice(0, 200)} ${why}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Some steps, such as looking up a name, cannot be stopped; waiting for them can. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => {}); // it may fail after it was given up
  }
}

async function follow(
  request: FetchRequest,
  rules: AddressRules,
  signal: AbortSignal,
): Promise<Bytes> {
  const first = parseAddress(request.url, rules);
  let url = first;
  for (let redirects = 0;; redirects++) {
    await checkResolved(url, rules);
    const { body } = request;
    const response = await fetch(url, {
      redirect: "manual",
      signal,
      ...(body === undefined
        ? {}
        : { method: "POST", body: body.content, headers: { "content-type": body.type } }),
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      return await readAnswer(response, url, request.maxBytes);
    }
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (redirects === MAX_REDIRECTS) throw new FetchError(`${url.href} redirects too often`);
    if (next?.protocol !== "http:" || next.host !== first.host) {
      throw new FetchError(`${url.href} redirects to another host, which is not followed`);
    }
    url = next;
  }
}

async function readAnswer(response: Response, url: URL, maxBytes: number): Promise<Bytes> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new FetchError(`${url.href} answers with status ${response.status}`, response.status);
  }
  const tooLarge = new FetchError(`${url.href} answers with more than ${maxBytes} bytes`);
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge;
  }
  // Grown by doubling: a sender decides how many chunks there are, so they are not kept one by one.
  let buffer = new Uint8Array(Math.min(maxBytes, 16 * 1024));
  let filled = 0;
  for await (const chunk of response.body ?? []) {
    if (filled + chunk.length > maxBytes) throw tooLarge; // leaving the loop cancels the stream
    if (filled + chunk.length > buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes, 2 * (filled + chunk.length)));
      larger.set(buffer.subarray(0, filled));
      buffer = larger;
    }
    buffer.set(chunk, filled);
    filled += chunk.length;
  }
  return buffer.slice(0, filled);
}
