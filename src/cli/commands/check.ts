import { formatProblem, loadConfiguration, readSources } from "../../resources/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG } from "../options.ts";
import { printable } from "../text.ts";

/** `assay check`: every problem of a configuration. */
export const checkCommand: Command = {
  name: "check",
  summary: "Validate configuration files",
  argument: "PATH...",
  description:
    `Reads files and directories of resources as \`verify\` does and prints every problem, one a line:

\`FILE:LINE:COLUMN: error|warning CODE Kind/name field: what is wrong and what would be right\``,
  options: [CONFIG],
  examples: ["assay check policies/"],
  exits: { 0: "No errors; there may be warnings.", 2: "At least one error." },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const paths = [...invocation.texts("config"), ...invocation.positionals];
  if (paths.length === 0) throw usage(checkCommand, "name files or directories to check");
  const files = await readSources(paths);
  const { problems } = await loadConfiguration(files, {
    home: io.env("HOME"),
    env: io.env,
    now: io.now(),
  });
  for (const problem of problems) io.out(printable(formatProblem(problem)));
  const errors = problems.filter((problem) => problem.severity === "error").length;
  io.err(
    `${count(files.length, "file")}: ${count(errors, "error")}, ${
      count(problems.length - errors, "warning")
    }`,
  );
  return errors > 0 ? 2 : 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
