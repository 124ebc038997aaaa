/** The model test at length: `./dev bench` runs it with ten times as many steps as `./dev test`. */

import { runEngineModel } from "../tests/engine_model.ts";

/** Drives the model; a stale verdict throws. Returns a sentence about what happened. */
export async function runModel(steps: number): Promise<string> {
  const started = performance.now();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { allow, deny, undecided, cached, shared } = await runEngineModel(steps, seed);
  const seconds = Math.round((performance.now() - started) / 1000);
  return `${steps} steps in ${seconds} s (seed ${seed}): ${allow} allow, ${deny} deny, ${undecided} undecided; ` +
    `${cached} remembered, ${shared} shared; none stale`;
}
