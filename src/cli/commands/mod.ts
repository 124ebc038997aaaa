import type { Command } from "../command.ts";
import { checkCommand } from "./check.ts";
import { crdsCommand } from "./crds.ts";
import { discoverCommand } from "./discover.ts";
import { migrateCommand } from "./migrate.ts";
import { pullCommand } from "./pull.ts";
import { replayCommand } from "./replay.ts";
import { resolveCommand } from "./resolve.ts";
import { serveCommand } from "./serve.ts";
import { verifyCommand } from "./verify.ts";
import { verifyBundleCommand } from "./verify_bundle.ts";
import { versionCommand } from "./version.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  verifyCommand,
  serveCommand,
  resolveCommand,
  discoverCommand,
  pullCommand,
  checkCommand,
  replayCommand,
  migrateCommand,
  crdsCommand,
  verifyBundleCommand,
  versionCommand,
];
