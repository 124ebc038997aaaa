import assert from "node:assert/strict";
import { forgeTree, proofOf } from "../../../tests/forge/mod.ts";
import { type Bytes, hash } from "../../crypto/mod.ts";
import { leafHash, provesInclusion } from "./merkle.ts";

Deno.test("leafHash is that of RFC 6962", async () => {
  const { entries, leaves } = await forgeTree(2);
  assert.deepEqual(entries.map(leafHash), leaves);
});

Deno.test("provesInclusion takes the proof of every leaf of every tree, for that leaf and position only", async () => {
  for (let size = 1; size <= 20; size++) {
    const { leaves, root } = await forgeTree(size);
    for (const [index, leaf] of leaves.entries()) {
      const hashes = await proofOf(leaves, index);
      const proof = { index, treeSize: size, hashes, rootHash: root };
      assert.equal(provesInclusion(leaf, proof), true, `${index} of ${size}`);
      const other = leaves[(index + 1) % size] as Bytes;
      if (size > 1) {
        assert.equal(provesInclusion(other, proof), false);
        const swapped = { ...proof, index: (index + 1) % size };
        assert.equal(provesInclusion(leaf, swapped), false);
      }
      const wrong = [
        { ...proof, index: size },
        { ...proof, treeSize: 0 },
        { ...proof, hashes: [...hashes, root] },
        { ...proof, hashes: hashes.slice(1).concat(hashes.length > 0 ? [] : [root]) },
        { ...proof, rootHash: leaf.map((byte) => byte ^ 1) as Bytes },
        { ...proof, hashes: hashes.map((one) => one.slice(1)).concat(size === 1 ? [root] : []) },
      ];
      for (const one of wrong) assert.equal(provesInclusion(leaf, one), false);
    }
  }
});

Deno.test("provesInclusion counts beyond 32 bits", () => {
  // A tree of 2^40 leaves that are all the same: every inner node of a level is the same, too.
  let node: Bytes = leafHash(new Uint8Array([1]));
  const leaf = node;
  const hashes: Bytes[] = [];
  for (let level = 0; level < 40; level++) {
    hashes.push(node);
    node = pair(node);
  }
  const proof = { index: 2 ** 39 + 12345, treeSize: 2 ** 40, hashes, rootHash: node };
  assert.equal(provesInclusion(leaf, proof), true);
  assert.equal(provesInclusion(leaf, { ...proof, treeSize: 2 ** 41 }), false);
});

/** The root of two equal children: what a proof of one sibling leads to. */
function pair(node: Bytes): Bytes {
  const both = new Uint8Array([1, ...node, ...node]);
  return hash("SHA-256", both);
}
