/**
 * Programs of the tests that are written in Go. Each is built once below `.work/`, which needs Go and, for
 * the first time, Go's module proxy.
 */

import { createHash } from "node:crypto";

const WORK = `${import.meta.dirname}/../.work`;

/** A program, or why there is none. */
export type GoProgram = { readonly path: string } | { readonly missing: string };

const built = new Map<string, Promise<GoProgram>>();

/**
 * Builds the program of a folder beside this file, or finds that it has been built from these sources.
 *
 * @param what the package to build: that of the folder, or one that its module names as a tool.
 */
export function goProgram(folder: string, what = "."): Promise<GoProgram> {
  const known = built.get(folder) ?? build(folder, what);
  built.set(folder, known);
  return known;
}

async function build(folder: string, what: string): Promise<GoProgram> {
  const source = `${import.meta.dirname}/${folder}`;
  const version = createHash("sha256");
  const names = await Array.fromAsync(Deno.readDir(source), (entry) => entry.name);
  for (const name of names.sort()) version.update(await Deno.readFile(`${source}/${name}`));
  const path = `${WORK}/${folder}-${version.digest("hex").slice(0, 16)}`;
  try {
    await Deno.stat(path);
    return { path };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(WORK, { recursive: true });
  const scratch = `${path}.${Deno.pid}`;
  try {
    const go = new Deno.Command("go", {
      args: ["build", "-o", scratch, what],
      cwd: source,
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(300_000),
    });
    const { success } = await go.output();
    if (!success) return { missing: `go could not build tests/${folder}` };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: "go is not installed" };
    throw error;
  }
  // A rename: a process beside this one does not see half a file.
  await Deno.rename(scratch, path);
  return { path };
}
