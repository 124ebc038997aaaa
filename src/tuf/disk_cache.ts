import type { Bytes } from "../crypto/mod.ts";
import type { FileReader } from "./client.ts";

/**
 * Verified files of one repository in a folder, under the names that they have in it, so that it is read
 * like a mirror: what is there must prove itself again.
 */
export class TufDiskCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads a file; one that cannot be read, or is too large, is not there. */
  readonly read: FileReader = async (path, maxBytes) => {
    try {
      const { size, isFile } = await Deno.stat(this.#path(path));
      return isFile && size <= maxBytes ? await Deno.readFile(this.#path(path)) : undefined;
    } catch {
      return undefined;
    }
  };

  /**
   * Keeps the files in their order, and removes all others.
   *
   * @throws when the folder cannot be written to.
   */
  async write(files: ReadonlyMap<string, Bytes>): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const [path, bytes] of files) {
      const scratch = `${this.#path(path)}.${crypto.randomUUID()}`;
      await Deno.writeFile(scratch, bytes, { mode: 0o600, createNew: true });
      await Deno.rename(scratch, this.#path(path)); // whoever reads finds all of it or nothing
    }
    const kept = new Set([...files.keys()].map(nameOf));
    for await (const { name } of Deno.readDir(this.#folder)) {
      if (!kept.has(name)) await Deno.remove(`${this.#folder}/${name}`);
    }
  }

  #path(path: string): string {
    return `${this.#folder}/${nameOf(path)}`;
  }
}

/** One level of files: a name with folders in it becomes one without. */
function nameOf(path: string): string {
  return encodeURIComponent(path);
}
