import { asAssayError } from "../errors.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { commandHelp, COMMON_OPTIONS, programHelp } from "./help.ts";
import { parseInvocation, usage } from "./invocation.ts";
import { type Io, processIo } from "./io.ts";
import { renderError } from "./render_text.ts";
import { printable } from "./text.ts";

/**
 * Runs the program: `args` without the program's name.
 *
 * @returns the exit status; the caller ends the process with it. Nothing is thrown.
 */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (args.includes("--debug") || args.includes("-d")) {
      io.err(printable(error instanceof Error ? error.stack ?? error.message : String(error)));
    }
    const known = asAssayError(error, "commandLine");
    for (const line of renderError(known)) io.err(line);
    return known.effect === "unusable" ? 2 : known.effect === "deny" ? 1 : 3;
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name = "help", ...rest] = args;
  if (name === "help" || name === "--help" || name === "-h") {
    const topic = rest[0] === undefined ? undefined : findCommand(rest[0]);
    for (const line of topic === undefined ? programHelp(COMMANDS) : commandHelp(topic)) {
      io.out(line);
    }
    return 0;
  }
  const command = findCommand(name === "--version" ? "version" : name);
  const invocation = parseInvocation(
    { ...command, options: [...command.options, ...COMMON_OPTIONS] },
    rest,
  );
  if (invocation.flag("help")) {
    for (const line of commandHelp(command)) io.out(line);
    return 0;
  }
  return await command.run(invocation, io);
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  throw usage({ name: "help" }, `unknown command ${JSON.stringify(name)}`);
}
