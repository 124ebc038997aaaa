import assert from "node:assert/strict";
import fc from "fast-check";
import { BoundedCache } from "./bounded_cache.ts";

const OVERHEAD = 201; // what an entry with a key of one character weighs beside its bytes

Deno.test("BoundedCache holds an entry until its moment, and for ever without one", () => {
  const cache = new BoundedCache<string>({ name: "c", maxBytes: 10_000, maxEntries: 10 });
  cache.set("a", "A", 1, 100);
  cache.set("b", "B", 1);
  assert.equal(cache.get("a", 99.9), "A");
  assert.equal(cache.get("a", 100), undefined);
  assert.equal(cache.get("a", 0), undefined, "what has ended does not come back");
  assert.equal(cache.get("b", Number.MAX_SAFE_INTEGER), "B");
});

Deno.test("BoundedCache forgets what was not used for longest when there are too many entries", () => {
  const events: string[] = [];
  const cache = new BoundedCache<number>({
    name: "c",
    maxBytes: 10_000,
    maxEntries: 2,
    observe: (name, event) => events.push(`${name} ${event}`),
  });
  cache.set("a", 1, 1);
  cache.set("b", 2, 1);
  assert.equal(cache.get("a", 0), 1);
  cache.set("c", 3, 1);
  assert.deepEqual([cache.get("a", 0), cache.get("b", 0), cache.get("c", 0)], [1, undefined, 3]);
  assert.deepEqual(events, ["c hit", "c eviction", "c hit", "c miss", "c hit"]);
});

Deno.test("BoundedCache keeps to its bytes, and does not take what alone is over them", () => {
  const cache = new BoundedCache<number>({ name: "c", maxBytes: 1000, maxEntries: 100 });
  cache.set("a", 1, 1000 - OVERHEAD);
  assert.equal(cache.bytes, 1000);
  cache.set("b", 2, 1001 - OVERHEAD);
  assert.equal(cache.get("b", 0), undefined);
  assert.equal(cache.get("a", 0), 1, "what is too large pushes nothing out");
  cache.set("c", 3, 1);
  assert.equal(cache.get("a", 0), undefined);
});

Deno.test("BoundedCache never has more than its bounds, and counts what it has", () => {
  const step = fc.record({
    key: fc.constantFrom(..."abcdefgh"),
    bytes: fc.integer({ min: 0, max: 400 }),
    until: fc.integer({ min: 0, max: 50 }),
    kind: fc.constantFrom("set", "get", "delete"),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const cache = new BoundedCache<number>({ name: "c", maxBytes: 1500, maxEntries: 5 });
    for (const [now, { key, bytes, until, kind }] of steps.entries()) {
      if (kind === "set") cache.set(key, bytes, bytes, until);
      else if (kind === "get") cache.get(key, now);
      else cache.delete(key);
      assert.ok(cache.size <= 5 && cache.bytes <= 1500);
      assert.ok(cache.bytes >= cache.size * OVERHEAD);
      if (cache.size === 0) assert.equal(cache.bytes, 0);
    }
  }));
});
