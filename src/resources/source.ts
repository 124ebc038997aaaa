import { type Bytes, concatBytes } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 1000;
const EXTENSION = /\.(?:yaml|yml|json)$/;

/** A configuration file as read. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads configuration files. Of a directory, the files `*.yaml`, `*.yml` and `*.json` directly in
 * it, in the order of their names; hidden ones are left out, which keeps the mechanics of mounted
 * volumes out too.
 *
 * @throws {AssayError} CONFIG_INVALID, naming the path.
 */
export async function readSources(paths: readonly string[]): Promise<SourceFile[]> {
  const files: string[] = [];
  for (const path of paths) files.push(...await expand(path));
  const unique = [...new Set(files)];
  if (unique.length > MAX_FILES) {
    throw unreadable(paths.join(", "), `there are more than ${MAX_FILES} configuration files`);
  }
  return await Promise.all(unique.map(readSource));
}

async function expand(path: string): Promise<string[]> {
  const info = await orUnreadable(path, () => Deno.stat(path));
  if (!info.isDirectory) return [path];
  const entries = await orUnreadable(path, () => Array.fromAsync(Deno.readDir(path)));
  const names = entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name)
    .filter((name) => EXTENSION.test(name) && !name.startsWith(".")).sort();
  if (names.length === 0) {
    throw unreadable(path, "the directory has no file named *.yaml, *.yml or *.json");
  }
  return names.map((name) => `${path.replace(/\/+$/, "")}/${name}`);
}

async function readSource(path: string): Promise<SourceFile> {
  const bytes = await orUnreadable(path, () => readBounded(path));
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw unreadable(path, "it is not UTF-8 text");
  }
}

/** Reads a file whose size nobody knows before its end, such as a pipe, without reading on for ever. */
async function readBounded(path: string): Promise<Bytes> {
  using file = await Deno.open(path);
  const parts: Bytes[] = [];
  let size = 0;
  for await (const part of file.readable) {
    size += part.length;
    if (size > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`);
    parts.push(part);
  }
  return concatBytes(...parts);
}

async function orUnreadable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "it does not exist"
      : error instanceof Error
      ? error.message
      : String(error);
    throw unreadable(path, why, error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "CONFIG_INVALID",
    component: "config",
    message: `The configuration ${path} cannot be read: ${why}`,
    remedy: "Name existing files, or directories with *.yaml, *.yml or *.json files.",
    cause,
  });
}

/**
 * Where the configuration is when nobody says: `$RATIFY_CONFIG/config.json`, then
 * `~/.ratify/config.json`.
 */
export function defaultConfigurationPaths(
  env: (name: "HOME" | "RATIFY_CONFIG") => string | undefined,
): string[] {
  const folder = env("RATIFY_CONFIG");
  const home = env("HOME");
  return [
    ...(folder ? [`${folder}/config.json`] : []),
    ...(home ? [`${home}/.ratify/config.json`] : []),
  ];
}
