import { forgeCa, forgeLeaf } from "../tls.ts";

type Json = Readonly<Record<string, unknown>>;

/** An object as it is stored. */
interface Stored {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

interface Watcher {
  readonly collection: string;
  readonly send: (event: Json) => void;
  readonly end: (how: "close" | "break") => void;
}

const PATH =
  /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(\/status)?$/;

/**
 * What a Kubernetes API server does for a client that lists, watches and patches, in memory and over TLS:
 * resource versions, conflicts, bookmarks, statuses as a subresource, tokens, permissions. It can be made
 * to forget the past, to break watches, and to be down.
 */
export class ApiServerDouble implements AsyncDisposable {
  /** By collection, then by namespace and name. */
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #watchers = new Set<Watcher>();
  /** All changes, the oldest first. */
  readonly #log: {
    readonly collection: string;
    readonly event: Json & { readonly object: Stored };
  }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly ca: string;
  /** Requests that changed something, as `METHOD path`. */
  readonly changes: string[] = [];
  /** Tokens that are good now. */
  readonly tokens = new Set(["PLANTED-token-1"]);
  /** `verb collection` that is not allowed, as in `list stores`. */
  readonly forbidden = new Set<string>();
  /** Collections that there are not. */
  readonly unknown = new Set<string>();
  /** Answers in place of the server, where it says anything. */
  instead: (method: string, url: URL) => Response | undefined = () => undefined;
  isDown = false;
  #version = 1;
  /** Versions before this one are forgotten. */
  #oldest = 0;

  private constructor(ca: string, tls: { readonly cert: string; readonly key: string }) {
    this.ca = ca;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
      (request) => this.#answer(request),
    );
  }

  static async start(): Promise<ApiServerDouble> {
    const ca = await forgeCa("cluster CA");
    return new ApiServerDouble(ca.pem, await forgeLeaf({ issuer: ca, usage: "serverAuth" }));
  }

  get port(): string {
    return String(this.#server.addr.port);
  }

  /** Creates or replaces an object, as `kubectl apply` would. */
  put(collection: string, object: Json): void {
    const { namespace, name } = object["metadata"] as { namespace?: string; name: string };
    const all = this.#collection(collection);
    const key = `${namespace ?? ""}/${name}`;
    const before = all.get(key);
    const generation = Number(before?.metadata["generation"] ?? 0) + 1;
    const uid = before?.metadata["uid"] ?? crypto.randomUUID();
    const metadata = { ...(object["metadata"] as Json), generation, uid };
    this.#store(collection, key, {
      ...object,
      metadata,
      ...(before?.["status"] ? { status: before["status"] } : {}),
    });
  }

  delete(collection: string, name: string, namespace = ""): void {
    const all = this.#collection(collection);
    const key = `${namespace}/${name}`;
    const object = all.get(key);
    if (object === undefined) throw new Error(`there is no ${collection} ${key}`);
    all.delete(key);
    this.#tell(collection, "DELETED", this.#versioned(object));
  }

  get(collection: string, name: string, namespace = ""): Stored | undefined {
    return this.#objects.get(collection)?.get(`${namespace}/${name}`);
  }

  all(collection: string): readonly Stored[] {
    return [...this.#collection(collection).values()];
  }

  /** Ends all watches. */
  endWatches(how: "close" | "break"): void {
    for (const watcher of [...this.#watchers]) watcher.end(how);
  }

  /** Forgets all changes so far: whoever watches from before must list again. */
  forget(): void {
    this.#oldest = ++this.#version;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endWatches("close");
    await this.#server.shutdown();
  }

  #collection(name: string): Map<string, Stored> {
    const found = this.#objects.get(name) ?? new Map();
    this.#objects.set(name, found);
    return found;
  }

  #store(collection: string, key: string, object: Stored): Stored {
    const all = this.#collection(collection);
    const stored = this.#versioned(object);
    const type = all.has(key) ? "MODIFIED" : "ADDED";
    all.set(key, stored);
    this.#tell(collection, type, stored);
    return stored;
  }

  #versioned(object: Stored): Stored {
    return {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    };
  }

  #tell(collection: string, type: string, object: Stored): void {
    this.#log.push({ collection, event: { type, object } });
    for (const watcher of this.#watchers) {
      if (watcher.collection === collection) watcher.send({ type, object });
    }
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = await request.text();
    const special = this.instead(request.method, url);
    if (special !== undefined) return special;
    if (this.isDown) return status(503, "ServiceUnavailable");
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    if (!this.tokens.has(token)) return status(401, "Unauthorized");
    const [, namespace = "", collection = "", name, sub] = PATH.exec(url.pathname) ?? [];
    if (collection === "" || this.unknown.has(collection)) return status(404, "NotFound");
    const isWatch = url.searchParams.get("watch") === "1";
    const verb = request.method !== "GET"
      ? VERBS[request.method]
      : isWatch
      ? "watch"
      : name === undefined
      ? "list"
      : "get";
    if (this.forbidden.has(`${verb} ${collection}${sub ?? ""}`)) return status(403, "Forbidden");
    if (request.method !== "GET") this.changes.push(`${request.method} ${url.pathname}`);
    if (isWatch) return this.#watch(collection, Number(url.searchParams.get("resourceVersion")));
    if (verb === "list") return this.#list(collection, url.searchParams);
    const key = `${namespace}/${name ?? ""}`;
    if (verb === "create") return this.#create(collection, namespace, JSON.parse(body));
    const stored = this.#collection(collection).get(key);
    if (stored === undefined) return status(404, "NotFound");
    if (verb === "get") return Response.json(stored);
    const given = JSON.parse(body);
    if (verb === "update") {
      const version = given.metadata?.resourceVersion;
      if (version !== stored.metadata["resourceVersion"]) return status(409, "Conflict");
      return Response.json(this.#store(collection, key, given));
    }
    if (request.headers.get("content-type") !== "application/merge-patch+json") {
      return status(415, "UnsupportedMediaType");
    }
    const version = given.metadata?.resourceVersion ?? stored.metadata["resourceVersion"];
    if (version !== stored.metadata["resourceVersion"]) return status(409, "Conflict");
    const patch = sub === undefined ? given : { status: given.status };
    return Response.json(this.#store(collection, key, merged(stored, patch) as Stored));
  }

  #create(collection: string, namespace: string, given: Stored): Response {
    const { name, generateName } = given.metadata as { name?: string; generateName?: string };
    const full = name ?? `${generateName}${crypto.randomUUID().slice(0, 5)}`;
    const key = `${namespace}/${full}`;
    if (this.#collection(collection).has(key)) return status(409, "AlreadyExists");
    const metadata = { ...given.metadata, name: full, uid: crypto.randomUUID() };
    return Response.json(this.#store(collection, key, { ...given, metadata }), { status: 201 });
  }

  /** Two objects a page, so that every list of more has several. */
  #list(collection: string, query: URLSearchParams): Response {
    const from = Number(query.get("continue") ?? 0);
    const all = [...this.#collection(collection).values()];
    const rest = from + 2 < all.length ? { continue: String(from + 2) } : {};
    return Response.json({
      metadata: { resourceVersion: String(this.#version), ...rest },
      items: all.slice(from, from + 2),
    });
  }

  #watch(collection: string, version: number): Response {
    if (version < this.#oldest) return status(410, "Expired");
    const encoder = new TextEncoder();
    let watcher: Watcher;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const gone = (): void => void this.#watchers.delete(watcher);
        watcher = {
          collection,
          send: (event) => controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`)),
          end: (how) => {
            gone();
            if (how === "close") controller.close();
            else controller.error(new Error("broken"));
          },
        };
        this.#watchers.add(watcher);
        // What changed between the list and now.
        for (const { collection: of, event } of this.#log) {
          const changed = Number(event.object.metadata["resourceVersion"]);
          if (of === collection && changed > version) watcher.send(event);
        }
        const resourceVersion = String(this.#version);
        watcher.send({ type: "BOOKMARK", object: { metadata: { resourceVersion } } });
      },
      cancel: () => void this.#watchers.delete(watcher),
    });
    return new Response(stream);
  }
}

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch" };

function status(code: number, reason: string): Response {
  return Response.json({ kind: "Status", status: "Failure", reason, code }, { status: code });
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(typeof target === "object" ? target : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
