/**
 * Writes the pages that are made from the code: docs/cli.md and docs/errors.md. With `--check` it
 * writes nothing and fails when a page is not what the code says.
 */
import { COMMANDS } from "../src/cli/commands/mod.ts";
import type { Command } from "../src/cli/command.ts";
import { COMMON_OPTIONS, optionSyntax, optionText, synopsis } from "../src/cli/help.ts";
import { ERROR_CODES, FAILURE_REASONS } from "../src/errors.ts";

const PAGES: Readonly<Record<string, () => string>> = {
  "cli.md": cliPage,
  "errors.md": errorsPage,
};

const EFFECTS = {
  deny: "deny (exit 1)",
  undecided: "undecided (exit 3)",
  unusable: "no verdict (exit 2)",
} as const;

function cliPage(): string {
  return [
    "# Command line",
    "",
    "<!-- Made by `./dev docs` from the commands' definitions. -->",
    "",
    "From a clone, `./dev assay` stands for `assay`. Results go to standard output, errors, warnings and hints to",
    "standard error. Options are written `--name value` or `--name=value`.",
    "",
    ...COMMANDS.flatMap(commandSection),
  ].join("\n");
}

function commandSection(command: Command): string[] {
  return [
    `## ${command.name}`,
    "",
    "```sh",
    synopsis(command),
    "```",
    "",
    ...command.description.split("\n"),
    "",
    "| option | meaning |",
    "| --- | --- |",
    ...[...command.options, ...COMMON_OPTIONS].map((option) =>
      `| \`${optionSyntax(option)}\` | ${optionText(option)}${option.many ? " Repeatable." : ""} |`
    ),
    "",
    "```sh",
    ...command.examples,
    "```",
    "",
    "| exit status | when |",
    "| --- | --- |",
    ...Object.entries(command.exits).map(([status, when]) => `| ${status} | ${when} |`),
    "",
  ];
}

function errorsPage(): string {
  return [
    "# Errors",
    "",
    "<!-- Made by `./dev docs` from src/errors.ts. -->",
    "",
    "Every error has a code, a message, often a detail, and a remedy. Its effect says what it means for the verdict:",
    "the artifact is bad or the policy is not met (*deny*), the truth could not be found out (*undecided*), or there",
    "is no verdict because the request or the configuration cannot be used. A *transient* cause may be gone when the",
    "same question is asked again.",
    "",
    ...Object.entries(ERROR_CODES).flatMap(([code, known]) => [
      `## ${code}`,
      "",
      known.meaning,
      "",
      `- Effect: ${EFFECTS[known.effect]}${known.transient ? ", transient" : ""}`,
      `- What to do: ${known.remedy}`,
      "",
    ]),
    "## Reasons of a verifier",
    "",
    "Why one artifact was not accepted; `errorReason` of its report.",
    "",
    "| reason | what to do |",
    "| --- | --- |",
    ...Object.entries(FAILURE_REASONS).map(([reason, remedy]) => `| \`${reason}\` | ${remedy} |`),
    "| `deadline` | Try again; the message says which step had not come to its end. |",
    "| `defect` | Please report it: a verifier failed in a way that it must not. |",
    "",
  ].join("\n");
}

const check = Deno.args.includes("--check");
let stale = 0;
for (const [name, page] of Object.entries(PAGES)) {
  const path = new URL(name, import.meta.url);
  const text = page();
  if (!check) Deno.writeTextFileSync(path, text);
  else if (Deno.readTextFileSync(path) !== text) {
    Deno.stderr.writeSync(
      new TextEncoder().encode(`docs/${name} is not what the code says; run ./dev docs\n`),
    );
    stale++;
  }
}
Deno.exit(stale > 0 ? 1 : 0);
