/** Images in registries (OCI distribution specification). */

import type { Bytes } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import {
  type Descriptor,
  formatReference,
  MAX_MANIFEST_BYTES,
  type Reference,
  repositoryName,
} from "../../oci/mod.ts";
import type { CredentialProvider } from "../credentials/credential.ts";
import type {
  ArtifactStore,
  CosignTagOptions,
  FetchedManifest,
  Referrer,
  RequestObserver,
  StoreOptions,
  Subject,
} from "../store.ts";
import { cosignTags } from "../store.ts";
import { RegistryClient } from "./client.ts";
import { fetchBlob, fetchManifest, fetchSubject, type Repository } from "./content.ts";
import { endpointOf } from "./endpoint.ts";
import { during } from "./failure.ts";
import { findCosignTag, listReferrers, MAX_REFERRERS, MissingReferrersApi } from "./referrers.ts";
import { askInTurn, type Places } from "./mirrors.ts";
import type { ClientCertificate } from "./tls_clients.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";

/** The most bytes of a blob, unless a call says otherwise. */
const MAX_BLOB_BYTES = 4 * 1024 * 1024;
const DEFAULT_TIMEOUT = 10_000;
const DEFAULT_CONCURRENCY = 32;

/** How registries are asked. Registries are named as in references: host, and port where there is one. */
export interface RegistryOptions extends CosignTagOptions {
  /** The store's name; `registry` when absent. */
  readonly name?: string;
  /** What we call ourselves in requests, such as `assay/1.0.0`. */
  readonly userAgent: string;
  /** Whether all registries are asked over plain HTTP; false when absent. */
  readonly useHttp?: boolean;
  /** The registries that are asked over plain HTTP. */
  readonly plainHttp?: readonly string[];
  /** CA certificates as PEM text that are trusted for a registry, and where it sends us, beside the public ones. */
  readonly caBundles?: Readonly<Partial<Record<string, string>>>;
  /** By registry: a certificate that it is shown, and no other host is. */
  readonly clientCertificates?: Readonly<Partial<Record<string, ClientCertificate>>>;
  /** By registry: those that are asked before it, in order. */
  readonly mirrors?: Readonly<Partial<Record<string, readonly string[]>>>;
  /** Where credentials come from; all is anonymous when absent. */
  readonly credentials?: CredentialProvider;
  /** Whether a registry is asked anonymously when the provider fails; false when absent. */
  readonly anonymousFallback?: boolean;
  /** When and how often a request is sent again. */
  readonly retry?: RetryPolicy;
  /** How long one exchange may take, in milliseconds; 10,000 when absent. */
  readonly timeout?: number;
  /** Requests under way to one host at once; 32 when absent. */
  readonly concurrency?: number;
  /** Is told of every request, those for tokens included. */
  readonly observe?: RequestObserver;
}

/**
 * Opens a store; nothing is asked yet. Keep it for as long as its options stand: it remembers tokens, and
 * which registries lack the referrers API.
 */
export function openRegistryStore(options: RegistryOptions): RegistryStore {
  return new RegistryStore(options);
}

/** Registries as a store. */
export class RegistryStore implements ArtifactStore, Disposable {
  readonly name: string;
  readonly #options: RegistryOptions;
  readonly #client: RegistryClient;
  readonly #missing = new MissingReferrersApi();
  readonly #mirrors: ReadonlyMap<string, readonly string[]>;

  /** Use {@link openRegistryStore}. */
  constructor(options: RegistryOptions) {
    this.name = options.name ?? "registry";
    this.#options = options;
    this.#mirrors = new Map(
      Object.entries(options.mirrors ?? {}).map(([host, list = []]) => [host.toLowerCase(), list]),
    );
    this.#client = new RegistryClient({
      userAgent: options.userAgent,
      credentials: options.credentials,
      anonymousFallback: options.anonymousFallback ?? false,
      caBundles: options.caBundles ?? {},
      clientCertificates: options.clientCertificates ?? {},
      retry: options.retry ?? DEFAULT_RETRY,
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      observe: options.observe,
    });
  }

  /** Closes the connections that were opened with certificates of their own. Requests under way fail. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  /**
   * Fetches and hashes the manifest that a tag or digest names; its media type is the one that the registry
   * says. Throws {@link AssayError}: `REPOSITORY_OPERATION_FAILURE` when it is not there, `AUTH_DENIED`,
   * `GET_SUBJECT_DESCRIPTOR_FAILURE`, `MANIFEST_INVALID`, `LIMIT_EXCEEDED`, `DEADLINE_EXCEEDED`,
   * `HOST_NAME_INVALID`.
   */
  async resolve(reference: Reference, options: StoreOptions): Promise<Subject> {
    const step = {
      doing: `Reading the manifest of ${formatReference(reference)}`,
      code: "GET_SUBJECT_DESCRIPTOR_FAILURE",
      missing: "REPOSITORY_OPERATION_FAILURE",
    } as const;
    const places = this.#places(reference, options);
    const limit = options.maxBytes ?? MAX_MANIFEST_BYTES;
    const descriptor = await during(
      step,
      () => askInTurn(places, (repository) => fetchSubject(repository, reference, limit)),
    );
    return { reference, descriptor };
  }

  /**
   * Lists what is attached to the subject, of which only the reference and the digest are used: it need not
   * have been resolved. Throws {@link AssayError}: `LIST_REFERRERS_FAILURE`, `AUTH_DENIED`, `LIMIT_EXCEEDED`
   * beyond 1,000, `DEADLINE_EXCEEDED`, `HOST_NAME_INVALID`.
   */
  async referrers(subject: Subject, options: StoreOptions): Promise<readonly Referrer[]> {
    const { digest } = subject.descriptor;
    const step = {
      doing: `Listing what is attached to ${repositoryName(subject.reference)}@${digest}`,
      code: "LIST_REFERRERS_FAILURE",
    } as const;
    const places = this.#places(subject.reference, options);
    const limit = options.maxBytes ?? MAX_MANIFEST_BYTES;
    const list = (repository: Repository): Promise<readonly Referrer[]> =>
      this.#list(repository, digest, limit);
    return await during(step, () => askInTurn(places, list, (found) => found.length > 0));
  }

  async #list(
    repository: Repository,
    digest: Descriptor["digest"],
    limit: number,
  ): Promise<readonly Referrer[]> {
    // All are waited for, so that nothing is under way any more when the first failed.
    const outcomes = await Promise.allSettled([
      listReferrers(repository, digest, this.#missing, limit),
      ...cosignTags(this.#options).map(async (end) => {
        const found = await findCosignTag(repository, digest, end);
        return found === undefined ? [] : [found];
      }),
    ]);
    const all = outcomes.flatMap((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
    if (all.length > MAX_REFERRERS) throw tooMany();
    return all;
  }

  /**
   * Fetches a manifest. Throws {@link AssayError}: `LIMIT_EXCEEDED` when its size is over the limit, before
   * anything is fetched, `GET_REFERRER_MANIFEST_FAILURE`, `AUTH_DENIED`, `MANIFEST_INVALID`,
   * `DEADLINE_EXCEEDED`, `HOST_NAME_INVALID`.
   */
  async manifest(
    subject: Subject,
    descriptor: Descriptor,
    options: StoreOptions,
  ): Promise<FetchedManifest> {
    const places = this.#places(subject.reference, options);
    checkSize(descriptor, options.maxBytes ?? MAX_MANIFEST_BYTES);
    const step = {
      doing: `Reading the manifest ${repositoryName(subject.reference)}@${descriptor.digest}`,
      code: "GET_REFERRER_MANIFEST_FAILURE",
    } as const;
    return await during(
      step,
      () => askInTurn(places, (repository) => fetchManifest(repository, descriptor)),
    );
  }

  /**
   * Fetches a blob, of at most 4 MiB unless told otherwise. Throws {@link AssayError}: `LIMIT_EXCEEDED` when
   * its size is over the limit, before anything is fetched, `GET_BLOB_CONTENT_FAILURE`, `AUTH_DENIED`,
   * `DEADLINE_EXCEEDED`, `HOST_NAME_INVALID`.
   */
  async blob(subject: Subject, descriptor: Descriptor, options: StoreOptions): Promise<Bytes> {
    const places = this.#places(subject.reference, options);
    checkSize(descriptor, options.maxBytes ?? MAX_BLOB_BYTES);
    const step = {
      doing: `Reading the blob ${repositoryName(subject.reference)}@${descriptor.digest}`,
      code: "GET_BLOB_CONTENT_FAILURE",
    } as const;
    return await during(
      step,
      () => askInTurn(places, (repository) => fetchBlob(repository, descriptor)),
    );
  }

  #places(reference: Reference, options: StoreOptions): Places {
    const { useHttp = false, plainHttp = [] } = this.#options;
    const at = (registry: string): Repository => ({
      client: this.#client,
      endpoint: endpointOf(registry, { useHttp, plainHttp }),
      name: reference.repository,
      signal: options.signal,
      observe: options.observe,
    });
    const mirrors = this.#mirrors.get(reference.registry.toLowerCase()) ?? [];
    return { mirrors: mirrors.map(at), registry: at(reference.registry) };
  }
}

function checkSize(descriptor: Descriptor, limit: number): void {
  if (descriptor.size <= limit) return;
  throw new AssayError({
    code: "LIMIT_EXCEEDED",
    component: "referrerStore",
    message: `${descriptor.digest} has ${descriptor.size} bytes; at most ${limit} are read.`,
  });
}

function tooMany(): AssayError {
  return new AssayError({
    code: "LIMIT_EXCEEDED",
    component: "referrerStore",
    message: `More than ${MAX_REFERRERS} artifacts are attached to the image.`,
  });
}
