/** A registry for tests, in this process and on the loopback address. Anything can be made to go wrong. */

import {
  type Bytes,
  type Descriptor,
  type Digest,
  digestOf,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from "../../../oci/mod.ts";

/** A request as it came. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers a request in place of the registry; undefined leaves it to the registry. */
export type Interceptor = (seen: Seen, count: number) => Response | Promise<Response> | undefined;

interface Stored {
  readonly bytes: Bytes;
  readonly mediaType: string;
}

/** The repository that everything is in. */
export const REPOSITORY = "team/app";

/** A registry with one repository, `team/app`. */
export class FakeRegistry implements AsyncDisposable {
  /** Host and port. */
  readonly host: string;
  readonly seen: Seen[] = [];
  /** Looked at first. */
  intercept: Interceptor = () => undefined;
  /** Whether there is a referrers API. */
  referrersApi = true;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #manifests = new Map<string, Stored>();
  readonly #blobs = new Map<string, Bytes>();
  readonly #referrers = new Map<string, Descriptor[]>();

  /** Starts it; with a certificate over TLS. */
  constructor(tls?: { readonly cert: string; readonly key: string }) {
    const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls };
    this.#server = Deno.serve(listen, async (request) => {
      const url = new URL(request.url);
      const seen = {
        method: request.method,
        target: url.pathname + url.search,
        headers: request.headers,
        body: await request.text(),
      };
      this.seen.push(seen);
      return await this.intercept(seen, this.seen.length) ?? this.#answer(seen, url.pathname);
    });
    this.host = `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  /** Method and path of the requests so far, as in `GET /v2/…`. */
  get log(): readonly string[] {
    return this.seen.map(({ method, target }) => `${method} ${target}`);
  }

  /** Stores a manifest, under tags too. */
  put(content: unknown, tags: readonly string[] = [], mediaType = OCI_IMAGE_MANIFEST): Descriptor {
    const bytes = content instanceof Uint8Array
      ? new Uint8Array(content)
      : new TextEncoder().encode(JSON.stringify(content));
    const digest = digestOf(bytes);
    for (const name of [digest, ...tags]) this.#manifests.set(name, { bytes, mediaType });
    return { mediaType, digest, size: bytes.length };
  }

  /** Stores a blob. */
  putBlob(bytes: Bytes): Descriptor {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return { mediaType: "application/octet-stream", digest, size: bytes.length };
  }

  /** Lists a descriptor as attached to a digest, in the API. */
  attach(subject: Digest, referrer: Descriptor): void {
    this.#referrers.set(subject, [...this.#referrers.get(subject) ?? [], referrer]);
  }

  #answer({ method }: Seen, path: string): Response {
    const [, name, kind, reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(path) ?? [];
    if (name !== REPOSITORY) return failure(404, "NAME_UNKNOWN");
    if (kind === "referrers" && this.referrersApi) {
      return indexOf(this.#referrers.get(reference) ?? []);
    }
    if (kind === "manifests") {
      const stored = this.#manifests.get(reference);
      if (stored === undefined) return failure(404, "MANIFEST_UNKNOWN");
      return content(stored.bytes, stored.mediaType, method);
    }
    const blob = kind === "blobs" ? this.#blobs.get(reference) : undefined;
    return blob === undefined
      ? failure(404, kind === "blobs" ? "BLOB_UNKNOWN" : undefined)
      : content(blob, "application/octet-stream", method);
  }
}

/** An image manifest; different for each text. */
export function imageManifest(text: string, more: Record<string, unknown> = {}): unknown {
  const config = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: digestOf(new TextEncoder().encode(text)),
    size: text.length,
  };
  return { schemaVersion: 2, mediaType: OCI_IMAGE_MANIFEST, config, layers: [], ...more };
}

/** A listing of referrers. */
export function indexOf(manifests: readonly unknown[], headers: HeadersInit = {}): Response {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests });
  return new Response(body, { headers: { "content-type": OCI_IMAGE_INDEX, ...headers } });
}

/** An error as registries answer it. */
export function failure(status: number, code?: string, headers: HeadersInit = {}): Response {
  const body = code === undefined
    ? "404 page not found"
    : JSON.stringify({ errors: [{ code, message: "said by the registry" }] });
  return new Response(body, { status, headers });
}

function content(bytes: Bytes, mediaType: string, method: string): Response {
  const headers = {
    "content-type": mediaType,
    "content-length": String(bytes.length),
    "docker-content-digest": digestOf(bytes),
  };
  return new Response(method === "HEAD" ? null : bytes, { headers });
}
