/** What it takes to find out which verdicts another configuration would change. */

import type { Lab } from "./lab.ts";
import { load, startProvider } from "./provider.ts";

const DEV = `${import.meta.dirname}/../dev`;

/** What came of a replay. */
export interface ReplayResult {
  /** The last line that it printed. */
  readonly summary: string;
  readonly seconds: number;
}

/** Lets a service record verifications of the images, again and again, and replays them. */
export async function measureReplay(
  lab: Lab,
  config: string,
  images: readonly string[],
  records: number,
): Promise<ReplayResult> {
  const folder = `${lab.folder}/records`;
  {
    await using provider = await startProvider(lab, config, [
      ...["--cache-enabled=false", "--state-dir", lab.folder, "--record-dir", folder],
    ]);
    await load(lab, provider, { images, requests: records });
  }
  const started = performance.now();
  const { stdout, stderr } = await new Deno.Command(DEV, {
    args: ["assay", "replay", folder, "--config", config],
  }).output();
  const seconds = (performance.now() - started) / 1000;
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const summary = lines.at(-1) || new TextDecoder().decode(stderr);
  return { summary, seconds };
}
