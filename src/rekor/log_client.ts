import type { Bytes } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

/** The most bytes of an answer, and how many questions are under way at once. */
const MAX_BYTES = 1024 * 1024;
const MAX_PARALLEL = 8;

/** Asks transparency logs which entries they have. */
export type LogClient = (url: URL, question: Bytes, signal: AbortSignal) => Promise<Bytes>;

/**
 * A client of the search of Rekor v1 (`POST /api/v1/log/entries/retrieve`). Nothing in the answer is
 * believed here: entries prove themselves. Redirects are not followed.
 *
 * @throws {AssayError} LOG_UNAVAILABLE from the client, when there is no answer.
 */
export function createLogClient(userAgent: string): LogClient {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (url, question, signal) => {
    if (running >= MAX_PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      signal.throwIfAborted();
      return await ask(url, question, userAgent, signal);
    } catch (error) {
      throw unavailable(url, error);
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}

async function ask(
  url: URL,
  question: Bytes,
  userAgent: string,
  signal: AbortSignal,
): Promise<Bytes> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "accept": "application/json",
      "content-type": "application/json",
      "user-agent": userAgent,
    },
    body: question,
    redirect: "error",
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`it answers with status ${response.status}`);
  }
  return await readBody(response);
}

async function readBody(response: Response): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`its answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function unavailable(url: URL, error: unknown): AssayError {
  const why = error instanceof Error ? error.message : String(error);
  return new AssayError({
    code: "LOG_UNAVAILABLE",
    component: "verifier",
    message: `The transparency log at ${url.host} could not be asked: ${why}`,
    cause: error,
  });
}
