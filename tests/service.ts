/** Starts the service inside the test process, with real TLS, and asks it as Gatekeeper does. */

import { request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { ConfigurationFiles, formatProblem } from "../src/resources/mod.ts";
import {
  MUTATE_PATH,
  type Service,
  type ServiceOptions,
  startService,
  VERIFY_PATH,
} from "../src/server/mod.ts";
import { createLogger, type Metrics, NO_METRICS } from "../src/telemetry/mod.ts";
import { forgeCa, forgeLeaf, type PemPair } from "./tls.ts";

/** The parties of a test: a CA of Gatekeeper, one of the provider, one of nobody. */
export interface Parties {
  readonly providerCa: string;
  readonly clientCa: string;
  readonly server: PemPair;
  readonly client: PemPair;
  readonly stranger: PemPair;
  readonly expired: PemPair;
}

let made: Promise<Parties> | undefined;

/** Certificates of all parties, made once. */
export function parties(): Promise<Parties> {
  return made ??= makeParties();
}

async function makeParties(): Promise<Parties> {
  const [provider, gatekeeper, other] = await Promise.all(
    ["provider CA", "Gatekeeper CA", "other CA"].map(forgeCa),
  );
  if (provider === undefined || gatekeeper === undefined || other === undefined) throw new Error();
  const past = new Date("2022-01-01T00:00:00Z");
  const [server, client, stranger, expired] = await Promise.all([
    forgeLeaf({ issuer: provider, usage: "serverAuth" }),
    forgeLeaf({ issuer: gatekeeper, usage: "clientAuth" }),
    forgeLeaf({ issuer: other, usage: "clientAuth" }),
    forgeLeaf({ issuer: gatekeeper, usage: "clientAuth", notAfter: past }),
  ]);
  return { providerCa: provider.pem, clientCa: gatekeeper.pem, server, client, stranger, expired };
}

/** What a test may set. */
export interface ServiceSetup {
  /** An empty folder for certificates. */
  readonly folder: string;
  /** Configuration files. */
  readonly config: readonly string[];
  readonly options?: Partial<ServiceOptions>;
  readonly metrics?: Metrics;
  /** Whether it serves plain HTTP. */
  readonly plain?: boolean;
}

/** A service under test. */
export interface TestService extends AsyncDisposable {
  readonly service: Service;
  readonly configuration: ConfigurationFiles;
  readonly log: string[];
  /** Where it listens: host and port. */
  readonly host: string;
}

/** Starts a service as `serve` does; certificates lie in `folder/tls`, Gatekeeper's CA in `folder/client-ca.crt`. */
export async function startTestService(setup: ServiceSetup): Promise<TestService> {
  const { folder } = setup;
  const { server, clientCa } = await parties();
  await Deno.mkdir(`${folder}/tls`, { recursive: true });
  await Deno.writeTextFile(`${folder}/tls/tls.crt`, server.cert);
  await Deno.writeTextFile(`${folder}/tls/tls.key`, server.key);
  await Deno.writeTextFile(`${folder}/client-ca.crt`, clientCa);
  const log: string[] = [];
  const now = (): Date => new Date();
  const running: { service?: Service } = {};
  const configuration = await ConfigurationFiles.open(
    setup.config,
    { home: undefined, now },
    {
      loaded: () => {
        log.push("loaded");
        running.service?.configurationChanged();
      },
      refused: ({ problems, error }) =>
        log.push(`refused: ${error?.message ?? problems.map(formatProblem).join("; ")}`),
    },
    () => {},
  );
  if (configuration === undefined) throw new Error("the test's configuration has errors");
  const options: ServiceOptions = {
    address: { hostname: "127.0.0.1", port: 0 },
    tls: setup.plain ? undefined : {
      certificate: `${folder}/tls/tls.crt`,
      key: `${folder}/tls/tls.key`,
      clientCa: `${folder}/client-ca.crt`,
    },
    health: undefined,
    metricsAddress: undefined,
    timeouts: {},
    cache: { verdictTtl: 10_000, tagTtl: 10_000, maxBytes: 16 * 1024 * 1024 },
    userAgent: "assay/test",
    env: () => undefined,
    logger: createLogger({ format: "text", level: "debug", write: (line) => log.push(line), now }),
    metrics: setup.metrics ?? NO_METRICS,
    now,
    ...setup.options,
  };
  const started = await startService(configuration, options);
  running.service = started;
  return {
    service: started,
    configuration,
    log,
    host: `127.0.0.1:${started.address.port}`,
    [Symbol.asyncDispose]: async () => {
      await started.stop();
      await configuration[Symbol.asyncDispose]();
    },
  };
}

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- tests look into what they get
  readonly json: any;
}

/** How a client asks. */
export interface ClientOptions {
  readonly pair?: PemPair | undefined;
  readonly ca?: string;
  readonly agent?: Agent;
  /** The name that the server's certificate must be for; the host's address when absent. */
  readonly servername?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly plain?: boolean;
  /** Ends the body; when false, only its beginning is sent. */
  readonly end?: boolean;
}

/** Sends one request over a connection of its own; rejects when the connection fails. */
export async function ask(
  host: string,
  path: string,
  body: string | Uint8Array,
  options: ClientOptions = {},
): Promise<HttpAnswer> {
  const { providerCa, client } = await parties();
  const pair = "pair" in options ? options.pair : client;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const [hostname = "", port = ""] = host.split(":");
  const request = (options.plain ? httpRequest : httpsRequest)({
    host: hostname,
    port: Number(port),
    path,
    method: options.method ?? "POST",
    agent: options.agent ?? false,
    headers: { "content-type": "application/json", ...options.headers },
    ...(options.plain ? {} : { ca: options.ca ?? providerCa, cert: pair?.cert, key: pair?.key }),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
  }, (response) => {
    const parts: Uint8Array[] = [];
    response.on("data", (part) => parts.push(part));
    response.on("error", reject);
    response.on("end", () => {
      const text = new TextDecoder().decode(Uint8Array.from(parts.flatMap((part) => [...part])));
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      request.destroy();
    });
  });
  request.on("error", reject);
  request.write(body);
  if (options.end !== false) request.end();
  return await promise;
}

/** Asks for verdicts on keys. */
export function askVerify(
  host: string,
  keys: readonly string[],
  options: ClientOptions = {},
): Promise<HttpAnswer> {
  return ask(host, VERIFY_PATH, JSON.stringify({ request: { keys } }), options);
}

/** Asks for digests of keys. */
export function askMutate(
  host: string,
  keys: readonly string[],
  options: ClientOptions = {},
): Promise<HttpAnswer> {
  return ask(host, MUTATE_PATH, JSON.stringify({ request: { keys } }), options);
}
