import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import { RegistryFailure } from "./failure.ts";
import { DEFAULT_RETRY, retryAfter, retrying } from "./retry.ts";
import type { Answer } from "./transport.ts";

const SIGNAL = new AbortController().signal;
const POLICY = { attempts: 4, firstWait: 1, minWait: 1, maxWait: 100, totalWait: 100 };

function answer(status: number, headers: HeadersInit = {}): Answer {
  const url = new URL("http://h/");
  return { status, headers: new Headers(headers), url, body: new Uint8Array(0) };
}

/** Gives the outcomes in turn, the last for ever. */
function sequence(...outcomes: (Answer | RegistryFailure)[]): {
  attempt: () => Promise<Answer>;
  count: () => number;
} {
  let count = 0;
  const attempt = (): Promise<Answer> => {
    const outcome = outcomes[Math.min(count++, outcomes.length - 1)];
    return outcome instanceof RegistryFailure
      ? Promise.reject(outcome)
      : Promise.resolve(outcome ?? answer(500));
  };
  return { attempt, count: () => count };
}

Deno.test("retrying returns the first answer that is no passing trouble", async () => {
  const passing = new RegistryFailure("passing", "x");
  for (const status of [200, 204, 301, 400, 401, 403, 404, 410]) {
    const { attempt, count } = sequence(answer(500), passing, answer(status));
    assert.equal((await retrying(POLICY, SIGNAL, attempt)).status, status);
    assert.equal(count(), 3);
  }
});

Deno.test("retrying ends with the last answer or failure", async () => {
  for (const status of [408, 429, 500, 503, 599]) {
    const { attempt, count } = sequence(answer(status));
    assert.equal((await retrying(POLICY, SIGNAL, attempt)).status, status);
    assert.equal(count(), POLICY.attempts);
  }
  const { attempt, count } = sequence(new RegistryFailure("passing", "x"));
  await assert.rejects(retrying(POLICY, SIGNAL, attempt), RegistryFailure);
  assert.equal(count(), POLICY.attempts);
});

Deno.test("retrying does not repeat what is lasting, denied or too large", async () => {
  for (const kind of ["lasting", "denied", "tooLarge", "missing"] as const) {
    const { attempt, count } = sequence(new RegistryFailure(kind, "x"));
    await assert.rejects(retrying(POLICY, SIGNAL, attempt), RegistryFailure);
    assert.equal(count(), 1);
  }
});

Deno.test("retrying waits as long as Retry-After says, or not at all", async () => {
  const policy = { ...POLICY, totalWait: 1500 };
  const near = sequence(answer(429, { "retry-after": "1" }), answer(200));
  const start = performance.now();
  assert.equal((await retrying(policy, SIGNAL, near.attempt)).status, 200);
  assert.ok(performance.now() - start >= 990);
  const far = sequence(answer(429, { "retry-after": "2" }), answer(200));
  assert.equal((await retrying(policy, SIGNAL, far.attempt)).status, 429);
  assert.equal(far.count(), 1);
});

Deno.test("retrying stops waiting when the signal fires", async () => {
  const controller = new AbortController();
  const { attempt } = sequence(answer(503));
  const work = retrying(DEFAULT_RETRY, controller.signal, attempt);
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(
    work,
    (error) => error instanceof AssayError && error.code === "DEADLINE_EXCEEDED",
  );
});

Deno.test("the default policy ends within two seconds of pauses", () => {
  const { firstWait, totalWait, attempts } = DEFAULT_RETRY;
  const waits = Array.from({ length: attempts - 1 }, (_, index) => firstWait * 2 ** index);
  let total = 0;
  const taken = waits.filter((pause) => (total += pause) <= totalWait);
  assert.deepEqual(taken, [250, 500, 1000]);
});

Deno.test("retryAfter reads seconds and dates, and nothing else", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  const cases = [
    ["0", 0],
    ["120", 120_000],
    ["Tue, 24 Nov 2026 12:00:30 GMT", 30_000],
    ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
    ["", 0],
    ["-1", 0],
    ["1.5", 0],
    ["1e3", 0],
    ["soon", 0],
    ["2026-11-24T12:00:30Z", 0],
    ["Tue, 99 Nov 2026 12:00:30 GMT", 0],
    ["9999999999", 0],
  ] as const;
  for (const [text, expected] of cases) {
    assert.equal(retryAfter(new Headers({ "retry-after": text }), now), expected, text);
  }
  assert.equal(retryAfter(new Headers(), now), 0);
});
