import assert from "node:assert/strict";
import { type Descriptor, digestOf } from "../../oci/mod.ts";
import { readOnce } from "./document.ts";

function blob(text: string, size = text.length): Descriptor {
  return { mediaType: "a/b", digest: digestOf(new TextEncoder().encode(text)), size };
}

Deno.test("readOnce reads the same document once, for each kind", () => {
  let count = 0;
  const read = (kind: string, text: string): number => readOnce(kind, blob(text), () => ++count);
  assert.deepEqual([read("k", "once a"), read("k", "once a")], [1, 1]);
  assert.deepEqual([read("l", "once a"), read("k", "once b")], [2, 3]);
  assert.equal(read("k", "once a"), 1);
});

Deno.test("readOnce remembers no failure", () => {
  assert.throws(() =>
    readOnce("k", blob("failure"), () => {
      throw new Error("broken");
    })
  );
  assert.equal(readOnce("k", blob("failure"), () => "read"), "read");
});

Deno.test("readOnce does not remember what is too large", () => {
  let count = 0;
  const read = (): number => readOnce("k", blob("large", 17 * 1024 * 1024), () => ++count);
  assert.deepEqual([read(), read()], [1, 2]);
});
