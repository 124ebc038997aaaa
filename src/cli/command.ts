import type { Io } from "./io.ts";

/** One option of a command. */
export interface Option {
  readonly name: string;
  readonly short?: string;
  /** The placeholder of its value; an option without one is a switch. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly many?: boolean;
  readonly default?: string;
  readonly description: string;
}

/** What a command was called with, after its options were understood. */
export interface Invocation {
  readonly positionals: readonly string[];
  /** The last value of an option; its default when absent. */
  text(name: string): string | undefined;
  /** All values of an option. */
  texts(name: string): readonly string[];
  /** Whether a switch is on. */
  flag(name: string): boolean;
}

/** A command of the program. `docs/cli.md` and `--help` are made from it. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, in paragraphs. */
  readonly description: string;
  /** The placeholder of its arguments; a command without one takes none. */
  readonly argument?: string;
  readonly options: readonly Option[];
  readonly examples: readonly string[];
  /** Exit statuses and when they come. */
  readonly exits: Readonly<Record<number, string>>;
  /** @returns the exit status. */
  run(invocation: Invocation, io: Io): Promise<number>;
}
