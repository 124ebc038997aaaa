import assert from "node:assert/strict";
import { runEngineModel } from "./engine_model.ts";

Deno.test("the engine gives no stale verdict, whatever happens in whatever order, in 100,000 steps", async () => {
  const seeds = [1, 20261124, 77, 4711];
  for (const seed of seeds) {
    const counts = await runEngineModel(100_000 / seeds.length, seed);
    // It did not pass by doing nothing.
    for (const [what, count] of Object.entries(counts)) assert.ok(count > 50, `${what}: ${count}`);
  }
});
