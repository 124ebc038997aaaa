import { type Bytes, type Digest, matchesDigest } from "../../oci/mod.ts";

/** How content on disk is bounded. */
export interface ContentDiskOptions {
  /** A folder of its own; it is made when something is kept. */
  readonly folder: string;
  /** The most bytes of all files together. */
  readonly maxBytes: number;
}

/** The most content that waits to be written, in pieces and in bytes; what comes beyond is not kept. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Content on disk, one file for each digest, for the next process. It proves itself when it is read:
 * whatever does not have the digest is as good as none, and goes. Nobody waits for anything to be
 * written, and what cannot be written is not kept.
 */
export class ContentDisk implements AsyncDisposable {
  readonly #options: ContentDiskOptions;
  /** Sizes by file name, in the order of use. */
  #files: Map<string, number> | undefined;
  #bytes = 0;
  /** The names of what waits to be written. */
  readonly #waiting = new Set<string>();
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ContentDiskOptions) {
    this.#options = options;
  }

  /** The content of a digest and size; undefined when it is not there intact. */
  async read(digest: Digest, size: number): Promise<Bytes | undefined> {
    const name = nameOf(digest);
    try {
      const path = `${this.#options.folder}/${name}`;
      if ((await Deno.stat(path)).size !== size) return undefined;
      const bytes = await Deno.readFile(path);
      if (bytes.length === size && matchesDigest(bytes, digest)) {
        this.#touch(name, size);
        return bytes;
      }
      await Deno.remove(path);
    } catch {
      // Not there, or not to be read: the store is asked.
    }
    return undefined;
  }

  /** Keeps content that was checked against its digest. Returns at once. */
  keep(digest: Digest, bytes: Bytes): void {
    const name = nameOf(digest);
    if (this.#files?.has(name) || this.#waiting.has(name)) return;
    if (this.#waiting.size >= MAX_WAITING || bytes.length > this.#options.maxBytes) return;
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    this.#waiting.add(name);
    this.#waitingBytes += bytes.length;
    this.#writing = this.#writing.then(() => this.#write(name, bytes)).catch(() => {})
      .finally(() => {
        this.#waiting.delete(name);
        this.#waitingBytes -= bytes.length;
      });
  }

  /** Waits for what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }

  async #write(name: string, bytes: Bytes): Promise<void> {
    const { folder, maxBytes } = this.#options;
    this.#files ??= await this.#list();
    if (this.#files.has(name)) return;
    const scratch = `${folder}/.${name}.${crypto.randomUUID()}`;
    await Deno.writeFile(scratch, bytes, { mode: 0o600, createNew: true });
    await Deno.rename(scratch, `${folder}/${name}`); // whoever reads finds all of it or nothing
    this.#touch(name, bytes.length);
    for (const [oldest, size] of this.#files) {
      if (this.#bytes <= maxBytes) break;
      this.#files.delete(oldest);
      this.#bytes -= size;
      await Deno.remove(`${folder}/${oldest}`).catch(() => {});
    }
  }

  /** What an earlier process kept, the oldest first. */
  async #list(): Promise<Map<string, number>> {
    const { folder } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const found: { readonly name: string; readonly size: number; readonly time: number }[] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile) continue;
      if (name.startsWith(".")) { // what a process that ended was writing
        await Deno.remove(`${folder}/${name}`).catch(() => {});
        continue;
      }
      const { size, mtime } = await Deno.stat(`${folder}/${name}`);
      found.push({ name, size, time: mtime?.getTime() ?? 0 });
    }
    found.sort((a, b) => a.time - b.time);
    this.#bytes = found.reduce((sum, { size }) => sum + size, 0);
    return new Map(found.map(({ name, size }) => [name, size]));
  }

  #touch(name: string, size: number): void {
    if (this.#files === undefined) return;
    if (!this.#files.delete(name)) this.#bytes += size;
    this.#files.set(name, size);
  }
}

function nameOf(digest: Digest): string {
  return digest.replace(":", "-");
}
