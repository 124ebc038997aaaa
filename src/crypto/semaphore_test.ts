import assert from "node:assert/strict";
import { Semaphore } from "./semaphore.ts";

Deno.test("Semaphore lets no more than its limit run at once, in the order of arrival", async () => {
  const semaphore = new Semaphore(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map((number) =>
    semaphore.run(() => {
      started.push(number);
      return new Promise<number>((resolve) => finish.push(() => resolve(number)));
    })
  );
  await settle();
  assert.deepEqual(started, [0, 1]);
  finish[1]?.();
  await settle();
  assert.deepEqual(started, [0, 1, 2]);
  finish[0]?.();
  finish[2]?.();
  await settle();
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  finish[3]?.();
  finish[4]?.();
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4]);
});

Deno.test("Semaphore frees the place of work that fails, and passes its error on", async () => {
  const semaphore = new Semaphore(1);
  await assert.rejects(semaphore.run(() => Promise.reject(new Error("failed"))), /failed/);
  await assert.rejects(
    semaphore.run(() => {
      throw new Error("threw");
    }),
    /threw/,
  );
  assert.equal(await semaphore.run(() => Promise.resolve("next")), "next");
});

Deno.test("Semaphore keeps its limit over many rounds", async () => {
  const semaphore = new Semaphore(3);
  let running = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 50 }, (_, index) =>
    semaphore.run(async () => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < index % 4; turn++) await Promise.resolve();
      running--;
    })));
  assert.deepEqual([running, most], [0, 3]);
});

/** Lets everything that can go on go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
