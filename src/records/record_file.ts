import { ContentDisk, type Recorder } from "../engine/mod.ts";
import { AssayError } from "../errors.ts";
import { type RecordSink, startRecording } from "./recording.ts";

/** The records of one command in one file, and the content in the folder `content` beside it. */
export class RecordFile implements RecordSink {
  readonly #path: string;
  readonly #content: ContentDisk;
  readonly #lines: string[] = [];

  constructor(path: string) {
    const slash = path.lastIndexOf("/");
    const folder = slash < 0 ? "." : path.slice(0, slash);
    this.#path = path;
    this.#content = new ContentDisk({ folder: `${folder}/content`, maxBytes: Infinity });
  }

  /** Begins to note one verification. */
  readonly start: Recorder = (question) => startRecording(question, this);
  /** Bound to the file, so that it can be handed on. */
  readonly keep: RecordSink["keep"] = (digest, bytes) => this.#content.keep(digest, bytes);
  readonly write: RecordSink["write"] = (line) => void this.#lines.push(`${line}\n`);

  /**
   * Writes what was noted, in place of what the file had.
   *
   * @throws {AssayError} OUTPUT_FAILURE.
   */
  async save(): Promise<void> {
    await this.#content[Symbol.asyncDispose]();
    try {
      await Deno.writeTextFile(this.#path, this.#lines.join(""), { mode: 0o600 });
    } catch (error) {
      const forbidden = error instanceof Deno.errors.NotCapable;
      const why = forbidden
        ? "this build may write below its state folder only (/var/lib/assay unless it was built otherwise)"
        : error instanceof Error
        ? error.message
        : String(error);
      throw new AssayError({
        code: "OUTPUT_FAILURE",
        component: "commandLine",
        message: `The record ${this.#path} cannot be written: ${why}`,
        cause: error,
      });
    }
  }
}
