import { AssayError } from "../errors.ts";
import { type VerificationRecord, verificationRecord } from "./record.ts";

/** The most bytes of one record: more than a thousand artifacts with all their checks have. */
const MAX_LINE = 16 * 1024 * 1024;

/** A folder or file of records, and the folder of the content beside it. */
export interface RecordFiles {
  /** In the order in which they were written. */
  readonly files: readonly string[];
  readonly contentFolder: string;
}

/**
 * Finds the records of a path: a file, or a folder with files named `*.jsonl`.
 *
 * @throws {AssayError} CONFIG_INVALID when there are none.
 */
export async function findRecords(path: string): Promise<RecordFiles> {
  const { isDirectory } = await orUnreadable(path, () => Deno.stat(path));
  if (!isDirectory) {
    const slash = path.lastIndexOf("/");
    return { files: [path], contentFolder: `${slash < 0 ? "." : path.slice(0, slash)}/content` };
  }
  const folder = path.replace(/\/+$/, "");
  const entries = await orUnreadable(path, () => Array.fromAsync(Deno.readDir(path)));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".jsonl")).sort();
  if (names.length === 0) throw unreadable(path, "the folder has no file named *.jsonl");
  return { files: names.map((name) => `${folder}/${name}`), contentFolder: `${folder}/content` };
}

/**
 * Reads the records of a file one after the other. The last line may be cut short, as it is when the
 * process that wrote it was ended.
 *
 * @throws {AssayError} CONFIG_INVALID, naming file and line.
 */
export async function* readRecords(file: string): AsyncGenerator<VerificationRecord> {
  let line = 0;
  for await (const { text, isWhole } of lines(file)) {
    line++;
    if (text === "") continue;
    const record = parseRecord(text);
    if (typeof record !== "string") yield record;
    else if (isWhole) throw unreadable(`${file}:${line}`, record);
  }
}

function parseRecord(text: string): VerificationRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const parsed = verificationRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `it is not a record of this version: ${issue?.path.join(".")} ${issue?.message}`;
}

async function* lines(file: string): AsyncGenerator<{ text: string; isWhole: boolean }> {
  using opened = await orUnreadable(file, () => Deno.open(file));
  let rest = "";
  for await (const part of opened.readable.pipeThrough(new TextDecoderStream())) {
    const [first = "", ...others] = part.split("\n");
    rest += first;
    if (rest.length > MAX_LINE) throw unreadable(file, `a line has more than ${MAX_LINE} bytes`);
    for (const next of others) {
      yield { text: rest, isWhole: true };
      rest = next;
    }
  }
  yield { text: rest, isWhole: false };
}

async function orUnreadable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "CONFIG_INVALID",
    component: "commandLine",
    message: `The records ${path} cannot be read: ${why}`,
    remedy: "Name a file written with --record, or a folder written with --record-dir.",
    cause,
  });
}
