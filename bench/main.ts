// deno-lint-ignore-file no-console -- a program that prints
/**
 * Measures the service as a client sees it, in keys per CPU second of its process: what is slow or fast
 * about the rest of the machine does not count. `./dev bench [--soak MINUTES]`.
 */
// deno-lint-ignore-file no-console -- what it measures goes to standard output

import { parseArgs } from "node:util";
import { temporaryFolder } from "../tests/temp.ts";
import { measureKeyless } from "./keyless.ts";
import { startLab, writeConfiguration } from "./lab.ts";
import { describeMachine } from "./machine.ts";
import { measureNotation } from "./notation.ts";
import { runModel } from "./model.ts";
import { measureReplay } from "./replay.ts";
import { load, type LoadResult, startProvider } from "./provider.ts";

const IMAGES = 400;
/** Images of which a process that is warm has not seen any. */
const MORE_IMAGES = 2000;

const { values } = parseArgs({ options: { soak: { type: "string", default: "1" } } });
const soakMinutes = Number(values.soak);

console.log(await describeMachine());
await using folder = await temporaryFolder("bench-");
await using lab = await startLab(folder.path, IMAGES + MORE_IMAGES + 2);
const images = lab.images.slice(0, IMAGES);
const more = lab.images.slice(IMAGES, IMAGES + MORE_IMAGES);
const [single = "", herd = ""] = lab.images.slice(IMAGES + MORE_IMAGES);
const uncached = await writeConfiguration(lab, { listingsCached: false });
const cached = await writeConfiguration(lab, { listingsCached: true });

const rows: [string, string][] = [];
const row = (name: string, text: string): void => {
  rows.push([name, text]);
  console.log(`${name.padEnd(58)} ${text}`);
};
const perCpu = ({ keys_per_cpu_s, p50_ms, p99_ms, rss_mb }: LoadResult): string =>
  `${String(Math.round(keys_per_cpu_s)).padStart(6)} keys/CPU s   p50 ${
    p50_ms.toFixed(1)
  } ms   p99 ${p99_ms.toFixed(1)} ms   ${Math.round(rss_mb)} MiB`;

{
  await using provider = await startProvider(lab, uncached);
  row("start until ready", `${Math.round(provider.startMs)} ms`);
  row(
    "first verification, process just started (400 images)",
    perCpu(await load(lab, provider, { images, requests: IMAGES })),
  );
  row(
    "first verification, process warm (2,000 images)",
    perCpu(await load(lab, provider, { images: more, requests: MORE_IMAGES })),
  );
  row("cached", perCpu(await load(lab, provider, { images, requests: 20_000 })));
  row("cached, again", perCpu(await load(lab, provider, { images, requests: 20_000 })));
  row(
    "cached, batches of 10",
    perCpu(await load(lab, provider, { images, requests: 4_000, batch: 10 })),
  );
  row(
    "cached, a new connection for each request",
    perCpu(await load(lab, provider, { images, requests: 2_000, concurrency: 8, fresh: true })),
  );
}
{
  const { first, again, raw } = await measureKeyless();
  row(
    "a keyless bundle, CPU time over that of its signature checks",
    `${first.toFixed(1)} ms, ${(first / raw).toFixed(1)} times; again ${again.toFixed(1)} ms`,
  );
}
{
  await using provider = await startProvider(lab, cached, ["--cache-enabled=false"]);
  await load(lab, provider, { images, requests: IMAGES });
  const off = "repeat, verdict cache off";
  row(off, perCpu(await load(lab, provider, { images, requests: 8_000 })));
  row(
    `${off}, batches of 10`,
    perCpu(await load(lab, provider, { images, requests: 1_000, batch: 10 })),
  );

  await lab.registry.requests();
  await load(lab, provider, { images: [single], requests: 1 });
  row("upstream requests for one new image", String(await lab.registry.requests()));
  await load(lab, provider, { images: [single], requests: 1 });
  row("upstream requests when it is asked for again", String(await lab.registry.requests()));
}
{
  await using provider = await startProvider(lab, uncached, ["--verify-timeout", "20s"]);
  await load(lab, provider, { images, requests: IMAGES });
  await lab.registry.set("latency=20ms");
  await lab.registry.requests();
  const one = await load(lab, provider, { images: [single], requests: 1 });
  row("one new image, a registry with 20 ms latency", `${one.p50_ms.toFixed(0)} ms`);
  await lab.registry.set("latency=200ms");
  await lab.registry.requests();
  const before = await provider.logged(/source=computed/);
  const together = await load(lab, provider, { images: [herd], requests: 1000, concurrency: 1000 });
  row(
    "1,000 concurrent requests for one new image",
    `${await provider.logged(/source=computed/) - before} verification, ${await lab.registry
      .requests()} upstream requests, p99 ${together.p99_ms.toFixed(0)} ms`,
  );
  await lab.registry.set("latency=0ms");
}
{
  const { summary, seconds } = await measureReplay(lab, uncached, images.concat(more), 10_000);
  row("replay of 10,000 verdicts on 2,400 images", `${seconds.toFixed(1)} s (${summary})`);
}
row("engine against a model without memory", await runModel(1_000_000));
await measureNotation();
if (soakMinutes > 0) {
  await using provider = await startProvider(lab, uncached, ["--cache-ttl", "1s"]);
  const end = performance.now() + soakMinutes * 60_000;
  const memory: number[] = [];
  while (performance.now() < end) {
    const { rss_mb } = await load(lab, provider, { images, requests: 20_000 });
    memory.push(Math.round(rss_mb));
  }
  const shown = memory.filter((_, index) => index % Math.ceil(memory.length / 12) === 0);
  row(
    `memory over ${soakMinutes} min of load (MiB)`,
    `${shown.join(" ")}, at most ${Math.max(...memory)}`,
  );
}
