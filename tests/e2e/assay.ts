/** Assay as a process of its own, in front of Gatekeeper. */

import type { ControlPlane } from "./control_plane.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** A running service. */
export interface Assay extends AsyncDisposable {
  readonly pid: number;
  /** What it logged so far. */
  readonly log: () => string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Starts `serve --enable-crd-manager`, as the given kubeconfig's user; it is ready when this resolves. */
export async function startAssay(
  plane: ControlPlane,
  { kubeconfig = plane.kubeconfig, args = [], env = {}, port = plane.providerPort, issued = false }:
    {
      readonly kubeconfig?: string;
      readonly args?: readonly string[];
      readonly env?: Record<string, string>;
      readonly port?: number;
      /** Whether it gets its certificate by itself, in place of that in files. */
      readonly issued?: boolean;
    } = {},
): Promise<Assay> {
  const pki = `${plane.work}/pki`;
  const child = new Deno.Command(`${ROOT}/dev`, {
    args: [
      ...["assay", "serve", "--enable-crd-manager", "--http", `127.0.0.1:${port}`],
      ...(issued ? [] : ["--cert-dir", `${pki}/provider-dir`]),
      ...["--ca-cert-file", `${pki}/gatekeeper-ca.crt`],
      ...["--health-port", "127.0.0.1:0", ...args],
    ],
    env: { KUBECONFIG: kubeconfig, RATIFY_NAMESPACE: "gatekeeper-system", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const ready = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      log += text;
      if (log.includes('msg="ready"')) ready.resolve();
    }
    ready.reject(new Error(`the service ended: ${log}`));
  })();
  ready.promise.catch(() => {});
  const timer = setTimeout(() => ready.reject(new Error(`not ready in time: ${log}`)), 60_000);
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
  }
  const ended = Promise.all([child.status, reading]).then(() => {});
  return {
    pid: child.pid,
    log: () => log,
    ended,
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
}
