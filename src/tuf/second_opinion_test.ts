import assert from "node:assert/strict";
import { type Key, Metadata, MetadataKind } from "@tufjs/models";
import { type Bytes, forgeKey, forgeTuf } from "../../tests/forge/mod.ts";
import { parseRoot, parseSnapshot, parseTargets, parseTimestamp } from "./metadata.ts";

/*
 * The metadata as another library reads it. It checks signatures with `node:crypto`, which here has no
 * default hash for ECDSA, so that only its opinion on Ed25519 counts.
 */

const KEY = await forgeKey("Ed25519", "tuf, second opinion");
const keys = { root: [KEY], timestamp: [KEY], snapshot: [KEY], targets: [KEY] };
const files = await forgeTuf({ keys });
const read = (path: string): Bytes => files.get(path) ?? assert.fail(path);
const json = (path: string): never => JSON.parse(new TextDecoder().decode(read(path))) as never;

Deno.test("metadata of TUF is read as another library reads it", () => {
  const root = Metadata.fromJSON(MetadataKind.Root, json("1.root.json"));
  const ours = parseRoot(read("1.root.json"));
  assert.deepEqual([...ours.keys.keys()], Object.keys(root.signed.keys));
  for (const [name, role] of Object.entries(ours.roles)) {
    const theirs = root.signed.roles[name as "root"] ?? assert.fail(name);
    assert.deepEqual([[...role.keyIds], role.threshold], [theirs.keyIDs, theirs.threshold]);
  }
  assert.equal(ours.expires * 1000, Date.parse(root.signed.expires));
  const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, json("1.snapshot.json"));
  const info = snapshot.signed.meta["targets.json"];
  const found = parseSnapshot(read("1.snapshot.json")).files.get("targets.json");
  assert.deepEqual([found?.version, found?.length], [info?.version, info?.length]);
  const targets = Metadata.fromJSON(MetadataKind.Targets, json("1.targets.json"));
  const target = targets.signed.targets["trusted_root.json"];
  const own = parseTargets(read("1.targets.json")).targets.get("trusted_root.json");
  assert.deepEqual([own?.length, own?.hashes.get("sha256")], [
    target?.length,
    target?.hashes["sha256"],
  ]);
});

Deno.test("signatures of TUF are over the bytes that another library takes", () => {
  const root = Metadata.fromJSON(MetadataKind.Root, json("1.root.json"));
  const [key] = Object.values(root.signed.keys) as Key[];
  for (
    const [path, kind, parse] of [
      ["timestamp.json", MetadataKind.Timestamp, parseTimestamp],
      ["1.snapshot.json", MetadataKind.Snapshot, parseSnapshot],
      ["1.targets.json", MetadataKind.Targets, parseTargets],
    ] as const
  ) {
    const theirs = Metadata.fromJSON(kind as MetadataKind.Targets, json(path));
    key?.verifySignature(theirs); // throws when it is wrong
    const [signature] = parse(read(path)).signatures;
    assert.equal(signature?.signature.toHex(), Object.values(theirs.signatures)[0]?.sig, path);
  }
});
