import { ContentDisk, type Recorder } from "../engine/mod.ts";
import { type RecordSink, startRecording } from "./recording.ts";

/** How records of a service are kept. Sizes are bytes. */
export interface RecordFolderOptions {
  /** A folder of its own; it is made when something is written. */
  readonly folder: string;
  readonly now: () => Date;
  /** Is told when records begin to be lost, and of how many were lost when that is over. Must not throw. */
  readonly report: (state: { readonly lost: number; readonly why: string | undefined }) => void;
  /** The most that all records, and all content, have; 1 GiB each when absent. */
  readonly maxBytes?: number;
  /** From what size on the next file is begun; 64 MiB when absent. */
  readonly maxFileBytes?: number;
}

const GIB = 1024 * 1024 * 1024;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** The most text that waits to be written; records beyond it are lost. */
const MAX_WAITING = 32 * 1024 * 1024;

/**
 * The records of a service: files named after the time at which they were begun, one record a line, and
 * content by digest in the folder `content`. The oldest go when there is no more room. Nobody waits for
 * a disk: what it cannot take is lost, and said to be.
 */
export class RecordFolder implements RecordSink, AsyncDisposable {
  readonly #options: Required<RecordFolderOptions>;
  readonly #content: ContentDisk;
  #waiting: string[] = [];
  #waitingLength = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  #file: { readonly path: string; bytes: number } | undefined;

  constructor(options: RecordFolderOptions) {
    this.#options = { maxBytes: GIB, maxFileBytes: MAX_FILE_BYTES, ...options };
    const { folder, maxBytes } = this.#options;
    this.#content = new ContentDisk({ folder: `${folder}/content`, maxBytes });
  }

  /** Begins to note one verification. */
  readonly start: Recorder = (question) => startRecording(question, this);
  /** Bound to the folder, so that they can be handed on. */
  readonly keep: RecordSink["keep"] = (digest, bytes) => this.#content.keep(digest, bytes);
  readonly write: RecordSink["write"] = (line) => {
    if (this.#waitingLength + line.length > MAX_WAITING) {
      this.#lose(1, "the disk is too slow");
      return;
    }
    this.#waiting.push(`${line}\n`);
    this.#waitingLength += line.length;
    this.#writing ??= this.#drain().finally(() => this.#writing = undefined);
  };

  /** Waits for what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#content[Symbol.asyncDispose]();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingLength = 0;
      try {
        await this.#append(new TextEncoder().encode(lines.join("")));
        if (this.#lost > 0) this.#options.report({ lost: this.#lost, why: undefined });
        this.#lost = 0;
      } catch (error) {
        this.#file = undefined;
        this.#lose(lines.length, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #lose(count: number, why: string): void {
    if (this.#lost === 0) this.#options.report({ lost: 0, why });
    this.#lost += count;
  }

  async #append(text: Uint8Array): Promise<void> {
    const { maxFileBytes } = this.#options;
    if (this.#file === undefined || this.#file.bytes >= maxFileBytes) {
      this.#file = await this.#begin();
    }
    await Deno.writeFile(this.#file.path, text, { append: true, mode: 0o600 });
    this.#file.bytes += text.length;
  }

  async #begin(): Promise<{ path: string; bytes: number }> {
    const { folder, now, maxBytes, maxFileBytes } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".jsonl")).sort();
    const room = Math.max(1, Math.floor(maxBytes / maxFileBytes)) - 1;
    for (const name of names.slice(0, Math.max(0, names.length - room))) {
      await Deno.remove(`${folder}/${name}`);
    }
    const time = now().toISOString().replaceAll(":", "-");
    return { path: `${folder}/${time}-${crypto.randomUUID().slice(0, 8)}.jsonl`, bytes: 0 };
  }
}
