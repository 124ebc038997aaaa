import { type Bytes, decodeBase64, encodeBase64, encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import type { CrlPair } from "../trust/mod.ts";

/** The most files that are kept; the oldest go first. */
const MAX_FILES = 256;

/** The most bytes of a file: two lists in base64. */
const MAX_FILE_BYTES = 96 * 1024 * 1024;

/**
 * CRLs on disk, one file for each address: a JSON object with `baseCRL` and `deltaCRL` in base64, named by
 * the SHA-256 of the address. What is read from it proves itself by its signature; a file that cannot be
 * read or written is as good as none.
 */
export class CrlDiskCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The lists of an address; undefined when there are none that can be read. */
  async read(
    url: string,
  ): Promise<{ readonly base: Bytes; readonly delta: Bytes | undefined } | undefined> {
    try {
      const path = this.#path(url);
      const { size, isFile } = await Deno.stat(path);
      if (!isFile || size > MAX_FILE_BYTES) return undefined;
      const { baseCRL, deltaCRL }: Record<string, unknown> = JSON.parse(
        await Deno.readTextFile(path),
      );
      if (typeof baseCRL !== "string") return undefined;
      const delta = typeof deltaCRL === "string" ? decodeBase64(deltaCRL) : undefined;
      return { base: decodeBase64(baseCRL), delta };
    } catch {
      return undefined;
    }
  }

  /** Keeps lists that were verified. @returns whether that worked. */
  async write(url: string, { base, delta }: CrlPair): Promise<boolean> {
    const text = JSON.stringify({
      baseCRL: encodeBase64(base.raw),
      ...(delta && { deltaCRL: encodeBase64(delta.raw) }),
    });
    try {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const scratch = `${this.#path(url)}.${crypto.randomUUID()}`;
      await Deno.writeTextFile(scratch, text, { mode: 0o600, createNew: true });
      await Deno.rename(scratch, this.#path(url)); // whoever reads finds all of it or nothing
      await this.#prune();
      return true;
    } catch {
      return false;
    }
  }

  async #prune(): Promise<void> {
    const files: { readonly path: string; readonly time: number }[] = [];
    for await (const { name, isFile } of Deno.readDir(this.#folder)) {
      if (!isFile) continue;
      const path = `${this.#folder}/${name}`;
      files.push({ path, time: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
    }
    files.sort((a, b) => b.time - a.time);
    for (const { path } of files.slice(MAX_FILES)) await Deno.remove(path);
  }

  #path(url: string): string {
    return `${this.#folder}/${toHex(hash("SHA-256", encodeUtf8(url)))}`;
  }
}
