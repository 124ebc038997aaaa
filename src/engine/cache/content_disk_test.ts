import assert from "node:assert/strict";
import { temporaryFolder } from "../../../tests/temp.ts";
import { digestOf } from "../../oci/mod.ts";
import { ContentDisk } from "./content_disk.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function content(text: string): Bytes {
  return new TextEncoder().encode(text);
}

async function kept(folder: string, ...all: readonly Bytes[]): Promise<void> {
  await using disk = new ContentDisk({ folder, maxBytes: 1000 });
  for (const bytes of all) disk.keep(digestOf(bytes), bytes);
}

Deno.test("ContentDisk gives the next process what was kept, and nothing else", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/content`;
  await kept(path, content("a"), content("b"));
  const disk = new ContentDisk({ folder: path, maxBytes: 1000 });
  assert.deepEqual(await disk.read(digestOf(content("a")), 1), content("a"));
  assert.equal(await disk.read(digestOf(content("c")), 1), undefined);
  assert.equal(await disk.read(digestOf(content("a")), 2), undefined, "another size was declared");
});

Deno.test("ContentDisk does not give content that was changed, and removes it", async () => {
  await using folder = await temporaryFolder();
  await kept(folder.path, content("content"));
  const digest = digestOf(content("content"));
  const file = `${folder.path}/${digest.replace(":", "-")}`;
  await Deno.chmod(file, 0o600);
  await Deno.writeFile(file, content("altered"));
  const disk = new ContentDisk({ folder: folder.path, maxBytes: 1000 });
  assert.equal(await disk.read(digest, 7), undefined);
  await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
});

Deno.test("ContentDisk keeps to its bytes, those of earlier processes included, and lets the oldest go", async () => {
  await using folder = await temporaryFolder();
  const all = ["1", "2", "3"].map((name) => content(name.repeat(400)));
  await kept(folder.path, ...all.slice(0, 2));
  await using disk = new ContentDisk({ folder: folder.path, maxBytes: 1000 });
  const third = all[2] as Bytes;
  disk.keep(digestOf(third), third);
  await disk[Symbol.asyncDispose]();
  const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  assert.equal(names.length, 2);
  assert.deepEqual(await disk.read(digestOf(third), 400), third);
});

Deno.test("ContentDisk clears away what a process that ended was writing", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/.sha256-x.1`, "half");
  await kept(folder.path, content("a"));
  const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  assert.deepEqual(names, [digestOf(content("a")).replace(":", "-")]);
});

Deno.test("ContentDisk does without a folder that it may not write to", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const path = `${folder.path}/file/content`;
  await kept(path, content("a"));
  const disk = new ContentDisk({ folder: path, maxBytes: 1000 });
  assert.equal(await disk.read(digestOf(content("a")), 1), undefined);
});

Deno.test("ContentDisk keeps all of a burst, however often the same content comes in it", async () => {
  await using folder = await temporaryFolder();
  const all = Array.from({ length: 3000 }, (_, index) => content(`burst ${index}`));
  const disk = new ContentDisk({ folder: folder.path, maxBytes: 1e6 });
  for (let round = 0; round < 10; round++) {
    for (const bytes of all) disk.keep(digestOf(bytes), bytes);
  }
  await disk[Symbol.asyncDispose]();
  const files = await Array.fromAsync(Deno.readDir(folder.path));
  assert.equal(files.length, all.length);
});
