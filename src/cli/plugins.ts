import type { VerifyContext } from "../engine/mod.ts";
import type { Invocation, Option } from "./command.ts";
import type { Io } from "./io.ts";

type PluginHost = NonNullable<VerifyContext["plugins"]>;

/** The options of commands that may run verification plugins. */
export const PLUGIN_OPTIONS: readonly Option[] = [
  {
    name: "allow-plugin",
    value: "NAME",
    many: true,
    description:
      "A Notation verification plugin that may be run, as `notation-NAME`; may be given several times. Needs the build with plugin support. That of AWS Signer is built in.",
  },
  {
    name: "plugin-dir",
    value: "DIR",
    description: "Where plugins are; `~/.ratify/plugins` when absent.",
  },
];

/** Where verification plugins come from, loaded when the first signature asks for one. */
export function createLazyPlugins(invocation: Invocation, io: Io): PluginHost {
  let host: Promise<PluginHost> | undefined;
  return { find: async (name) => await (await (host ??= open(invocation, io))).find(name) };
}

async function open(invocation: Invocation, io: Io): Promise<PluginHost> {
  const { AWS_SIGNER, AwsSignerPlugin, createPluginHost } = await import("../plugins/mod.ts");
  const home = io.env("HOME");
  const directory = invocation.text("plugin-dir") ??
    (home === undefined ? undefined : `${home}/.ratify/plugins`);
  const surroundings = {
    env: io.env,
    readText: (path: string) => Deno.readTextFile(path),
    now: () => new Date(),
  };
  return createPluginHost({
    builtIn: new Map([[AWS_SIGNER, new AwsSignerPlugin(surroundings)]]),
    allowed: invocation.texts("allow-plugin"),
    directory: directory === undefined ? undefined : await absolute(directory),
  });
}

/** Permissions and programs are named by absolute paths. */
async function absolute(directory: string): Promise<string> {
  try {
    return await Deno.realPath(directory);
  } catch {
    return directory;
  }
}
