/** Runs the command line inside the test process, with streams, environment and clock of the test. */

import { type Io, main } from "../src/cli/mod.ts";

/** What a run of the command line did. */
export interface CliRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** What a test may set. */
export interface CliSurroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** 2026-11-24 when absent: what is valid in the corpus is valid then. */
  readonly now?: Date;
  /** Tells a command that serves to end. */
  readonly stopped?: Promise<void>;
}

/** Runs `assay ARGS…`. */
export async function runCli(
  args: readonly string[],
  surroundings: CliSurroundings = {},
): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => out.push(`${line}\n`),
    err: (line) => err.push(`${line}\n`),
    env: (name) => surroundings.env?.[name],
    now: () => surroundings.now ?? new Date("2026-11-24T12:00:00Z"),
    untilStopped: () => surroundings.stopped ?? Promise.resolve(),
    colour: false,
  };
  const status = await main(args, io);
  return { status, out: out.join(""), err: err.join("") };
}
