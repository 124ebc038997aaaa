import { decodeUtf8, FormatError, type PublicKey } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { TrustedRoot, TrustMaterial } from "../trust/mod.ts";
import { type ContentType, readMaterial, readTrustedRoot } from "./material.ts";
import { readFirstPublicKey } from "./pem_material.ts";
import type { KeyManagementProvider } from "./provider.ts";
import { whyUnreadable } from "./unreadable.ts";

const MAX_BYTES = 1024 * 1024;

/** What a file provider is configured with. */
export interface FileConfiguration {
  readonly contentType: ContentType;
  /** The path of the file. */
  readonly path: string;
}

/**
 * A provider whose material is a file, such as one that is mounted. It is read each time that the
 * provider is asked. Names and versions are empty.
 */
export function createFileProvider(configuration: FileConfiguration): KeyManagementProvider {
  const { contentType, path } = configuration;
  return { fetch: () => readMaterialFile(contentType, path) };
}

/**
 * Reads the material in a file.
 *
 * @throws {AssayError} CERT_INVALID, KEY_INVALID, TRUSTED_ROOT_INVALID or
 * KEY_MANAGEMENT_PROVIDER_FAILURE, naming the file.
 */
export async function readMaterialFile(
  contentType: ContentType,
  path: string,
): Promise<TrustMaterial> {
  const text = await readTextFile(path);
  return naming(path, () => readMaterial(contentType, text));
}

/**
 * Reads a file with a public key; what follows the first PEM block is ignored.
 *
 * @throws {AssayError} KEY_INVALID or KEY_MANAGEMENT_PROVIDER_FAILURE, naming the file.
 */
export async function readPublicKeyFile(path: string): Promise<PublicKey> {
  const text = await readTextFile(path);
  return naming(path, () => readFirstPublicKey(text));
}

/**
 * Reads a file with a Sigstore trusted root.
 *
 * @throws {AssayError} TRUSTED_ROOT_INVALID or KEY_MANAGEMENT_PROVIDER_FAILURE, naming the file.
 */
export async function readTrustedRootFile(path: string): Promise<TrustedRoot> {
  const text = await readTextFile(path);
  return naming(path, () => readTrustedRoot(text));
}

/** Puts the file's name before what is wrong with its content. */
function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const { code, remedy, component } = error;
    const message = `The file ${path} ${error.message}`;
    throw new AssayError({ code, component, message, remedy, effect: "undecided", cause: error });
  }
}

/**
 * Reads a text file of at most 1 MiB.
 *
 * @throws {AssayError} KEY_MANAGEMENT_PROVIDER_FAILURE, naming the file.
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new FormatError("UTF-8", "it is not a file");
    if (size > MAX_BYTES) throw new FormatError("UTF-8", `it has more than ${MAX_BYTES} bytes`);
    return decodeUtf8(await Deno.readFile(path));
  } catch (error) {
    const why = whyUnreadable(error);
    throw new AssayError({
      code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
      component: "keyManagementProvider",
      message: `The file ${path} cannot be read: ${why}`,
      cause: error,
    });
  }
}
