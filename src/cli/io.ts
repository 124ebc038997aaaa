/** Where a command reads its surroundings from and writes to; tests hand it their own. */
export interface Io {
  /** Results. One call a line; the line end is added. */
  out(line: string): void;
  /** Errors, warnings and hints. */
  err(line: string): void;
  env(name: "HOME" | "RATIFY_CONFIG" | "DOCKER_CONFIG"): string | undefined;
  now(): Date;
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
    colour: Deno.stdout.isTerminal() && (Deno.env.get("NO_COLOR") ?? "") === "",
  };
}
