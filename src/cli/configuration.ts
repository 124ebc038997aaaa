import { AssayError } from "../errors.ts";
import {
  type Configuration,
  defaultConfigurationPaths,
  formatProblem,
  loadConfiguration,
  type LoadOptions,
  readSources,
} from "../resources/mod.ts";
import { KeyRefresher, type KeySurroundings } from "../keys/mod.ts";
import { readSmallFile, wait } from "../stores/mod.ts";
import type { Io } from "./io.ts";
import { printable } from "./text.ts";

/** How long key material is waited for by a command that verifies, in milliseconds. */
const KEYS_TIMEOUT = 10_000;

/**
 * Loads the configuration of a command: the given paths, else `$RATIFY_CONFIG/config.json`, else
 * `~/.ratify/config.json`. Warnings go to standard error.
 *
 * @param options whether the key material of vaults is fetched, once, within a bound; and what loading
 * depends on beside the surroundings of the command.
 * @throws {AssayError} CONFIG_INVALID when there is none or it has errors, which are printed first.
 */
export async function requireConfiguration(
  paths: readonly string[],
  io: Io,
  { fetchesKeys = false, ...options }:
    & { readonly fetchesKeys?: boolean }
    & Pick<LoadOptions, "askLog" | "tenancy"> = {},
): Promise<Configuration> {
  const found = await requireConfigurationPaths(paths, io);
  await using keys = new KeyRefresher({ now: io.now, wait, firstWaitMs: KEYS_TIMEOUT });
  const { configuration, problems } = await loadConfiguration(await readSources(found), {
    home: io.env("HOME"),
    env: io.env,
    now: io.now(),
    ...options,
    ...(fetchesKeys ? { keys, surroundings: keySurroundings(io) } : {}),
  });
  for (const problem of problems) io.err(printable(formatProblem(problem)));
  if (configuration === undefined) {
    throw new AssayError({
      code: "CONFIG_INVALID",
      component: "config",
      message: "The configuration has errors; nothing was verified",
      remedy:
        "Correct the fields named above; `assay check` lists them without verifying anything.",
    });
  }
  return configuration;
}

/** Where identities for vaults are found. */
export function keySurroundings(io: Io): KeySurroundings {
  return { env: io.env, readText: readSmallFile, now: io.now };
}

/**
 * The paths of the configuration: those given, else the default file.
 *
 * @throws {AssayError} CONFIG_INVALID when there is none.
 */
export async function requireConfigurationPaths(
  paths: readonly string[],
  io: Io,
): Promise<readonly string[]> {
  const found = paths.length > 0 ? paths : await defaultPath(io);
  if (found !== undefined) return found;
  throw new AssayError({
    code: "CONFIG_INVALID",
    component: "commandLine",
    message: "There is no configuration: --config was not given, and there is no default file",
    detail: `Looked for ${defaultConfigurationPaths(io.env).join(", ")}`,
    remedy: "Name files or directories with --config.",
  });
}

/** Like {@link requireConfiguration}, but a missing default file is no error. */
export async function optionalConfiguration(
  paths: readonly string[],
  io: Io,
): Promise<Configuration | undefined> {
  if (paths.length === 0 && await defaultPath(io) === undefined) return undefined;
  return await requireConfiguration(paths, io);
}

/** The default file of the configuration, alone in a list; undefined when it is not there. */
export async function defaultPath(io: Io): Promise<readonly string[] | undefined> {
  for (const path of defaultConfigurationPaths(io.env)) {
    try {
      if ((await Deno.stat(path)).isFile) return [path];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
