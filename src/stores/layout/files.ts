/** Reading files of a layout: bounded, regular files only, and checked against their digest. */

import { AssayError } from "../../errors.ts";
import {
  type Bytes,
  type Digest,
  digestAlgorithm,
  digestHex,
  isDigest,
  matchesDigest,
} from "../../oci/mod.ts";

/** How much is read between two looks at the signal. */
const CHUNK = 1024 * 1024;

/** Content is missing, or is not what its digest and size say. The caller knows what that means. */
export class UnreadableContent extends Error {
  override readonly name = "UnreadableContent";
  /** Whether there is nothing at all, as opposed to something that is wrong. */
  readonly missing: boolean;

  constructor(message: string, options: { missing?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.missing = options.missing ?? false;
  }
}

/** Which bytes of a layout are wanted. */
export interface WantedBlob {
  readonly digest: Digest;
  /** The size that it must have; any up to the limit when absent. */
  readonly size?: number;
}

/**
 * Reads `blobs/<algorithm>/<hex>` of a layout and checks size and digest. A size over `maxBytes` is
 * refused before anything is read. Throws {@link UnreadableContent}, and {@link AssayError}
 * `LIMIT_EXCEEDED` or `DEADLINE_EXCEEDED`.
 */
export async function readBlob(
  directory: string,
  wanted: WantedBlob,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Bytes> {
  const { digest, size } = wanted;
  // Only the hexadecimal digits of a digest become part of a path.
  if (!isDigest(digest)) throw new UnreadableContent("its digest is not a digest");
  if (size !== undefined) checkLimit(digest, size, maxBytes);
  const path = `${directory}/blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
  const bytes = await readFile(path, (found) => {
    if (size !== undefined && found !== size) {
      throw new UnreadableContent(`it has ${found} bytes, but ${size} were declared`);
    }
    checkLimit(digest, found, maxBytes);
  }, signal);
  if (!matchesDigest(bytes, digest)) {
    throw new UnreadableContent("its content does not have its digest");
  }
  return bytes;
}

/**
 * Reads a regular file; `checkSize` is shown its size before that, and throws if it does not like it.
 * A symbolic link is refused: content lies in the layout. Throws {@link UnreadableContent}, and
 * {@link AssayError} `DEADLINE_EXCEEDED`.
 */
export async function readFile(
  path: string,
  checkSize: (size: number) => void,
  signal: AbortSignal,
): Promise<Bytes> {
  checkSignal(signal);
  try {
    const found = await Deno.lstat(path);
    if (!found.isFile) throw new UnreadableContent("it is not a regular file");
    checkSize(found.size);
    using file = await Deno.open(path);
    return await readExactly(file, found.size, signal);
  } catch (error) {
    if (error instanceof UnreadableContent || error instanceof AssayError) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    const reason = missing ? "it is missing" : `it cannot be read (${nameOf(error)})`;
    throw new UnreadableContent(reason, { missing, cause: error });
  }
}

/** Throws {@link AssayError} `DEADLINE_EXCEEDED` when the signal has fired. */
export function checkSignal(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new AssayError({
    code: "DEADLINE_EXCEEDED",
    component: "referrerStore",
    message: "The time for the answer was over while the OCI layout was read.",
    cause: signal.reason,
  });
}

async function readExactly(file: Deno.FsFile, size: number, signal: AbortSignal): Promise<Bytes> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    checkSignal(signal);
    const count = await file.read(bytes.subarray(filled, filled + CHUNK));
    if (count === null) throw new UnreadableContent("it became shorter while it was read");
    filled += count;
  }
  if (await file.read(new Uint8Array(1)) !== null) {
    throw new UnreadableContent("it became longer while it was read");
  }
  return bytes;
}

function checkLimit(digest: Digest, size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  throw new AssayError({
    code: "LIMIT_EXCEEDED",
    component: "referrerStore",
    message: `${digest} has ${size} bytes; at most ${maxBytes} are read.`,
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
