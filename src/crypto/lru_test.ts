import assert from "node:assert/strict";
import fc from "fast-check";
import { LruMap } from "./lru.ts";

Deno.test("LruMap forgets the entry that was not used for longest", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.equal(map.get("b"), undefined);
  assert.deepEqual([map.get("a"), map.get("c"), map.size], [1, 3, 2]);
});

Deno.test("LruMap counts writing an entry again as use", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], [3, undefined, 4]);
});

Deno.test("LruMap deletes entries, and has nothing for a key that it never saw", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.delete("a");
  map.delete("b");
  assert.deepEqual([map.get("a"), map.get("b"), map.size], [undefined, undefined, 0]);
});

Deno.test("LruMap never has more entries than its limit, and keeps the ones used last", () => {
  const operation = fc.tuple(fc.constantFrom("get", "set"), fc.nat(9));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(operation), (limit, operations) => {
      const map = new LruMap<number, number>(limit);
      let used: number[] = [];
      for (const [what, key] of operations) {
        const present = used.includes(key);
        if (what === "set") map.set(key, key);
        else assert.equal(map.get(key), present ? key : undefined);
        if (what === "set" || present) {
          used = [...used.filter((one) => one !== key), key].slice(-limit);
        }
        assert.equal(map.size, used.length);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("LruMap holds to its weight, and keeps nothing that is too heavy for it", () => {
  const map = new LruMap<string, number>(10, 5);
  map.set("a", 1, 3);
  map.set("b", 2, 2);
  assert.deepEqual([map.size, map.weight], [2, 5]);
  map.set("c", 3, 1);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.weight], [undefined, 2, 3, 3]);
  map.set("b", 4, 6);
  assert.deepEqual([map.get("b"), map.get("c"), map.weight], [undefined, 3, 1]);
  map.set("c", 5, 2);
  assert.deepEqual([map.get("c"), map.weight], [5, 2]);
  map.delete("c");
  assert.equal(map.weight, 0);
});
