import type { Bytes } from "../crypto/mod.ts";
import type { FileReader } from "./client.ts";
import { TufError } from "./tuf_error.ts";

/** How long one file may take, in milliseconds. */
const TIMEOUT = 30_000;

/**
 * Reads the files of a mirror over HTTP. 403 and 404 both say that a file is not there, since object
 * stores say either.
 *
 * @param base the repository's address.
 */
export function mirrorReader(base: string, userAgent: string, signal: AbortSignal): FileReader {
  return async (path, maxBytes) => {
    const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
    try {
      const response = await fetch(url, { headers: { "user-agent": userAgent }, signal: limit });
      if (response.status === 200) return await readBody(response, url, maxBytes);
      await response.body?.cancel();
      if (response.status === 404 || response.status === 403) return undefined;
      throw new TufError("unavailable", `${url.href} answers with status ${response.status}`);
    } catch (error) {
      if (error instanceof TufError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const message = `${url.href} could not be read: ${why}`;
      throw new TufError("unavailable", message, { cause: error });
    }
  };
}

async function readBody(response: Response, url: URL, maxBytes: number): Promise<Bytes> {
  let buffer = new Uint8Array(Math.min(maxBytes, 16 * 1024));
  let filled = 0;
  for await (const chunk of response.body ?? []) {
    if (filled + chunk.length > maxBytes) { // leaving the loop cancels the stream
      throw new TufError("content", `${url.href} has more than ${maxBytes} bytes`);
    }
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
