import { wait } from "../stores/mod.ts";

/** How often files are looked at, in milliseconds. */
const INTERVAL = 500;
const MAX_ENTRIES = 10_000;
const MAX_DEPTH = 8;

/**
 * Notices when files change, are replaced, appear or vanish, also behind the links of a mounted
 * volume. They are looked at rather than watched: events get lost where a link is swapped, and on
 * network file systems there are none.
 */
export class FileWatch implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  /**
   * Begins to watch.
   *
   * @param paths files and directories; asked for each time.
   * @param before {@link signatureOf} the files, taken before they were read.
   * @param changed is called after a change, and not again before it has ended. Must not throw.
   */
  constructor(paths: () => readonly string[], before: string, changed: () => Promise<void>) {
    this.#ended = this.#run(paths, before, changed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(
    paths: () => readonly string[],
    signature: string,
    changed: () => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stop;
    let before = signature;
    while (await wait(INTERVAL, signal)) {
      const now = await signatureOf(paths());
      if (now === before) continue;
      // Taken before the files are read: what is written meanwhile is a change again.
      before = now;
      await changed();
    }
  }
}

/** A text that differs when any of the files does. */
export async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) await describe(path, 0, parts);
  return parts.join("\n");
}

async function describe(path: string, depth: number, parts: string[]): Promise<void> {
  if (parts.length >= MAX_ENTRIES || depth > MAX_DEPTH) return;
  try {
    const info = await Deno.stat(path); // follows links
    parts.push(
      `${path} ${info.ino} ${info.size} ${info.mtime?.getTime()} ${info.ctime?.getTime()}`,
    );
    if (!info.isDirectory) return;
    const names = await Array.fromAsync(Deno.readDir(path), (entry) => entry.name);
    for (const name of names.sort()) {
      if (!name.startsWith(".")) await describe(`${path}/${name}`, depth + 1, parts);
    }
  } catch (error) {
    parts.push(`${path} ${error instanceof Error ? error.name : error}`);
  }
}
