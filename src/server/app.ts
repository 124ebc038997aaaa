import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Engine, RequestContext } from "../engine/mod.ts";
import { asAssayError } from "../errors.ts";
import type { Configuration } from "../resources/mod.ts";
import type { Logger, Metrics } from "../telemetry/mod.ts";
import { readBody } from "./body.ts";
import { readProviderRequest } from "./provider_request.ts";
import {
  errorResponse,
  mutateResponse,
  type ProviderResponse,
  verifyResponse,
} from "./provider_response.ts";
import { traceIdOf } from "./trace_id.ts";
import { recordResolution, recordVerdict } from "./verdict_log.ts";

/** Where Gatekeeper's Provider resources point to. */
export const VERIFY_PATH = "/ratify/gatekeeper/v1/verify";
export const MUTATE_PATH = "/ratify/gatekeeper/v1/mutate";

/** What requests are answered with. */
export interface AppOptions {
  readonly engine: Engine;
  /** The configuration in force. A request takes it once. */
  readonly configuration: () => Configuration;
  /** Milliseconds for an answer, in place of what the configuration says. */
  readonly timeouts: { readonly verify?: number; readonly mutate?: number };
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => Date;
}

type Endpoint = "verify" | "mutate";
type AppContext = Context<{ Bindings: HttpBindings }>;

/** Answers keys of one request; what it throws is a fault of the whole request. */
type Answerer = (
  keys: readonly string[],
  context: RequestContext,
  traceId: string,
  started: number,
) => Promise<ProviderResponse>;

/** The two endpoints of the provider. */
export function createApp(options: AppOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const serve = (path: string, endpoint: Endpoint, answer: Answerer): void => {
    app.post(path, (context) => respond(options, endpoint, answer, context));
    app.all(path, (context) => context.body(null, 405, { allow: "POST" }));
  };
  serve(VERIFY_PATH, "verify", (...request) => verify(options, ...request));
  serve(MUTATE_PATH, "mutate", (...request) => mutate(options, ...request));
  app.notFound((context) => context.text("404 page not found\n", 404));
  return app;
}

async function verify(
  { engine, logger, metrics, now }: AppOptions,
  keys: readonly string[],
  context: RequestContext,
  traceId: string,
  started: number,
): Promise<ProviderResponse> {
  const answers = await engine.verifyAll(keys, context);
  const told = { traceId, durationMs: performance.now() - started, logger, metrics };
  for (const answer of answers) recordVerdict(answer, told);
  return verifyResponse(answers, { traceId, timestamp: now() });
}

async function mutate(
  { engine, logger, metrics }: AppOptions,
  keys: readonly string[],
  context: RequestContext,
  traceId: string,
  started: number,
): Promise<ProviderResponse> {
  const answers = await engine.resolveAll(keys, context);
  const told = { traceId, durationMs: performance.now() - started, logger, metrics };
  for (const answer of answers) recordResolution(answer, told);
  return mutateResponse(answers);
}

/** One request, one answer, whatever happens; nothing of it is under way afterwards. */
async function respond(
  options: AppOptions,
  endpoint: Endpoint,
  answer: Answerer,
  { env: { incoming, outgoing } }: AppContext,
): Promise<Response> {
  const { logger, metrics } = options;
  const started = performance.now();
  const ended = metrics.requestStarted(endpoint);
  const configuration = options.configuration();
  const { executor, logger: { traceIdHeaders } } = configuration;
  const traceId = traceIdOf(incoming.headers, traceIdHeaders);
  const milliseconds = endpoint === "verify"
    ? options.timeouts.verify ?? executor.verifyTimeoutMs
    : options.timeouts.mutate ?? executor.mutateTimeoutMs;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), milliseconds);
  const stop = (): void => deadline.abort();
  outgoing.once("close", stop); // the caller went away: nobody reads the answer
  try {
    const keys = readProviderRequest(await readBody(incoming, deadline.signal));
    const context = { configuration, signal: deadline.signal };
    const { body, fault } = await answer(keys, context, traceId, started);
    if (fault !== undefined) metrics.systemError(fault.code);
    return send(outgoing, body, 200, false);
  } catch (error) {
    stop();
    const fault = asAssayError(error, "server");
    metrics.systemError(fault.code);
    logger.warn("request refused", { "trace-id": traceId, endpoint, error: fault });
    return send(outgoing, errorResponse(fault, endpoint === "mutate"), 500, !incoming.complete);
  } finally {
    clearTimeout(timer);
    outgoing.off("close", stop);
    ended();
    const duration = performance.now() - started;
    if (endpoint === "verify") metrics.verificationRequest(duration);
    else metrics.mutationRequest(duration);
  }
}

/**
 * Sends the answer straight to the connection: by way of a Response it would be read back from a stream.
 *
 * @param close whether the connection ends with the answer, since more of the request may come.
 */
function send(
  outgoing: HttpBindings["outgoing"],
  text: string,
  status: number,
  close: boolean,
): Response {
  const body = encoder.encode(text);
  outgoing.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    ...(close ? { connection: "close" } : {}),
  });
  outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
}

const encoder = new TextEncoder();
