import { type Address } from "./address.ts";
import { listenFailure } from "./provider_listener.ts";

/** A listener beside the provider's, over plain HTTP, that answers GET requests of some paths. */
export interface StatusListener {
  /** What it is for: `health` or `metrics`. */
  readonly purpose: string;
  readonly address: Address;
  close(): Promise<void>;
}

/** What a path answers. */
export type StatusHandler = () => Response | Promise<Response>;

/**
 * Listens for probes or scrapes.
 *
 * @throws {AssayError} LISTEN_FAILURE.
 */
export function listenForStatus(
  purpose: string,
  address: Address,
  handlers: Readonly<Record<string, StatusHandler>>,
): StatusListener {
  const handle = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url);
    const handler = Object.hasOwn(handlers, pathname) ? handlers[pathname] : undefined;
    if (handler === undefined) return new Response("404 page not found\n", { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    return handler();
  };
  const server = serve(address, handle);
  return {
    purpose,
    address: { hostname: address.hostname, port: server.addr.port },
    close: () => server.shutdown(),
  };
}

function serve(
  address: Address,
  handle: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  // All addresses: of both families where the machine has both.
  const hostnames = address.hostname === "" ? ["::", "0.0.0.0"] : [address.hostname];
  let failure: unknown;
  for (const hostname of hostnames) {
    try {
      return Deno.serve({ hostname, port: address.port, onListen: () => {} }, handle);
    } catch (error) {
      failure = error;
    }
  }
  throw listenFailure(address, failure);
}
