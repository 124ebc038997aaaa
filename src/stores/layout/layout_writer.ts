/** Writing OCI image layouts (OCI image specification, "Image Layout"). */

import { AssayError } from "../../errors.ts";
import {
  type Bytes,
  type Descriptor,
  digestAlgorithm,
  digestHex,
  matchesDigest,
  OCI_IMAGE_INDEX,
  quote,
} from "../../oci/mod.ts";
import { encodeUtf8 } from "../../crypto/mod.ts";
import { readBlob, UnreadableContent } from "./files.ts";
import { readLayoutIndex, REF_NAME } from "./index_file.ts";

/**
 * Writes a layout, or adds to one. Content that is there intact is not written again, so that work that
 * was broken off goes on where it ended; files appear whole or not at all. Methods throw
 * {@link AssayError} `OUTPUT_FAILURE`, or `REPOSITORY_OPERATION_FAILURE` where the folder has something else.
 */
export class LayoutWriter {
  readonly #directory: string;
  readonly #entries: Descriptor[];

  private constructor(directory: string, entries: readonly Descriptor[]) {
    this.#directory = directory;
    this.#entries = [...entries];
  }

  /** Opens the layout in a folder; where there is none, it is begun. */
  static async open(directory: string, signal: AbortSignal): Promise<LayoutWriter> {
    const isThere = await exists(`${directory}/index.json`);
    const entries = isThere ? await readLayoutIndex(directory, signal) : [];
    return new LayoutWriter(directory, entries);
  }

  /** Whether content is there and has its digest. */
  async has(descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
    try {
      await readBlob(this.#directory, descriptor, descriptor.size, signal);
      return true;
    } catch (error) {
      if (error instanceof UnreadableContent) return false;
      throw error;
    }
  }

  /** Writes content. Bytes that do not have the digest are refused. */
  async write(descriptor: Descriptor, bytes: Bytes): Promise<void> {
    const { digest, size } = descriptor;
    if (bytes.length !== size || !matchesDigest(bytes, digest)) {
      throw failure(digest, new Error("it is not what its digest says"));
    }
    const folder = `${this.#directory}/blobs/${digestAlgorithm(digest)}`;
    await this.#replace(folder, digestHex(digest), bytes);
  }

  /**
   * Adds an entry to `index.json`. A tag belongs to one entry only: an earlier one loses it.
   *
   * @param tag the tag of the entry; undefined for one that is found by what it is attached to.
   */
  add(descriptor: Descriptor, tag: string | undefined): void {
    for (const [index, entry] of this.#entries.entries()) {
      const isOther = entry.digest !== descriptor.digest && tag !== undefined;
      if (isOther && entry.annotations?.[REF_NAME] === tag) {
        this.#entries[index] = withTag(entry, undefined);
      }
    }
    const same = this.#entries.some((entry) =>
      entry.digest === descriptor.digest && entry.annotations?.[REF_NAME] === tag
    );
    if (!same) this.#entries.push(withTag(descriptor, tag));
  }

  /** Writes `oci-layout` and `index.json`. What was not added before is not found. */
  async save(): Promise<void> {
    const manifests = this.#entries.map(
      ({ mediaType, digest, size, artifactType, annotations }) => ({
        mediaType,
        digest,
        size,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(Object.keys(annotations ?? {}).length === 0 ? {} : { annotations }),
      }),
    );
    const text = (value: unknown): Bytes => encodeUtf8(`${JSON.stringify(value)}\n`);
    const index = text({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests });
    await this.#replace(this.#directory, "oci-layout", text({ imageLayoutVersion: "1.0.0" }));
    await this.#replace(this.#directory, "index.json", index);
  }

  async #replace(folder: string, name: string, bytes: Bytes): Promise<void> {
    const temporary = `${folder}/.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeFile(temporary, bytes, { createNew: true, mode: 0o644 });
      await Deno.rename(temporary, `${folder}/${name}`);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw failure(`${folder}/${name}`, error);
    }
  }
}

/** The entry with this tag and no other: what a registry lists may claim one that it has not. */
function withTag({ annotations = {}, ...entry }: Descriptor, tag: string | undefined): Descriptor {
  const { [REF_NAME]: _, ...others } = annotations;
  const kept = tag === undefined ? others : { ...others, [REF_NAME]: tag };
  return { ...entry, annotations: kept };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw failure(path, error);
  }
}

function failure(what: string, error: unknown): AssayError {
  const why = error instanceof Deno.errors.NotCapable
    ? "this build may write below its state folder only (/var/lib/assay unless it was built otherwise)"
    : error instanceof Error
    ? error.message
    : String(error);
  return new AssayError({
    code: "OUTPUT_FAILURE",
    component: "commandLine",
    message: `The layout was not written: ${quote(what, 200)}: ${why}`,
    cause: error,
  });
}
