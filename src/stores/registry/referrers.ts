/**
 * Finds what is attached to an image (OCI distribution specification, "Listing Referrers" and "Referrers
 * Tag Schema"): by the referrers API, page by page; where a registry has no such API by a tag that is made of
 * the image's digest; and, when wanted, by the tag that cosign makes of it.
 */

import { LruMap } from "../../crypto/mod.ts";
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  isTag,
  matchesDigest,
  MAX_MANIFEST_BYTES,
  OCI_IMAGE_INDEX,
} from "../../oci/mod.ts";
import { COSIGN_TAGS, type CosignTag, type Referrer } from "../store.ts";
import { contentLength } from "./body.ts";
import { statusFailure } from "./client.ts";
import {
  ACCEPT_MANIFEST,
  ask,
  fetchSubject,
  mediaTypeOf,
  type Repository,
  statedDigest,
} from "./content.ts";
import { registryCodeOf, RegistryFailure } from "./failure.ts";
import { nextLink } from "./link.ts";
import { parseReferrersPage } from "./referrers_index.ts";
import type { Answer } from "./transport.ts";

/** The most artifacts that may be attached to one image. */
export const MAX_REFERRERS = 1000;
/** The most pages of one listing; also empty ones cost a request. */
export const MAX_PAGES = 100;
/** How long a registry is known to lack the API, in milliseconds. */
const ABSENCE_LIFETIME = 10 * 60 * 1000;
const MAX_ORIGINS = 1000;

/** Which registries lack the referrers API: asked once, and again after a while. */
export class MissingReferrersApi {
  readonly #until = new LruMap<string, number>(MAX_ORIGINS);

  has(origin: string): boolean {
    return (this.#until.get(origin) ?? 0) > Date.now();
  }

  add(origin: string): void {
    this.#until.set(origin, Date.now() + ABSENCE_LIFETIME);
  }
}

/**
 * Everything attached to the subject, in the order of the registry; each digest once. Throws
 * {@link RegistryFailure}, `tooLarge` beyond {@link MAX_REFERRERS}, and {@link AssayError}.
 */
export async function listReferrers(
  repository: Repository,
  subject: Digest,
  missing: MissingReferrersApi,
  maxBytes: number,
): Promise<readonly Referrer[]> {
  const listing = new Listing(subject);
  const { origin } = repository.endpoint;
  if (missing.has(origin) || !await byApi(repository, subject, missing, listing, maxBytes)) {
    await byTag(repository, subject, listing, maxBytes);
  }
  return listing.finish();
}

/**
 * The manifest under cosign's tag `sha256-<hex>.<end>`; undefined when there is none. Its digest and size are
 * claims of the registry until it is fetched. Throws {@link RegistryFailure} and {@link AssayError}.
 */
export async function findCosignTag(
  repository: Repository,
  subject: Digest,
  end: CosignTag,
): Promise<Referrer | undefined> {
  const tag = `${digestAlgorithm(subject)}-${digestHex(subject)}.${end}`;
  // A tag for SHA-512 would be longer than tags may be, so nobody has it.
  if (!isTag(tag)) return undefined;
  const answer = await ask(repository, "HEAD", `manifests/${tag}`, ACCEPT_MANIFEST, 0);
  if (answer.status === 404) return undefined;
  const digest = statedDigest(answer.headers, repository.endpoint.registry);
  const size = contentLength(answer.headers);
  const mediaType = mediaTypeOf(answer.headers);
  // A registry that does not say all in its headers is asked for the whole.
  const found = digest === undefined || size === undefined || mediaType === undefined
    ? await fetchSubject(
      repository,
      { registry: repository.endpoint.registry, repository: repository.name, tag },
      MAX_MANIFEST_BYTES,
    )
    : { digest, size, mediaType };
  return { ...found, artifactType: COSIGN_TAGS[end], source: "cosignTag" };
}

/** The tag of the referrers tag schema, whose parts are cut to 32 and 64 characters. */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}`;
}

/** Lists by the API; false when the registry has none. */
async function byApi(
  repository: Repository,
  subject: Digest,
  missing: MissingReferrersApi,
  listing: Listing,
  maxBytes: number,
): Promise<boolean> {
  const { endpoint, client, name, signal, observe } = repository;
  let answer = await ask(repository, "GET", `referrers/${subject}`, OCI_IMAGE_INDEX, maxBytes);
  if (answer.status === 404) {
    // An unknown repository says nothing about the API.
    if (registryCodeOf(answer.body) !== "NAME_UNKNOWN") missing.add(endpoint.origin);
    return false;
  }
  if (mediaTypeOf(answer.headers) !== OCI_IMAGE_INDEX) return false;
  let url = new URL(`${endpoint.origin}/v2/${name}/referrers/${subject}`);
  const visited = new Set([url.href]);
  for (;;) {
    listing.add(answer, endpoint.registry);
    const next = nextPage(answer, url, endpoint.registry);
    if (next === undefined) return true;
    if (visited.has(next.href)) {
      throw new RegistryFailure("lasting", `${endpoint.registry} lists the same page again`);
    }
    if (visited.size === MAX_PAGES) {
      throw new RegistryFailure("tooLarge", `the listing has more than ${MAX_PAGES} pages`);
    }
    visited.add(next.href);
    url = next;
    const request = { method: "GET", url, accept: OCI_IMAGE_INDEX, maxBytes } as const;
    answer = await client.ask(endpoint, name, request, signal, observe);
    if (answer.status === 404) throw vanished(statusFailure(endpoint, answer, false));
    if (mediaTypeOf(answer.headers) !== OCI_IMAGE_INDEX) {
      throw new RegistryFailure("lasting", `${endpoint.registry} lists a page that is no index`);
    }
  }
}

async function byTag(
  repository: Repository,
  subject: Digest,
  listing: Listing,
  maxBytes: number,
): Promise<void> {
  const { registry } = repository.endpoint;
  const tag = referrersTag(subject);
  const answer = await ask(repository, "GET", `manifests/${tag}`, OCI_IMAGE_INDEX, maxBytes);
  if (answer.status === 404) {
    // The image itself is not there: that is not the same as an image without signatures.
    if (registryCodeOf(answer.body) !== "NAME_UNKNOWN") return;
    throw vanished(statusFailure(repository.endpoint, answer, false));
  }
  const digest = statedDigest(answer.headers, registry);
  if (digest !== undefined && !matchesDigest(answer.body, digest)) {
    throw new RegistryFailure(
      "passing",
      `the tag ${tag} of ${registry} is not ${digest}, as it says`,
    );
  }
  if (mediaTypeOf(answer.headers) !== OCI_IMAGE_INDEX) {
    throw new RegistryFailure("lasting", `the tag ${tag} of ${registry} is no image index`);
  }
  listing.add(answer, registry);
}

/** The next page's URL; undefined when this was the last. */
function nextPage(answer: Answer, url: URL, registry: string): URL | undefined {
  const target = nextLink(answer.headers.get("link"));
  if (target === null) return undefined;
  const next = target === undefined ? null : URL.parse(target, url.href);
  if (next === null || next.username !== "" || next.password !== "") {
    throw new RegistryFailure("lasting", `${registry} links to a next page that cannot be read`);
  }
  if (next.origin !== url.origin) {
    throw new RegistryFailure("lasting", `${registry} links to a next page at another origin`);
  }
  next.hash = "";
  return next;
}

/** A page or repository that is gone in the middle of a listing. */
function vanished(failure: RegistryFailure): RegistryFailure {
  return new RegistryFailure("lasting", failure.message, { cause: failure });
}

/** Collects the pages of a listing. */
class Listing {
  readonly #found = new Map<string, Referrer>();
  readonly #subject: Digest;
  #entries = 0;
  #unreadable: string | undefined;

  constructor(subject: Digest) {
    this.#subject = subject;
  }

  add(answer: Answer, registry: string): void {
    const page = parseReferrersPage(answer.body, MAX_REFERRERS - this.#entries);
    this.#entries += page.entries.length;
    this.#unreadable ??= page.unreadable === undefined
      ? undefined
      : `${registry} lists something that cannot be read: ${withoutStop(page.unreadable)}`;
    for (const entry of page.entries) {
      if (entry.digest === this.#subject || this.#found.has(entry.digest)) continue;
      this.#found.set(entry.digest, referrerOf(entry));
    }
  }

  /** With nothing but entries that cannot be read, an image must not pass for an unsigned one. */
  finish(): readonly Referrer[] {
    if (this.#found.size === 0 && this.#unreadable !== undefined) {
      throw new RegistryFailure("lasting", this.#unreadable);
    }
    return [...this.#found.values()];
  }
}

function referrerOf(entry: Descriptor): Referrer {
  // An entry without type has none that a verifier asks for.
  return { ...entry, artifactType: entry.artifactType ?? "", source: "referrer" };
}

function withoutStop(sentence: string): string {
  return sentence.endsWith(".") ? sentence.slice(0, -1) : sentence;
}
