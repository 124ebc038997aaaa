import type { Command, Invocation } from "../command.ts";
import type { Io } from "../io.ts";
import { VERSION } from "../version.ts";

/** `assay version`: what this program is and runs on. */
export const versionCommand: Command = {
  name: "version",
  summary: "Print the version",
  description: "Prints the version of Assay, of the runtime, and the platform.",
  options: [],
  examples: ["assay version"],
  exits: { 0: "Always." },
  run,
};

function run(_invocation: Invocation, io: Io): Promise<number> {
  io.out(`Version:      ${VERSION}`);
  io.out(`Deno version: ${Deno.version.deno}`);
  io.out(`V8 version:   ${Deno.version.v8}`);
  io.out(`Platform:     ${Deno.build.os}/${Deno.build.arch}`);
  return Promise.resolve(0);
}
