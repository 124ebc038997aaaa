import type { Command, Option } from "./command.ts";
import { DEBUG, HELP } from "./options.ts";

/** Options that every command has. */
export const COMMON_OPTIONS: readonly Option[] = [DEBUG, HELP];

/** The line that shows how a command is called. */
export function synopsis(command: Command): string {
  return ["assay", command.name, command.argument, "[OPTIONS]"]
    .filter((part) => part !== undefined).join(" ");
}

/** `-c, --config PATH`. */
export function optionSyntax(option: Option): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;
}

/** What an option does, with its default. */
export function optionText(option: Option): string {
  return option.default === undefined
    ? option.description
    : `${option.description} Default: \`${option.default}\`.`;
}

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string[] {
  return [
    "Assay verifies container images: who signed them, and whether the policy lets them run.",
    "",
    "Usage: assay COMMAND [OPTIONS]",
    "",
    ...columns(commands.map((command) => [command.name, command.summary])),
    "",
    "See `assay COMMAND --help` for one command.",
  ];
}

/** The help of one command. */
export function commandHelp(command: Command): string[] {
  return [
    command.summary,
    "",
    `Usage: ${synopsis(command)}`,
    "",
    ...command.description.split("\n"),
    "",
    "Options:",
    ...columns(
      [...command.options, ...COMMON_OPTIONS].map((
        option,
      ) => [optionSyntax(option), optionText(option)]),
    ),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
    "Exit status:",
    ...columns(Object.entries(command.exits)),
  ];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first?.length ?? 0));
  return rows.map(([first = "", second = ""]) => `  ${first.padEnd(width)}  ${second}`);
}
