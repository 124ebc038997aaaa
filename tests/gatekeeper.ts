/**
 * Gatekeeper's own engine as a program, `gkclient`: constraint client, mutation and expansion as in its
 * webhook, without a cluster. Its source is no part of this project; where it lies beside the project's
 * folder, it is built once below `.work/`, which needs Go and, for the first time, Go's module proxy.
 */

import { createHash } from "node:crypto";

const ROOT = `${import.meta.dirname}/..`;
const SOURCE = `${ROOT}/../shared/tools/gatekeeper`;
const WORK = `${ROOT}/.work`;

/** The program, why it could not be built, or that there is no source to build it from. */
export type GatekeeperProgram =
  | { readonly path: string }
  | { readonly missing: string }
  | "no source";

/** What Gatekeeper says to one object. */
export interface Review {
  readonly allowed: boolean;
  /** `[constraint] text`, sorted. */
  readonly messages: readonly string[];
  readonly warnings?: readonly string[];
  readonly patch?: readonly { readonly path: string; readonly value: unknown }[];
  readonly error?: string;
}

/** Builds the program, or finds that it has been. */
export async function gatekeeperProgram(): Promise<GatekeeperProgram> {
  const version = createHash("sha256");
  try {
    for (const name of ["go.mod", "go.sum", "main.go"]) {
      version.update(await Deno.readFile(`${SOURCE}/${name}`));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "no source";
    throw error;
  }
  const path = `${WORK}/gkclient-${version.digest("hex").slice(0, 16)}`;
  if (await exists(path)) return { path };
  const scratch = `${path}.${Deno.pid}`;
  await Deno.mkdir(scratch, { recursive: true });
  try {
    const build = new Deno.Command("bash", {
      args: [`${SOURCE}/build-tools.sh`, "gkclient"],
      env: { BIN: scratch },
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(1_200_000),
    });
    const { success, stderr } = await build.output();
    if (!success) {
      const last = new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1);
      return { missing: `gkclient could not be built: ${last}` };
    }
    // A rename: a process beside this one does not see half a file.
    await Deno.rename(`${scratch}/gkclient`, path);
    return { path };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Reviews the objects of a YAML file, in their order. */
export async function reviewWith(program: string, args: readonly string[]): Promise<Review[]> {
  const { stdout, stderr, code } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
  }).output();
  if (code > 1) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
