/**
 * The standalone binary. What it is compiled into, `denort`, comes from no package registry; the tool
 * that gets one is no part of this project, and is used where it lies beside the project's folder.
 */

import { createHash } from "node:crypto";

const ROOT = `${import.meta.dirname}/..`;
const TOOL = `${ROOT}/../shared/tools/get-denort`;

/** A Deno and the runtime that belongs to it, why there is none, or that there is no tool for it. */
export type CompileRuntime =
  | { readonly deno: string; readonly denort: string }
  | { readonly missing: string }
  | "no tool";

/** Gets the pair, or finds that it is there. */
export async function compileRuntime(): Promise<CompileRuntime> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") return "no tool"; // others it has none for
  let tool: Uint8Array<ArrayBuffer>;
  try {
    tool = await Deno.readFile(TOOL);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "no tool";
    throw error;
  }
  const version = createHash("sha256").update(tool).digest("hex").slice(0, 16);
  const folder = `${ROOT}/.work/denort-${version}`;
  await Deno.mkdir(folder, { recursive: true });
  const { success, stderr } = await new Deno.Command(TOOL, {
    args: [folder],
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(600_000),
  }).output();
  if (success) return { deno: `${folder}/deno`, denort: `${folder}/denort` };
  const last = new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1);
  return { missing: `no denort: ${last}` };
}

/** What a program did. */
export interface ProgramRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with these variables and no others. */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { status: code, out: text(stdout), err: text(stderr) };
}

/** A program that serves, until it is disposed of. */
export interface ServingProgram extends AsyncDisposable {
  /** Where it listens: host and port by purpose, such as `provider`. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Tells it to end; resolves to its exit status. */
  stop(): Promise<number>;
}

/**
 * Starts a program with these variables and no others, and waits until its log says that it is ready.
 *
 * @throws when it ends before.
 */
export async function serveProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServingProgram> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stop = async (): Promise<number> => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    return (await child.status).code;
  };
  const addresses = new Map<string, string>();
  let log = "";
  const lines = child.stderr.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  while (!/ msg="ready" /.test(log)) {
    const { done, value = "" } = await reader.read();
    if (done) throw new Error(`the program ended with status ${(await child.status).code}: ${log}`);
    log += value;
  }
  for (const [, purpose = "", address = ""] of log.matchAll(/ for=(\S+) address=(\S+)/g)) {
    addresses.set(purpose, address.replace(/^:/, "127.0.0.1:"));
  }
  const drained = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    addresses,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await drained;
    },
  };
}
