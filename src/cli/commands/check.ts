import { formatProblem, loadConfiguration, readSources } from "../../resources/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG, TIMEOUT } from "../options.ts";
import { withTimeout } from "../deadline.ts";
import { printable } from "../text.ts";

/** `assay check`: every problem of a configuration. */
export const checkCommand: Command = {
  name: "check",
  summary: "Validate configuration files, or what is in force in a cluster",
  argument: "[PATH...]",
  description:
    `Reads files and directories of resources as \`verify\` does and prints every problem, one a line:

\`FILE:LINE:COLUMN: error|warning CODE Kind/name field: what is wrong and what would be right\`

With \`--cluster\` it reads the resources of a cluster as \`serve --enable-crd-manager\` does, and tells which are in
force and why others are not, what applies in which namespace, and what of Gatekeeper's objects lets images through
that were not verified. Nothing is changed. What may not be listed is told, and left out.`,
  options: [
    CONFIG,
    {
      name: "cluster",
      description:
        "Check the cluster that `$KUBECONFIG` names, or that the process runs in, in place of files.",
    },
    TIMEOUT,
  ],
  examples: ["assay check policies/", "assay check --cluster"],
  exits: { 0: "No errors; there may be warnings.", 2: "At least one error." },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const paths = [...invocation.texts("config"), ...invocation.positionals];
  if (invocation.flag("cluster")) {
    if (paths.length > 0) throw usage(checkCommand, "name paths or --cluster, and not both");
    const { checkCluster } = await import("./check_cluster.ts");
    return await withTimeout(checkCommand, invocation, (signal) => checkCluster(io, signal));
  }
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
