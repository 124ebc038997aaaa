import assert from "node:assert/strict";
import type { ImageReport } from "../report/mod.ts";
import { Flights, type SharedVerification } from "./flights.ts";

function report(name: string): ImageReport {
  const verdict = { verdict: "allow" as const, explanation: "" };
  return { reference: name, digest: undefined, verdict, artifacts: [], ignored: [] };
}

/** A verification that ends when told to; `signals` are those of all that were begun. */
function work(): {
  readonly signals: AbortSignal[];
  readonly ends: ((report: ImageReport) => void)[];
  begin(context: { signal: AbortSignal }): SharedVerification;
} {
  const signals: AbortSignal[] = [];
  const ends: ((report: ImageReport) => void)[] = [];
  return {
    signals,
    ends,
    begin: ({ signal }) => {
      const { promise, resolve } = Promise.withResolvers<ImageReport>();
      signals.push(signal);
      ends.push(resolve);
      return { run: () => promise, report: report("partial") };
    },
  };
}

const never = new AbortController().signal;

Deno.test("Flights lets callers share one verification, and tells who began it", async () => {
  const flights = new Flights(1000);
  const { begin, ends } = work();
  const all = Array.from({ length: 1000 }, () => flights.join("k", never, 0, begin));
  assert.equal(ends.length, 1);
  ends[0]?.(report("done"));
  const flown = await Promise.all(all);
  assert.equal(flown.filter(({ shared }) => !shared).length, 1);
  assert.ok(flown.every((one) => one.report.reference === "done"));
  assert.equal(flights.size, 0);
});

Deno.test("Flights gives a caller whose time is over what is known, and the others the end", async () => {
  const flights = new Flights(1000);
  const { begin, ends, signals } = work();
  const deadline = new AbortController();
  const hasty = flights.join("k", deadline.signal, 0, begin);
  const patient = flights.join("k", never, 0, begin);
  deadline.abort();
  assert.equal((await hasty).report.reference, "partial");
  assert.equal(signals[0]?.aborted, false);
  ends[0]?.(report("done"));
  assert.equal((await patient).report.reference, "done");
});

Deno.test("Flights stops work that nobody waits for, and nobody joins it", async () => {
  const flights = new Flights(1000);
  const { begin, ends, signals } = work();
  const deadline = new AbortController();
  const only = flights.join("k", deadline.signal, 0, begin);
  deadline.abort();
  await only;
  assert.equal(signals[0]?.aborted, true);
  assert.equal(flights.size, 0);
  const later = flights.join("k", never, 0, begin);
  ends[1]?.(report("second"));
  assert.deepEqual(await later, { report: report("second"), shared: false });
});

Deno.test("Flights does not join work that was begun too long ago", async () => {
  const flights = new Flights(1000);
  const { begin, ends } = work();
  const first = flights.join("k", never, 0, begin);
  const joined = flights.join("k", never, 1000, begin);
  const own = flights.join("k", never, 1001, begin);
  assert.equal(ends.length, 2);
  ends[0]?.(report("first"));
  assert.equal((await first).report.reference, "first");
  assert.equal((await joined).report.reference, "first");
  const again = flights.join("k", never, 1001, begin); // the younger one is still there to join
  assert.equal(ends.length, 2);
  ends[1]?.(report("second"));
  assert.deepEqual([(await own).report.reference, (await again).report.reference], [
    "second",
    "second",
  ]);
});

Deno.test("Flights lets a failure reach all who wait, and keeps nothing of it", async () => {
  const flights = new Flights(1000);
  const begin = (): SharedVerification => ({
    run: () => Promise.reject(new Error("unusable")),
    report: report("partial"),
  });
  const both = await Promise.allSettled([
    flights.join("k", never, 0, begin),
    flights.join("k", never, 0, begin),
  ]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(flights.size, 0);
});
