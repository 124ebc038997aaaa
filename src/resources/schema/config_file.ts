import * as z from "zod";

/** `store` and `verifier` of config.json. What a plugin consists of, its own schema says. */
export const pluginSection = z.strictObject({
  version: z.string().optional().describe("Ignored."),
  pluginBinDirs: z.array(z.string()).optional().describe("Directories of plugins. Ignored."),
  plugins: z.array(z.record(z.string(), z.unknown())).min(1).max(1000)
    .describe("Each with its name, the fields of its spec, and its parameters, side by side."),
});

/** `policy` of config.json. */
export const policySection = z.strictObject({
  version: z.string().optional().describe("Ignored."),
  plugin: z.record(z.string(), z.unknown()).describe("The policy: its name and parameters."),
});
