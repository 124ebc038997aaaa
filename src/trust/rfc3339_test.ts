import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTime } from "./rfc3339.ts";

Deno.test("parseTime reads UTC, offsets and fractions", () => {
  assert.equal(parseTime("1970-01-01T00:00:00Z"), 0);
  assert.equal(parseTime("2026-11-24T12:00:00Z"), Date.UTC(2026, 10, 24, 12) / 1000);
  assert.equal(parseTime("2026-11-24T12:00:00+02:00"), Date.UTC(2026, 10, 24, 10) / 1000);
  assert.equal(parseTime("2026-11-24T12:00:00-00:30"), Date.UTC(2026, 10, 24, 12, 30) / 1000);
  assert.equal(parseTime("1970-01-01T00:00:00.5Z"), 0.5);
  assert.equal(parseTime("2024-02-29T00:00:00Z"), Date.UTC(2024, 1, 29) / 1000);
  assert.equal(parseTime("0001-01-01T00:00:00Z"), -62135596800);
});

for (
  const text of [
    "",
    "2026-11-24",
    "2026-11-24T12:00:00",
    "2026-11-24t12:00:00Z",
    "2026-11-24T12:00:00z",
    "2026-11-24 12:00:00Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T12:60:00Z",
    "2026-11-24T12:00:60Z",
    "2026-02-29T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-00-01T12:00:00Z",
    "2026-01-00T12:00:00Z",
    "2026-11-24T12:00:00+24:00",
    "2026-11-24T12:00:00+0200",
    "2026-11-24T12:00:00.Z",
    "2026-11-24T12:00:00,5Z",
    "26-11-24T12:00:00Z",
    "2026-11-24T12:00:00Z\n",
    " 2026-11-24T12:00:00Z",
    "１970-01-01T00:00:00Z",
  ]
) {
  Deno.test(`parseTime refuses ${JSON.stringify(text)}`, () =>
    assert.equal(parseTime(text), undefined));
}

Deno.test("parseTime reads what Date writes", () => {
  const date = fc.date({
    min: new Date(0),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (moment) => {
      assert.ok(
        Math.abs((parseTime(moment.toISOString()) ?? NaN) - moment.getTime() / 1000) < 1e-6,
      );
    }),
    { numRuns: 300 },
  );
});
