import type { Bytes } from "../../crypto/mod.ts";
import { RegistryFailure } from "./failure.ts";

const FIRST_BUFFER = 16 * 1024;

/**
 * Reads the body of a response, of at most `maxBytes`. What is over that is refused by the declared length
 * before it is read, or as soon as it comes. Throws {@link RegistryFailure} `tooLarge`, and what the
 * connection throws.
 */
export async function readBody(response: Response, maxBytes: number): Promise<Bytes> {
  const declared = contentLength(response.headers);
  if (declared !== undefined && declared > maxBytes) {
    await discard(response);
    throw tooLarge(`has ${declared} bytes; at most ${maxBytes} are read`);
  }
  // A declared length bounds what the connection delivers, so that it can be read in one piece; unless
  // it is that of something that gets larger on the way.
  if (declared !== undefined && !response.headers.has("content-encoding")) {
    return new Uint8Array(await response.arrayBuffer());
  }
  const { bytes, complete } = await readAtMost(response, maxBytes);
  if (!complete) throw tooLarge(`has more than the ${maxBytes} bytes that are read`);
  return bytes;
}

/** Reads at most `maxBytes` of a body, and throws the rest away. */
export async function readAtMost(
  response: Response,
  maxBytes: number,
): Promise<{ bytes: Bytes; complete: boolean }> {
  // Grown by doubling: a sender decides how many chunks there are, so they are not kept one by one.
  let buffer = new Uint8Array(Math.min(maxBytes, contentLength(response.headers) ?? FIRST_BUFFER));
  let filled = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body ?? []) {
    const part = chunk.subarray(0, maxBytes - filled);
    if (filled + part.length > buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes, (filled + part.length) * 2));
      larger.set(buffer.subarray(0, filled));
      buffer = larger;
    }
    buffer.set(part, filled);
    filled += part.length;
    if (part.length < chunk.length) return { bytes: buffer.slice(0, filled), complete: false };
  }
  return { bytes: filled === buffer.length ? buffer : buffer.slice(0, filled), complete: true };
}

/** Gives a body up that nobody wants. */
export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The connection broke; that is as good.
  }
}

/** The `Content-Length`; undefined when it is absent or not a number (RFC 9110 §8.6). */
export function contentLength(headers: Headers): number | undefined {
  const text = headers.get("content-length") ?? "";
  if (!/^[0-9]{1,15}$/.test(text)) return undefined;
  return Number(text);
}

function tooLarge(what: string): RegistryFailure {
  return new RegistryFailure("tooLarge", `the answer ${what}`);
}
