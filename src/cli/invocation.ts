import { AssayError } from "../errors.ts";
import type { Command, Invocation, Option } from "./command.ts";

/**
 * Understands the arguments of a command: `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * switches also as `--name=true` and `--name=false`, `--` before arguments that begin with a dash.
 *
 * @throws {AssayError} USAGE_INVALID.
 */
export function parseInvocation(command: Command, args: readonly string[]): Invocation {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      positionals.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
      continue;
    }
    const { option, attached } = findOption(command, arg);
    let value = attached;
    if (value === undefined) {
      value = option.value === undefined ? "true" : args[++index];
      if (value === undefined) {
        throw usage(command, `--${option.name} needs a value (${option.value})`);
      }
    } else if (option.value === undefined && value !== "true" && value !== "false") {
      throw usage(command, `--${option.name} is a switch: it takes true, false or nothing`);
    }
    const earlier = values.get(option.name) ?? [];
    if (earlier.length > 0 && !option.many) {
      throw usage(command, `--${option.name} may be given once`);
    }
    values.set(option.name, [...earlier, value]);
  }
  if (command.argument === undefined && positionals.length > 0) {
    throw usage(command, `unexpected argument ${JSON.stringify(positionals[0])}`);
  }
  const optionNamed = (name: string): Option | undefined =>
    command.options.find((option) => option.name === name);
  return {
    positionals,
    text: (name) => values.get(name)?.at(-1) ?? optionNamed(name)?.default,
    texts: (name) => values.get(name) ?? [],
    flag: (name) => (values.get(name)?.at(-1) ?? optionNamed(name)?.default) === "true",
  };
}

/** An error about how a command was called. */
export function usage(command: Pick<Command, "name">, message: string): AssayError {
  return new AssayError({
    code: "USAGE_INVALID",
    component: "commandLine",
    message,
    remedy: command.name === "help" ? "See `assay help`." : `See \`assay ${command.name} --help\`.`,
  });
}

function findOption(
  command: Command,
  arg: string,
): { option: Option; attached: string | undefined } {
  if (arg.startsWith("--")) {
    const equals = arg.indexOf("=");
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    const option = command.options.find((candidate) => candidate.name === name);
    if (option === undefined) throw usage(command, `unknown option --${name}`);
    return { option, attached: equals < 0 ? undefined : arg.slice(equals + 1) };
  }
  const option = command.options.find((candidate) => candidate.short === arg.charAt(1));
  if (option === undefined) throw usage(command, `unknown option ${arg}`);
  const rest = arg.slice(2).replace(/^=/, "");
  return { option, attached: rest === "" ? undefined : rest };
}
