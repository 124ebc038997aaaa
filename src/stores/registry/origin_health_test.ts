import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import { RegistryFailure } from "./failure.ts";
import { OriginHealth } from "./origin_health.ts";
import type { Answer } from "./transport.ts";

const SIGNAL = new AbortController().signal;
const URL_ = new URL("https://r.example.com/v2/");

function answer(status: number, headers: HeadersInit = {}): Answer {
  return { status, headers: new Headers(headers), url: URL_, body: new Uint8Array(0) };
}

/** An origin under a clock that the test sets, and what each request came to. */
function origin(): {
  clock: { time: number };
  health: OriginHealth;
  ask: (outcome: Answer | Error) => Promise<string>;
} {
  const clock = { time: 1_000_000 };
  const health = new OriginHealth("r.example.com", () => clock.time);
  const ask = async (outcome: Answer | Error): Promise<string> => {
    const send = (): Promise<Answer> =>
      outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    try {
      return String((await health.run(() => health.send({ left: 0 }, SIGNAL, send))).status);
    } catch (error) {
      return error instanceof RegistryFailure ? error.message : String(error);
    }
  };
  return { clock, health, ask };
}

Deno.test("an origin that failed five times in a row is left alone, then tried by one request", async () => {
  const { clock, health, ask } = origin();
  for (let count = 0; count < 5; count++) assert.equal(await ask(answer(503)), "503");
  assert.equal(
    await ask(answer(200)),
    "r.example.com has failed 5 times in a row or more, the last time with status 503; it is not asked again for 10 s",
  );
  clock.time += 10_000;
  const gate = Promise.withResolvers<Answer>();
  const probe = health.run(() => gate.promise);
  assert.match(await ask(answer(200)), /until a request under way has its answer$/);
  gate.resolve(answer(500));
  await probe;
  assert.match(await ask(answer(200)), /for 10 s$/);
  clock.time += 10_000;
  assert.equal(await ask(answer(200)), "200");
  assert.equal(await ask(answer(503)), "503", "it is asked again as before");
  assert.equal(await ask(answer(200)), "200");
});

Deno.test("a probe that comes to nothing makes way for the next", async () => {
  const { clock, health, ask } = origin();
  for (let count = 0; count < 5; count++) await ask(answer(500));
  clock.time += 10_000;
  const error = new AssayError({
    code: "DEADLINE_EXCEEDED",
    component: "referrerStore",
    message: "",
  });
  await assert.rejects(health.run(() => Promise.reject(error)), error);
  assert.equal(await ask(answer(404)), "404");
});

Deno.test("network trouble counts; refusals, what is missing and what is throttled do not", async () => {
  const { ask } = origin();
  for (const status of [401, 403, 404, 429, 400, 301]) {
    for (let count = 0; count < 6; count++) assert.equal(await ask(answer(status)), `${status}`);
  }
  const lasting = new RegistryFailure("lasting", "it redirects");
  for (let count = 0; count < 6; count++) assert.equal(await ask(lasting), "it redirects");
  const passing = new RegistryFailure("passing", "it cannot be reached");
  for (let count = 0; count < 5; count++) assert.equal(await ask(passing), "it cannot be reached");
  assert.match(
    await ask(answer(200)),
    /the last time because it cannot be reached; it is not asked/,
  );
});

Deno.test("a success in between starts the count again", async () => {
  const { ask } = origin();
  for (const status of [500, 500, 500, 500, 200, 500, 500, 500, 500, 200]) {
    assert.equal(await ask(answer(status)), `${status}`);
  }
});

Deno.test("a pause that one request was asked for holds for all", async () => {
  for (const status of [429, 503]) {
    const { clock, ask } = origin();
    assert.equal(await ask(answer(status, { "retry-after": "30" })), `${status}`);
    clock.time += 1000;
    assert.equal(
      await ask(answer(200)),
      `r.example.com answered ${status} before, and to be left alone for another 29 s`,
    );
    clock.time += 29_000;
    assert.equal(await ask(answer(200)), "200");
    assert.equal(await ask(answer(429, { "retry-after": "999999" })), "429");
    clock.time += 60_000;
    assert.equal(await ask(answer(200)), "200", "no pause is longer than a minute");
  }
});

Deno.test("a short pause is waited for, unless the deadline comes first", async () => {
  const health = new OriginHealth("r.example.com");
  const budget = { left: 2000 };
  let sent = 0;
  const send = (outcome: Answer) => (): Promise<Answer> => {
    sent++;
    return Promise.resolve(outcome);
  };
  await health.send(budget, SIGNAL, send(answer(429, { "retry-after": "1" })));
  await assert.rejects(
    health.send(budget, AbortSignal.abort(), send(answer(200))),
    (error) => error instanceof AssayError && error.code === "DEADLINE_EXCEEDED",
  );
  assert.equal(sent, 1);
  budget.left = 2000;
  assert.equal((await health.send(budget, SIGNAL, send(answer(200)))).status, 200);
  assert.ok(budget.left < 2000, "what was waited is gone");
});

Deno.test("an origin that lets deadlines pass has failed, one that was hardly asked has not", async () => {
  for (const [took, expected] of [[1000, /by not answering in time/], [999, /^200$/]] as const) {
    const { clock, health, ask } = origin();
    for (let count = 0; count < 5; count++) {
      const controller = new AbortController();
      const hang = (): Promise<Answer> => {
        clock.time += took;
        controller.abort();
        return Promise.reject(new Error("late"));
      };
      await assert.rejects(
        health.run(() => health.send({ left: 0 }, controller.signal, hang)),
        /late/,
      );
    }
    assert.match(await ask(answer(200)), expected);
  }
});
