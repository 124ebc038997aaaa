import type { CloudSurroundings } from "../../src/cloud/mod.ts";
import type { Clock } from "./double.ts";

/** Surroundings of a test: a few variables, files by path, and a clock. */
export function cloudSurroundings(
  clock: Clock,
  env: Readonly<Record<string, string>>,
  files: ReadonlyMap<string, string> = new Map(),
): CloudSurroundings {
  return {
    env: (name) => env[name],
    readText: (path) => {
      const text = files.get(path);
      return text === undefined
        ? Promise.reject(new Deno.errors.NotFound(path))
        : Promise.resolve(text);
    },
    now: clock.now,
  };
}
