import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import { Limiter } from "./limiter.ts";

const SIGNAL = new AbortController().signal;

Deno.test("Limiter lets work run in the order of its arrival", async () => {
  const limiter = new Limiter(2);
  const order: number[] = [];
  const gate = Promise.withResolvers<void>();
  const works = [0, 1, 2, 3].map((number) =>
    limiter.run(SIGNAL, async () => {
      order.push(number);
      await gate.promise;
    })
  );
  await Promise.resolve();
  assert.deepEqual(order, [0, 1]);
  gate.resolve();
  await Promise.all(works);
  assert.deepEqual(order, [0, 1, 2, 3]);
});

Deno.test("Limiter gives the place of who gave up to the next", async () => {
  const limiter = new Limiter(1);
  const gate = Promise.withResolvers<void>();
  const first = limiter.run(SIGNAL, () => gate.promise);
  const controller = new AbortController();
  const second = limiter.run(controller.signal, () => Promise.reject(new Error("not to run")));
  const third = limiter.run(SIGNAL, () => Promise.resolve("third"));
  controller.abort();
  const expired = (error: unknown): boolean =>
    error instanceof AssayError && error.code === "DEADLINE_EXCEEDED";
  await assert.rejects(second, expired);
  gate.resolve();
  await first;
  assert.equal(await third, "third");
  await assert.rejects(limiter.run(SIGNAL, () => Promise.reject(new TypeError("x"))), TypeError);
  assert.equal(await limiter.run(SIGNAL, () => Promise.resolve("free")), "free");
});
