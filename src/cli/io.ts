import type { CloudVariable } from "../cloud/mod.ts";
import type { SigstoreVariable } from "../resources/mod.ts";

/** The environment variables that commands look at. */
export type EnvironmentName =
  | "HOME"
  | "RATIFY_CONFIG"
  | "DOCKER_CONFIG"
  | "RATIFY_LOG_LEVEL"
  | "ASSAY_ALLOW_LOOPBACK_REVOCATION"
  | "HOSTNAME"
  | "KUBECONFIG"
  | "RATIFY_NAME"
  | "RATIFY_CERT_ROTATION"
  | CloudVariable
  | SigstoreVariable;

/** Where a command reads its surroundings from and writes to; tests hand it their own. */
export interface Io {
  /** Results. One call a line; the line end is added. */
  out(line: string): void;
  /** Errors, warnings and hints. */
  err(line: string): void;
  env(name: EnvironmentName): string | undefined;
  now(): Date;
  /** Resolves when the process is told to end. */
  untilStopped(): Promise<void>;
  /** Whether results go to a terminal that shows colours. */
  readonly colour: boolean;
}

/** The process's own standard streams, environment and clock. */
export function processIo(): Io {
  const encoder = new TextEncoder();
  const write = (stream: { writeSync(data: Uint8Array): number }, line: string): void => {
    let rest = encoder.encode(`${line}\n`);
    try {
      while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      // Whoever reads has seen enough (`| head`); the exit status still tells the verdict.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
  return {
    out: (line) => write(Deno.stdout, line),
    err: (line) => write(Deno.stderr, line),
    env: (name) => Deno.env.get(name),
    now: () => new Date(),
    untilStopped,
    colour: Deno.stdout.isTerminal() && (Deno.env.get("NO_COLOR") ?? "") === "",
  };
}

function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
  return promise.finally(() => {
    // A second signal ends the process at once.
    for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.removeSignalListener(signal, stop);
  });
}
