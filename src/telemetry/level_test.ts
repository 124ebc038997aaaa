import assert from "node:assert/strict";
import { parseLevel } from "./level.ts";

for (
  const [word, level] of [
    ["panic", "error"],
    ["fatal", "error"],
    ["error", "error"],
    ["warn", "warn"],
    ["warning", "warn"],
    ["info", "info"],
    ["debug", "debug"],
    ["trace", "debug"],
    ["DeBuG", "debug"],
    [" info ", "info"],
    ["", "info"],
    [undefined, "info"],
    ["verbose", undefined],
    ["constructor", undefined],
  ] as const
) {
  Deno.test(`parseLevel reads ${word === undefined ? "nothing" : `'${word}'`} as ${level}`, () => {
    assert.equal(parseLevel(word), level);
  });
}
