/**
 * Finds what is attached to an image among the entries of a layout's `index.json`.
 *
 * What an entry is attached to stands in its manifest only, so an entry whose manifest cannot be read
 * intact is not known to belong to the image, nor known not to. Three rules keep such an entry from
 * hiding a signature and from spoiling a good one:
 *
 * 1. If `index.json` itself says what type of artifact it is, the entry is listed. Whoever verifies it
 *    meets the damage, and that one artifact is undecided (or refused); others are judged on their own.
 * 2. Without a type nothing could be done with it, so it is left out if anything else is listed. That
 *    gives nothing to somebody who can damage files here: he could take the entry away as well.
 * 3. If nothing else is listed the image must not pass for an unsigned one, so listing fails: undecided
 *    if something could not be read, denied if all was read and something is not a manifest.
 */

import { AssayError } from "../../errors.ts";
import {
  type Descriptor,
  digestAlgorithm,
  digestHex,
  type Manifest,
  MANIFEST_MEDIA_TYPES,
} from "../../oci/mod.ts";
import { COSIGN_TAGS, type CosignTag, type Referrer } from "../store.ts";
import { UnreadableContent } from "./files.ts";
import { REF_NAME } from "./index_file.ts";

/** The most artifacts that may be attached to one image. */
export const MAX_REFERRERS = 1000;

/** Reads the manifest of an entry. Throws {@link UnreadableContent} or {@link AssayError}. */
export type ManifestReader = (entry: Descriptor) => Promise<Manifest>;

/**
 * Everything attached to the subject, in the order of the index; each digest once.
 * Throws {@link AssayError} `LIST_REFERRERS_FAILURE`, `LIMIT_EXCEEDED`, `MANIFEST_INVALID` or
 * `DEADLINE_EXCEEDED`.
 */
export async function listReferrers(
  entries: readonly Descriptor[],
  subject: Descriptor,
  cosignTags: readonly CosignTag[],
  read: ManifestReader,
): Promise<readonly Referrer[]> {
  const found: Referrer[] = [];
  const problems: { entry: Descriptor; error: UnreadableContent | AssayError }[] = [];
  const seen = new Set<string>([subject.digest]);
  for (const entry of entries) {
    if (seen.has(entry.digest) || !MANIFEST_MEDIA_TYPES.includes(entry.mediaType)) continue;
    seen.add(entry.digest);
    try {
      const manifest = await read(entry);
      if (manifest.subject?.digest === subject.digest) found.push(fromManifest(entry, manifest));
    } catch (error) {
      const problem = asProblem(error);
      if (entry.artifactType === undefined) problems.push({ entry, error: problem });
      else found.push({ ...entry, artifactType: entry.artifactType, source: "referrer" });
    }
    checkCount(found.length);
  }
  for (const end of cosignTags) found.push(...cosignEntry(entries, subject, end));
  checkCount(found.length);

  const worst = problems.find(({ error }) => error instanceof UnreadableContent) ?? problems[0];
  if (found.length > 0 || worst === undefined) return found;
  if (worst.error instanceof AssayError) throw worst.error;
  throw new AssayError({
    code: "LIST_REFERRERS_FAILURE",
    component: "referrerStore",
    message:
      `What is attached to ${subject.digest} is not known: the manifest ${worst.entry.digest}, ` +
      `which may be a signature, cannot be read intact: ${worst.error.message}.`,
    cause: worst.error,
  });
}

/** The descriptor as a registry would list it: type and annotations are those of the manifest. */
function fromManifest(entry: Descriptor, manifest: Manifest): Referrer {
  return {
    mediaType: entry.mediaType,
    digest: entry.digest,
    size: entry.size,
    // An index that names no type has none; no verifier asks for the empty type.
    artifactType: manifest.artifactType ?? "",
    annotations: manifest.annotations,
    source: "referrer",
  };
}

/** The entry under the tag `sha256-<hex>.<end>`, where cosign puts what is about a digest; or none. */
function cosignEntry(
  entries: readonly Descriptor[],
  subject: Descriptor,
  end: CosignTag,
): Referrer[] {
  const tag = `${digestAlgorithm(subject.digest)}-${digestHex(subject.digest)}.${end}`;
  const tagged = entries.filter((entry) => entry.annotations?.[REF_NAME] === tag);
  const first = tagged[0];
  if (first === undefined) return [];
  const other = tagged.find((entry) => entry.digest !== first.digest);
  if (other !== undefined) {
    throw new AssayError({
      code: "LIST_REFERRERS_FAILURE",
      component: "referrerStore",
      message: `The tag ${tag} stands for two manifests, ${first.digest} and ${other.digest}.`,
      remedy: "Remove one of the two entries from index.json.",
      transient: false,
    });
  }
  const { mediaType, digest, size } = first;
  return [{ mediaType, digest, size, artifactType: COSIGN_TAGS[end], source: "cosignTag" }];
}

/** What concerns one entry; anything else (the deadline, a defect) concerns the listing. */
function asProblem(error: unknown): UnreadableContent | AssayError {
  if (error instanceof UnreadableContent) return error;
  if (error instanceof AssayError && error.code !== "DEADLINE_EXCEEDED") return error;
  throw error;
}

function checkCount(count: number): void {
  if (count <= MAX_REFERRERS) return;
  throw new AssayError({
    code: "LIMIT_EXCEEDED",
    component: "referrerStore",
    message: `More than ${MAX_REFERRERS} artifacts are attached to the image.`,
  });
}
