/** A service in a process of its own, and load on it. */

import type { Lab } from "./lab.ts";

const DEV = `${import.meta.dirname}/../dev`;

/** A running service. */
export interface Provider extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process until it said that it is ready. */
  readonly startMs: number;
  /** Counts how many lines of its log match so far; lines are written a little later than they happen. */
  logged(pattern: RegExp): Promise<number>;
}

/** Starts `serve` with TLS and client certificates. */
export async function startProvider(
  lab: Lab,
  config: string,
  args: readonly string[] = [],
): Promise<Provider> {
  const started = performance.now();
  const process = new Deno.Command(DEV, {
    args: [
      ...["assay", "serve", "--http", "127.0.0.1:0", "--health-port", "127.0.0.1:0"],
      ...["--config", config, "--cert-dir", `${lab.folder}/tls`],
      ...["--ca-cert-file", `${lab.folder}/client-ca.pem`, ...args],
    ],
    env: { ASSAY_STATE_DIR: lab.folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ready = Promise.withResolvers<string>();
  let log = "";
  const reading = (async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) {
      log += text;
      const address = /for=provider address=(\S+)/.exec(log)?.[1];
      if (address !== undefined && log.includes('msg="ready"')) ready.resolve(address);
    }
    ready.reject(new Error(`the service ended: ${log}`));
  })();
  ready.promise.catch(() => {});
  const address = await ready.promise;
  const startMs = performance.now() - started;
  return {
    pid: process.pid,
    url: `https://${address}/ratify/gatekeeper/v1/verify`,
    startMs,
    logged: async (pattern) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return log.match(new RegExp(pattern, "g"))?.length ?? 0;
    },
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGTERM");
      await process.status;
      await reading;
    },
  };
}

/** What the load generator says of a run. */
export interface LoadResult {
  readonly keys_per_cpu_s: number;
  readonly keys_per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly cpu_s: number;
  readonly rss_mb: number;
  readonly peak_rss_mb: number;
  readonly good: number;
  readonly bad: number;
  readonly failed: number;
  readonly first_error: string;
}

/** How much load, and on which images. */
export interface Load {
  readonly images: readonly string[];
  readonly requests: number;
  readonly concurrency?: number;
  readonly batch?: number;
  /** A new connection for each request. */
  readonly fresh?: boolean;
}

/** Puts load on a service. Throws when a verdict is not *allow*. */
export async function load(lab: Lab, provider: Provider, options: Load): Promise<LoadResult> {
  const keys = `${lab.folder}/keys.txt`;
  await Deno.writeTextFile(keys, options.images.join("\n"));
  const { stdout } = await new Deno.Command(lab.load, {
    args: [
      ...["-url", provider.url, "-ca", `${lab.folder}/provider-ca.pem`, "-keys", keys],
      ...["-cert", `${lab.folder}/client.pem`, "-key", `${lab.folder}/client.key`],
      ...["-n", String(options.requests), "-c", String(options.concurrency ?? 16)],
      ...["-batch", String(options.batch ?? 1), "-pid", String(provider.pid)],
      ...(options.fresh ? ["-fresh"] : []),
    ],
    stderr: "inherit",
  }).output();
  const result: LoadResult = JSON.parse(new TextDecoder().decode(stdout));
  if (result.bad + result.failed > 0) throw new Error(`wrong answers: ${JSON.stringify(result)}`);
  return result;
}
