import type { PluginHost, VerificationPlugin } from "../verifiers/mod.ts";
import { ProcessPlugin } from "./process_plugin.ts";

/** Which verification plugins there are. */
export interface PluginOptions {
  /** Plugins that are part of Assay, by name. */
  readonly builtIn?: ReadonlyMap<string, VerificationPlugin>;
  /** Names of programs that the operator allows to run. */
  readonly allowed: readonly string[];
  /** Where those programs are, as `notation-NAME`. */
  readonly directory: string | undefined;
}

/**
 * Finds verification plugins: those that are built in, and programs that the operator has listed, where
 * this build and its permissions allow programs at all.
 */
export function createPluginHost({ builtIn, allowed, directory }: PluginOptions): PluginHost {
  return {
    find: async (name): Promise<VerificationPlugin | string> => {
      const own = builtIn?.get(name);
      if (own !== undefined) return own;
      // Names are checked where they are read: none leads out of the directory.
      const path = `${directory ?? ""}/notation-${name}`;
      const { state } = await Deno.permissions.query({ name: "run", command: path });
      if (state !== "granted") {
        return "this build runs no programs; use the build with plugin support (--allow-run)";
      }
      if (!allowed.includes(name)) {
        return "it is not among the plugins that the operator allows (--allow-plugin)";
      }
      if (directory === undefined) return "no directory of plugins is configured (--plugin-dir)";
      return await isProgram(path)
        ? new ProcessPlugin(path)
        : `there is no program notation-${name} in the directory of plugins`;
    },
  };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
