/** Reads one page of a listing of referrers. */

import { type Bytes, decodeUtf8, parseJson } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import { type Descriptor, MANIFEST_MEDIA_TYPES, parseDescriptor } from "../../oci/mod.ts";
import { memberOf, RegistryFailure } from "./failure.ts";

/** What a page lists. */
export interface ReferrersPage {
  readonly entries: readonly Descriptor[];
  /** Why the first entry that could not be read could not; undefined when all could. */
  readonly unreadable: string | undefined;
}

/**
 * Reads an image index that lists referrers (OCI distribution specification, "Listing Referrers"). What
 * one attached artifact makes of its entry must not hide the others, so an entry that cannot be read is
 * counted and left out; as are entries that are no manifests. Throws {@link RegistryFailure} when the whole
 * cannot be read, or has more than `maxEntries`, which is `tooLarge`.
 */
export function parseReferrersPage(bytes: Bytes, maxEntries: number): ReferrersPage {
  const list = entriesOf(bytes);
  if (list.length > maxEntries) {
    throw new RegistryFailure("tooLarge", `more artifacts are attached to the image than are read`);
  }
  const entries: Descriptor[] = [];
  let unreadable: string | undefined;
  for (const [index, value] of list.entries()) {
    try {
      const entry = parseDescriptor(value, `manifests[${index}]`);
      if (MANIFEST_MEDIA_TYPES.includes(entry.mediaType)) entries.push(entry);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      unreadable ??= error.message;
    }
  }
  return { entries, unreadable };
}

function entriesOf(bytes: Bytes): readonly unknown[] {
  let document: unknown;
  try {
    document = parseJson(decodeUtf8(bytes)).value;
  } catch (error) {
    throw new RegistryFailure("lasting", "the listing is not strict JSON", { cause: error });
  }
  if (memberOf(document, "schemaVersion") !== 2) {
    throw new RegistryFailure("lasting", "the listing is not an image index of schemaVersion 2");
  }
  const list = memberOf(document, "manifests") ?? [];
  if (Array.isArray(list)) return list;
  throw new RegistryFailure("lasting", "the listing's manifests are not a list");
}
