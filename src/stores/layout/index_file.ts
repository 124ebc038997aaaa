/** The two files that make a folder an OCI image layout (OCI image specification, "Image Layout"). */

import { decodeUtf8, FormatError, parseJson } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import {
  type Bytes,
  type Descriptor,
  MAX_MANIFEST_BYTES,
  OCI_IMAGE_INDEX,
  parseManifest,
  quote,
} from "../../oci/mod.ts";
import { readFile, UnreadableContent } from "./files.ts";

/** The annotation of an entry of `index.json` that holds its tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";

const LAYOUT_VERSION = "1.0.0";
const MAX_LAYOUT_FILE = 4096;

/**
 * Checks that a folder is an OCI image layout of version 1.0.0 and reads the entries of its
 * `index.json`, each digest and tag as often as it stands there.
 * Throws {@link AssayError} `REPOSITORY_OPERATION_FAILURE` or `DEADLINE_EXCEEDED`.
 */
export async function readLayoutIndex(
  directory: string,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const layout = await read(directory, "oci-layout", MAX_LAYOUT_FILE, signal);
  const version = layoutVersion(layout);
  if (version !== LAYOUT_VERSION) {
    throw unusable(
      directory,
      `its file oci-layout must have "imageLayoutVersion": "${LAYOUT_VERSION}"`,
    );
  }
  const index = await read(directory, "index.json", MAX_MANIFEST_BYTES, signal);
  try {
    return parseManifest(index, OCI_IMAGE_INDEX).manifests;
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    throw unusable(directory, "its index.json is not an image index", error.message, error);
  }
}

async function read(
  directory: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Bytes> {
  try {
    return await readFile(`${directory}/${name}`, (size) => {
      if (size > maxBytes) {
        throw new UnreadableContent(`it has ${size} bytes; at most ${maxBytes} are read`);
      }
    }, signal);
  } catch (error) {
    if (!(error instanceof UnreadableContent)) throw error;
    throw unusable(
      directory,
      `its file ${name} cannot be used: ${error.message}`,
      undefined,
      error,
    );
  }
}

function layoutVersion(bytes: Bytes): unknown {
  try {
    const { value } = parseJson(decodeUtf8(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) &&
        Object.hasOwn(value, "imageLayoutVersion")
      ? (value as Record<string, unknown>)["imageLayoutVersion"]
      : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function unusable(directory: string, reason: string, detail?: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "REPOSITORY_OPERATION_FAILURE",
    component: "referrerStore",
    message: `The folder ${quote(directory)} cannot be read as an OCI image layout: ${reason}.`,
    remedy: "Check the path, and that the layout was written completely.",
    ...(detail === undefined ? {} : { detail }),
    ...(cause === undefined ? {} : { cause }),
  });
}
