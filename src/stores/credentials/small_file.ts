const MAX_BYTES = 1024 * 1024;

/** Reads a file of at most 1 MiB as text. Throws what reading throws, and an `Error` for a larger one. */
export async function readSmallFile(path: string): Promise<string> {
  using file = await Deno.open(path);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const chunk = new Uint8Array(64 * 1024);
    const count = await file.read(chunk);
    if (count === null) break;
    length += count;
    if (length > MAX_BYTES) throw new Error(`the file has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk.subarray(0, count));
  }
  return await new Blob(chunks).text();
}
