/**
 * Unpacks a gzip-compressed POSIX ustar archive: regular files and folders, nothing else.
 *
 * Links, devices, absolute names and names with `..` are refused, so nothing lands outside the folder.
 */

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 512;

/** A file of an archive. `path` is relative, with `/` between its parts and none of them `.` or `..`. */
export interface ArchivedFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Decompresses gzip data (RFC 1952). Throws TypeError when the data is damaged. */
export async function gunzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads the regular files of a ustar archive in their order. Throws Error for anything unexpected. */
export function* readUstar(archive: Bytes): Generator<ArchivedFile> {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (text(header, 257, 5) !== "ustar") throw new Error(`no ustar header at byte ${at}`);
    checkSum(header, at);
    const size = octal(header, 124, 12);
    const kind = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const path = safePath((prefix === "" ? "" : `${prefix}/`) + text(header, 0, 100));
    at += BLOCK;
    if (at + size > archive.length) throw new Error(`the archive ends within ${path}`);
    if (kind === "0" || kind === "") yield { path, bytes: archive.slice(at, at + size) };
    else if (kind !== "5") throw new Error(`${path} is neither a file nor a folder (type ${kind})`);
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error("the archive has no end mark");
}

/** Writes the files of an archive into a folder, which must exist. */
export function unpack(archive: Bytes, folder: string): void {
  const made = new Set<string>();
  for (const { path, bytes } of readUstar(archive)) {
    const parent = `${folder}/${path.split("/").slice(0, -1).join("/")}`;
    if (!made.has(parent)) Deno.mkdirSync(parent, { recursive: true });
    made.add(parent);
    Deno.writeFileSync(`${folder}/${path}`, bytes, { createNew: true });
  }
}

function text(header: Bytes, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return new TextDecoder("utf-8", { fatal: true }).decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Bytes, offset: number, length: number): number {
  const digits = text(header, offset, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw new Error(`"${digits}" is no octal number`);
  return parseInt(digits, 8);
}

function checkSum(header: Bytes, at: number): void {
  let sum = 0;
  header.forEach((byte, index) => sum += index >= 148 && index < 156 ? 0x20 : byte);
  if (sum !== octal(header, 148, 8)) throw new Error(`the header at byte ${at} is damaged`);
}

function safePath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.includes("..")) throw new Error(`unsafe name ${path}`);
  return parts.join("/");
}
