import { jsonErrorCode, memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import type { KubernetesAccess } from "./access.ts";

/** An object of the API, as JSON has it. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

/** One change of a collection. */
export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubernetesObject }
  /** Nothing changed up to this resource version. */
  | { readonly type: "BOOKMARK"; readonly object: KubernetesObject };

const SERVICE = "the Kubernetes API";
/** How many objects of a list come at once, how many there may be, and how large a page is at most. */
const PAGE = 500;
const MAX_OBJECTS = 10_000;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** A single object has 1.5 MiB at most, which base64 makes longer. */
const MAX_OBJECT_BYTES = 2 * 1024 * 1024;
/** The largest single change: an object has 1.5 MiB at most. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** How long the server keeps a watch open, and how long it is waited for beyond that. */
const WATCH_SECONDS = 240;
const WATCH_GRACE_MS = 30_000;

/** How a request to the API differs from reading JSON. */
interface Change {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly body: unknown;
  readonly contentType?: string;
}

/**
 * A client of the API of a cluster. Paths begin with `/api` or `/apis`. All methods throw
 * {@link CloudError}, with the HTTP status where there was an answer, or the signal's reason.
 */
export class KubernetesClient {
  readonly #access: KubernetesAccess;
  readonly #userAgent: string;

  constructor(access: KubernetesAccess, userAgent: string) {
    this.#access = access;
    this.#userAgent = userAgent;
  }

  /** Gets an object; undefined when there is none. */
  async get(path: string, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    try {
      return await this.#ask(path, signal);
    } catch (error) {
      if (error instanceof CloudError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a collection, and the resource version that they are of. */
  async list(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly KubernetesObject[]; readonly resourceVersion: string }> {
    const items: KubernetesObject[] = [];
    let next: string | undefined;
    do {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (next !== undefined) query.set("continue", next);
      const page = await this.#ask(`${path}?${query}`, signal);
      const found = memberOf(page, "items");
      if (!Array.isArray(found)) {
        throw new CloudError(`${SERVICE} answers a list of ${path} without items`, true);
      }
      items.push(...found.filter((item) => typeof item === "object" && item !== null));
      if (items.length > MAX_OBJECTS) {
        throw new CloudError(`${path} has more than ${MAX_OBJECTS} objects`, false);
      }
      const metadata = memberOf(page, "metadata");
      next = textOf(metadata, "continue");
      if (next !== undefined) continue;
      return { items, resourceVersion: textOf(metadata, "resourceVersion") ?? "" };
    } while (true);
  }

  /**
   * The changes of a collection after a resource version, until the server ends the watch. A version
   * that is too old is a {@link CloudError} with status 410.
   */
  async *watch(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds: String(WATCH_SECONDS),
    });
    const limit = AbortSignal.timeout(WATCH_SECONDS * 1000 + WATCH_GRACE_MS);
    const { origin, headers, client } = await this.#access.current();
    try {
      const response = await fetch(`${origin}${path}?${query}`, {
        headers: { ...headers, accept: "application/json", "user-agent": this.#userAgent },
        client,
        redirect: "manual",
        signal: AbortSignal.any([signal, limit]),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw refusal(path, response.status);
      }
      for await (const line of lines(response)) yield readEvent(path, line);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof CloudError) throw error;
      throw new CloudError(`${SERVICE} ended the watch of ${path} in the middle`, true);
    }
  }

  /** Creates an object in a collection. */
  async create(path: string, body: unknown, signal: AbortSignal): Promise<KubernetesObject> {
    return await this.#ask(path, signal, { method: "POST", body });
  }

  /** Replaces an object; its resource version must be the one that is stored. */
  async replace(path: string, body: unknown, signal: AbortSignal): Promise<KubernetesObject> {
    return await this.#ask(path, signal, { method: "PUT", body });
  }

  /** Changes members of an object (RFC 7396). */
  async merge(path: string, body: unknown, signal: AbortSignal): Promise<KubernetesObject> {
    const contentType = "application/merge-patch+json";
    return await this.#ask(path, signal, { method: "PATCH", body, contentType });
  }

  /** Makes an object what the body says, and takes over these members from whoever has them. */
  async apply(path: string, body: unknown, signal: AbortSignal): Promise<KubernetesObject> {
    const query = new URLSearchParams({ fieldManager: "assay", force: "true" });
    const contentType = "application/apply-patch+yaml"; // of which JSON is a part
    return await this.#ask(`${path}?${query}`, signal, { method: "PATCH", body, contentType });
  }

  /** The namespace that the process runs in, or works in. */
  namespace(): Promise<string> {
    return this.#access.namespace();
  }

  async #ask(path: string, signal: AbortSignal, change?: Change): Promise<KubernetesObject> {
    const { origin, headers, client } = await this.#access.current();
    const service = `${SERVICE}, asked for ${path.replace(/\?.*/, "")},`;
    const text = await fetchText({
      service,
      url: `${origin}${path}`,
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": this.#userAgent,
        ...(change === undefined
          ? {}
          : { "content-type": change.contentType ?? "application/json" }),
      },
      client,
      maxBytes: path.includes("?limit=") ? MAX_PAGE_BYTES : MAX_OBJECT_BYTES,
      errorCode: jsonErrorCode("reason"),
      ...(change === undefined
        ? { attempts: 3 }
        : { method: change.method, body: JSON.stringify(change.body) }),
    }, signal);
    return readObject(text, service);
  }
}

function refusal(path: string, status: number): CloudError {
  const transient = status === 410 || status === 429 || status >= 500;
  return new CloudError(
    `${SERVICE}, asked to watch ${path}, answers with status ${status}`,
    transient,
    { status },
  );
}

function readEvent(path: string, line: string): WatchEvent {
  const event = readObject(line, `${SERVICE}, asked to watch ${path},`);
  const type = textOf(event, "type");
  const object = memberOf(event, "object");
  if (type === "ERROR") {
    const code = memberOf(object, "code");
    throw refusal(path, typeof code === "number" ? code : 500);
  }
  const known = type === "ADDED" || type === "MODIFIED" || type === "DELETED" ||
    type === "BOOKMARK";
  if (!known || typeof object !== "object" || object === null) {
    throw new CloudError(`${SERVICE} sent an event of ${path} that cannot be read`, true);
  }
  return { type, object: object as KubernetesObject };
}

async function* lines(response: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const [first = "", ...others] = part.split("\n");
    rest += first;
    if (rest.length > MAX_EVENT_BYTES) {
      throw new CloudError(`${SERVICE} sent an event of more than ${MAX_EVENT_BYTES} bytes`, false);
    }
    for (const next of others) {
      if (rest !== "") yield rest;
      rest = next;
    }
  }
}
