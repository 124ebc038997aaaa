import {
  type Bytes,
  type Certificate,
  FormatError,
  parseCertificate,
  readDerSequence,
} from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readCertificates } from "./pem_material.ts";
import { whyUnreadable } from "./unreadable.ts";

const MAX_FILES = 1000;
const MAX_DEPTH = 8;
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Reads the certificates of files and directories: PEM, or DER one after the other. Directories are
 * read with what is below them, in the order of names; hidden entries are left out, which keeps the
 * mechanics of mounted volumes out too.
 *
 * @throws {AssayError} CERT_INVALID, naming the file.
 */
export async function readCertificateFiles(paths: readonly string[]): Promise<Certificate[]> {
  const files: string[] = [];
  for (const path of paths) await list(path, 0, files);
  const certificates: Certificate[] = [];
  for (const file of files) certificates.push(...readFile(file, await readBytes(file)));
  return certificates;
}

async function list(path: string, depth: number, files: string[]): Promise<void> {
  if (depth > MAX_DEPTH || files.length >= MAX_FILES) {
    throw unreadable(
      path,
      `there are more than ${MAX_FILES} files or ${MAX_DEPTH} levels of folders`,
    );
  }
  const info = await orUnreadable(path, () => Deno.stat(path));
  if (info.isFile) {
    if (info.size > MAX_FILE_BYTES) {
      throw unreadable(path, `it has more than ${MAX_FILE_BYTES} bytes`);
    }
    files.push(path);
    return;
  }
  const names = await orUnreadable(
    path,
    () => Array.fromAsync(Deno.readDir(path), (entry) => entry.name),
  );
  for (const name of names.sort()) {
    if (!name.startsWith(".")) await list(`${path}/${name}`, depth + 1, files);
  }
}

async function readBytes(path: string): Promise<Bytes> {
  const bytes = await orUnreadable(path, () => Deno.readFile(path));
  if (bytes.length > MAX_FILE_BYTES) {
    throw unreadable(path, `it has more than ${MAX_FILE_BYTES} bytes`);
  }
  return bytes;
}

function readFile(path: string, bytes: Bytes): Certificate[] {
  try {
    // A SEQUENCE begins with this byte, and no PEM text does.
    if (bytes[0] === 0x30) return readDerSequence(bytes).map(parseCertificate);
    return readCertificates(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof AssayError) throw unreadable(path, `it ${error.message}`, error.remedy);
    if (error instanceof FormatError) throw unreadable(path, error.message);
    throw error;
  }
}

async function orUnreadable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = whyUnreadable(error);
    throw unreadable(path, why);
  }
}

function unreadable(path: string, why: string, remedy?: string): AssayError {
  return new AssayError({
    code: "CERT_INVALID",
    component: "keyManagementProvider",
    message: `The certificates in ${path} cannot be read: ${why}`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
