import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { AssayError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import type { TlsMaterial } from "./tls_files.ts";

/** The most bytes of a request's headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Milliseconds for the headers of a request, and for a connection without requests. */
const HEADERS_TIMEOUT = 5_000;
const IDLE_TIMEOUT = 90_000;
/** Milliseconds for a handshake, and between looks at connections that take too long. */
const HANDSHAKE_TIMEOUT = 10_000;
const CHECKING_INTERVAL = 1_000;
const CLOSING_INTERVAL = 50;

/** The listener that Gatekeeper asks. */
export interface ProviderListener {
  readonly address: Address;
  /** Takes other certificates for new connections; those that are open go on. */
  reload(tls: TlsMaterial): void;
  /** Accepts nothing more, lets requests under way end, and then, or after `grace` ms, closes. */
  close(grace: number): Promise<void>;
}

/**
 * Listens: with TLS 1.3, and client certificates where there is a CA for them; without `tls` over
 * plain HTTP.
 *
 * @throws {AssayError} LISTEN_FAILURE.
 */
export async function listenForRequests(
  app: Hono<{ Bindings: HttpBindings }>,
  address: Address,
  tls: TlsMaterial | undefined,
): Promise<ProviderListener> {
  const common = {
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: CHECKING_INTERVAL,
  };
  // The runtime's own Response must stay what it is: other listeners of the process use it. Requests that
  // name no host (HTTP/1.0, and HTTP/2, which older runtimes agree on with clients) are answered too.
  const adaptor = { fetch: app.fetch, overrideGlobalObjects: false, hostname: "localhost" };
  const server = createAdaptorServer(
    tls === undefined ? { ...adaptor, createServer: createHttpServer, serverOptions: common } : {
      ...adaptor,
      createServer: createHttpsServer,
      serverOptions: { ...common, handshakeTimeout: HANDSHAKE_TIMEOUT, ...contextOf(tls) },
    },
  ) as Server;
  server.headersTimeout = HEADERS_TIMEOUT;
  server.requestTimeout = 0; // each request has its own deadline, which is answered
  server.keepAliveTimeout = IDLE_TIMEOUT;
  await listen(server, address);
  // What is wrong with one connection concerns nobody else.
  server.on("error", () => {});
  server.on("tlsClientError", () => {});
  server.on("clientError", (_error, socket) => socket.destroy());
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  return {
    address: { hostname: address.hostname, port },
    reload: (material) => (server as HttpsServer).setSecureContext(contextOf(material)),
    close: (grace) => close(server, grace),
  };
}

function contextOf({ cert, key, ca }: TlsMaterial): {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly minVersion: "TLSv1.3";
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
} {
  return {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: "TLSv1.3",
    requestCert: ca !== undefined,
    rejectUnauthorized: ca !== undefined,
  };
}

function listen(server: Server, address: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: Error): void => reject(listenFailure(address, cause));
  server.once("error", fail);
  const listening = (): void => {
    server.off("error", fail);
    resolve();
  };
  if (address.hostname === "") server.listen(address.port, listening);
  else server.listen(address.port, address.hostname, listening);
  return promise;
}

/** The error of an address that cannot be listened on. */
export function listenFailure(address: Address, cause: unknown): AssayError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const taken = cause instanceof Deno.errors.AddrInUse || text.includes("EADDRINUSE");
  return new AssayError({
    code: "LISTEN_FAILURE",
    component: "server",
    message: `Assay cannot listen on ${formatAddress(address)}: ${
      taken ? "another process does" : text
    }`,
    cause,
  });
}

async function close(server: Server, grace: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A connection that has its answer is idle from then on, and would be kept for the next request.
  server.closeIdleConnections();
  const closing = setInterval(() => server.closeIdleConnections(), CLOSING_INTERVAL);
  const timer = setTimeout(() => {
    server.closeAllConnections();
    resolve();
  }, grace);
  await promise;
  clearInterval(closing);
  clearTimeout(timer);
}
