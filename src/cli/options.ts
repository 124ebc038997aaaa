import type { Command, Invocation, Option } from "./command.ts";
import type { Tenancy } from "../resources/mod.ts";
import { usage } from "./invocation.ts";

export const SUBJECT: Option = {
  name: "subject",
  short: "s",
  value: "IMAGE",
  description: "The image, in place of an argument.",
};

export const CONFIG: Option = {
  name: "config",
  short: "c",
  value: "PATH",
  many: true,
  description:
    "A file or directory of resources; may be given several times. Without it: `$RATIFY_CONFIG/config.json`, then `~/.ratify/config.json`.",
};

export const TENANCY: Option = {
  name: "tenancy",
  value: "RULE",
  description:
    "What resources of a namespace do to those of the cluster, in place of the configured rule: `replace` them, or `tighten`: an image has to satisfy both.",
};

/** Reads {@link TENANCY}; undefined when it is not given. Throws {@link AssayError} USAGE_INVALID. */
export function readTenancy(command: Command, invocation: Invocation): Tenancy | undefined {
  const rule = invocation.text("tenancy");
  if (rule === undefined || rule === "replace" || rule === "tighten") return rule;
  throw usage(command, `--tenancy must be replace or tighten; found ${JSON.stringify(rule)}`);
}

export const TIMEOUT: Option = {
  name: "timeout",
  value: "DURATION",
  default: "30s",
  description: "The time for the whole command, such as `30s` or `1m30s`.",
};

export const ARTIFACT_TYPE: Option = {
  name: "artifactType",
  short: "t",
  value: "TYPE",
  many: true,
  description: "Look only at attached artifacts of this type; may be given several times.",
};

export const DEBUG: Option = {
  name: "debug",
  short: "d",
  description: "Show the stack of an error.",
};

export const HELP: Option = { name: "help", short: "h", description: "Show this help." };

/** The image arguments of a command, those of `--subject` included. */
export function imageArguments(command: Command, invocation: Invocation): readonly string[] {
  const images = [...invocation.texts("subject"), ...invocation.positionals];
  if (images.length === 0) throw usage(command, "name an image");
  return images;
}

/** The one image argument of a command. */
export function imageArgument(command: Command, invocation: Invocation): string {
  const [image, ...others] = imageArguments(command, invocation);
  if (image === undefined || others.length > 0) throw usage(command, "name one image only");
  return image;
}
