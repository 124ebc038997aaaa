/** Manifests and blobs of a repository, each checked against digest and size. */

import type { Bytes } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isMediaType,
  type Manifest,
  MANIFEST_MEDIA_TYPES,
  matchesDigest,
  parseManifest,
  quote,
  type Reference,
} from "../../oci/mod.ts";
import type { FetchedManifest, RequestObserver } from "../store.ts";
import { type RegistryClient, statusFailure } from "./client.ts";
import { type Endpoint, urlOf } from "./endpoint.ts";
import { RegistryFailure } from "./failure.ts";
import type { Answer } from "./transport.ts";

/** A repository, and the way to it. */
export interface Repository {
  readonly client: RegistryClient;
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly observe?: RequestObserver | undefined;
}

/** The value of `Accept` for a manifest of any kind. */
export const ACCEPT_MANIFEST: string = MANIFEST_MEDIA_TYPES.join(", ");

/** Asks for something of the repository. Throws as {@link RegistryClient.ask}, and for a 404. */
export async function get(
  repository: Repository,
  rest: string,
  accept: string | undefined,
  maxBytes: number,
): Promise<Answer> {
  const answer = await ask(repository, "GET", rest, accept, maxBytes);
  if (answer.status === 404) throw statusFailure(repository.endpoint, answer, false);
  return answer;
}

/** Asks for something of the repository that need not be there: the answer's status is 200 or 404. */
export function ask(
  repository: Repository,
  method: "GET" | "HEAD",
  rest: string,
  accept: string | undefined,
  maxBytes: number,
): Promise<Answer> {
  const { client, endpoint, name, signal, observe } = repository;
  const url = urlOf(endpoint, name, rest);
  const request = { method, url, maxBytes, ...(accept === undefined ? {} : { accept }) };
  return client.ask(endpoint, name, request, signal, observe);
}

/**
 * Fetches and hashes the manifest that a reference names. By digest the content must have it; by tag a
 * digest that the registry names must be that of the content. Throws {@link RegistryFailure}, and
 * {@link AssayError} `MANIFEST_INVALID` or `LIMIT_EXCEEDED` for what is no manifest for certain.
 */
export async function fetchSubject(
  repository: Repository,
  reference: Reference,
  maxBytes: number,
): Promise<Descriptor> {
  const name = reference.digest ?? reference.tag ?? "";
  const answer = await get(repository, `manifests/${name}`, ACCEPT_MANIFEST, maxBytes);
  const { registry } = repository.endpoint;
  const { digest, proven } = reference.digest === undefined
    ? digestOfTagged(answer, registry)
    : { digest: checked(answer.body, reference.digest, registry), proven: true };
  const mediaType = mediaTypeOf(answer.headers);
  if (mediaType === undefined || !MANIFEST_MEDIA_TYPES.includes(mediaType)) {
    throw new RegistryFailure(
      "lasting",
      `${registry} calls it ${quote(answer.headers.get("content-type") ?? "", 80)}, ` +
        "which is not the media type of a manifest",
    );
  }
  try {
    // Read for its own sake: what cannot be read as what it is said to be is no image.
    parse(repository, answer.body, mediaType, digest);
  } catch (error) {
    if (proven || !(error instanceof AssayError)) throw error;
    throw new RegistryFailure(
      "passing",
      `${registry} answered with something that is no manifest, and named no digest to check it by`,
      { cause: error },
    );
  }
  return { mediaType, digest, size: answer.body.length };
}

/**
 * Fetches a manifest by its descriptor. Throws {@link RegistryFailure}, and {@link AssayError}
 * `MANIFEST_INVALID`.
 */
export async function fetchManifest(
  repository: Repository,
  descriptor: Descriptor,
): Promise<FetchedManifest> {
  const { digest, mediaType } = descriptor;
  const answer = await getSized(repository, `manifests/${digest}`, descriptor, mediaType);
  const found = mediaTypeOf(answer.headers);
  if (found !== mediaType) {
    throw new RegistryFailure(
      "lasting",
      `${repository.endpoint.registry} calls it ` +
        `${quote(answer.headers.get("content-type") ?? "", 80)}, but it was listed as ${mediaType}`,
    );
  }
  return {
    descriptor,
    bytes: answer.body,
    manifest: parse(repository, answer.body, mediaType, digest),
  };
}

/** Fetches a blob by its descriptor. Throws {@link RegistryFailure}. */
export async function fetchBlob(repository: Repository, descriptor: Descriptor): Promise<Bytes> {
  const answer = await getSized(repository, `blobs/${descriptor.digest}`, descriptor, undefined);
  return answer.body;
}

/** The `Content-Type` without parameters, in lower case; undefined when it is no media type. */
export function mediaTypeOf(headers: Headers): string | undefined {
  const text = headers.get("content-type") ?? "";
  const semicolon = text.indexOf(";");
  const type = (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  return isMediaType(type) ? type : undefined;
}

/** The `Docker-Content-Digest`; undefined when it is absent. Throws {@link RegistryFailure} when it is none. */
export function statedDigest(headers: Headers, registry: string): Digest | undefined {
  const text = headers.get("docker-content-digest");
  if (text === null || isDigest(text)) return text ?? undefined;
  throw new RegistryFailure(
    "lasting",
    `${registry} says that its digest is ${quote(text, 140)}, which is not a digest`,
  );
}

async function getSized(
  repository: Repository,
  rest: string,
  descriptor: Descriptor,
  accept: string | undefined,
): Promise<Answer> {
  const { digest, size } = descriptor;
  const { registry } = repository.endpoint;
  let answer: Answer;
  try {
    answer = await get(repository, rest, accept, size);
  } catch (error) {
    if (!(error instanceof RegistryFailure) || error.kind !== "tooLarge") throw error;
    throw new RegistryFailure(
      "passing",
      `${registry} sent more than the ${size} bytes that were declared`,
      { cause: error },
    );
  }
  const found = answer.body.length;
  if (found !== size) {
    throw new RegistryFailure(
      "passing",
      `${registry} sent ${found} bytes, but ${size} were declared`,
    );
  }
  checked(answer.body, digest, registry);
  return answer;
}

function digestOfTagged(answer: Answer, registry: string): { digest: Digest; proven: boolean } {
  const stated = statedDigest(answer.headers, registry);
  if (stated === undefined) return { digest: digestOf(answer.body), proven: false };
  return { digest: checked(answer.body, stated, registry), proven: true };
}

/** Reads a manifest, and adds to what is wrong with it which manifest it is. */
function parse(repository: Repository, bytes: Bytes, mediaType: string, digest: Digest): Manifest {
  try {
    return parseManifest(bytes, mediaType);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const { code, component, message } = error;
    const detail = `manifest ${repository.endpoint.registry}/${repository.name}@${digest}`;
    throw new AssayError({ code, component, message, detail, cause: error });
  }
}

function checked(bytes: Bytes, digest: Digest, registry: string): Digest {
  if (matchesDigest(bytes, digest)) return digest;
  throw new RegistryFailure(
    "passing",
    `what ${registry} sent has the digest ${
      digestOf(bytes, digestAlgorithm(digest))
    }, not ${digest}`,
  );
}
