import assert from "node:assert/strict";
import type { ConfiguredStore } from "../resources/mod.ts";
import { StorePool } from "./store_pool.ts";

function configured(identity: string): ConfiguredStore {
  return { name: identity, type: "oras", identity, listingTtl: 0, parameters: {} as never };
}

function rig(): { readonly pool: StorePool; readonly events: string[] } {
  const events: string[] = [];
  const pool = new StorePool(({ identity }) => {
    if (identity === "broken") throw new Error("broken");
    events.push(`open ${identity}`);
    return { store: { name: identity } as never, close: () => events.push(`close ${identity}`) };
  });
  return { pool, events };
}

Deno.test("StorePool opens a store once and keeps it open between leases", () => {
  const { pool, events } = rig();
  for (let count = 0; count < 3; count++) {
    using lease = pool.lease([configured("a"), configured("b")]);
    assert.deepEqual(lease.stores.map(({ store }) => store.name), ["a", "b"]);
  }
  assert.deepEqual(events, ["open a", "open b"]);
  pool[Symbol.dispose]();
  assert.deepEqual(events.slice(2), ["close a", "close b"]);
});

Deno.test("StorePool closes what is no longer configured when its last lease ends, and nothing else", () => {
  const { pool, events } = rig();
  const first = pool.lease([configured("a"), configured("b")]);
  const second = pool.lease([configured("a")]);
  pool.retain([configured("b")]);
  first[Symbol.dispose]();
  first[Symbol.dispose](); // given back once, however often it is said
  assert.deepEqual(events, ["open a", "open b"]);
  second[Symbol.dispose]();
  assert.deepEqual(events.slice(2), ["close a"]);
  using _again = pool.lease([configured("a")]);
  assert.deepEqual(events.slice(3), ["open a"]);
});

Deno.test("StorePool gives back what it took when one store cannot be opened", () => {
  const { pool, events } = rig();
  assert.throws(() => pool.lease([configured("a"), configured("broken")]), /broken/);
  pool.retain([]);
  assert.deepEqual(events, ["open a", "close a"]);
});
