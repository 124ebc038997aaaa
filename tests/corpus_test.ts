import assert from "node:assert/strict";
import { corpusCase, corpusCases, corpusRoot, layoutOf } from "./corpus.ts";
import { gunzip, readUstar, unpack } from "./corpus_archive.ts";
import { temporaryFolder } from "./temp.ts";

type Bytes = Uint8Array<ArrayBuffer>;

Deno.test("corpusCases lists all cases, or those of one family", async () => {
  const families = ["notation", "cosign", "sbom", "vulnerabilityreport", "mixed"] as const;
  const counts = await Promise.all(
    families.map(async (family) => (await corpusCases(family)).length),
  );
  assert.deepEqual(counts, [233, 67, 11, 12, 1]);
  assert.equal((await corpusCases()).length, 324);
});

Deno.test("corpusRoot unpacks every layout and every file that a case names", async () => {
  const root = await corpusRoot();
  assert.equal(await corpusRoot(), root);
  for (const one of await corpusCases()) {
    const layout = await layoutOf(one);
    assert.ok((await Deno.stat(`${layout}/index.json`)).isFile, one.id);
    const blob = one.imageDigest.replace(":", "/");
    assert.ok((await Deno.stat(`${layout}/blobs/${blob}`)).isFile, one.id);
    for (const files of Object.values(one.config.notation?.trustStores ?? {})) {
      for (const file of files) assert.ok((await Deno.stat(`${root}/${file}`)).isFile, file);
    }
    for (const { file } of one.config.notation?.revocationEndpoints ?? []) {
      assert.ok((await Deno.stat(`${root}/${file}`)).isFile, file);
    }
  }
});

Deno.test("corpusCase finds a case by its id and refuses an unknown id", async () => {
  assert.equal((await corpusCase("mixed-referrers")).family, "mixed");
  await assert.rejects(corpusCase("no-such-case"), /no case no-such-case/);
});

/** One ustar entry; `edit` damages the header after its check sum was written. */
function entry(name: string, content: string, type = "0", edit?: (header: Bytes) => void): Bytes {
  const body = new TextEncoder().encode(content);
  const out = new Uint8Array(512 + Math.ceil(body.length / 512) * 512);
  const put = (offset: number, text: string): void =>
    out.set(new TextEncoder().encode(text), offset);
  put(0, name);
  put(124, body.length.toString(8).padStart(11, "0"));
  put(156, type);
  put(257, "ustar");
  put(148, " ".repeat(8));
  const sum = out.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  out.set(body, 512);
  edit?.(out);
  return out;
}

async function archive(...entries: Bytes[]): Promise<Bytes> {
  return new Uint8Array(await new Blob([...entries, new Uint8Array(1024)]).arrayBuffer());
}

Deno.test("readUstar gives the files with their paths and bytes", async () => {
  const files = [...readUstar(
    await archive(entry("./", "", "5"), entry("./a/b.txt", "one"), entry("c", "x".repeat(513))),
  )];
  assert.deepEqual(
    files.map((file) => [file.path, new TextDecoder().decode(file.bytes)]),
    [["a/b.txt", "one"], ["c", "x".repeat(513)]],
  );
});

Deno.test("readUstar refuses entries that could land elsewhere, and damage", async () => {
  const refused: [string, Bytes, RegExp][] = [
    ["parent", entry("a/../../b", "x"), /unsafe name/],
    ["absolute", entry("/etc/x", "x"), /unsafe name/],
    ["symbolic link", entry("a", "", "2"), /neither a file nor a folder/],
    ["hard link", entry("a", "", "1"), /neither a file nor a folder/],
    ["changed name", entry("a", "x", "0", (h) => h.set([0x62], 0)), /damaged/],
    ["no magic", entry("a", "x", "0", (h) => h.set([0], 257)), /no ustar header/],
    ["no number", entry("a", "x", "0", (h) => h.set([0x7a], 124)), /damaged/],
  ];
  for (const [name, bytes, message] of refused) {
    const whole = await archive(bytes);
    assert.throws(() => [...readUstar(whole)], message, name);
  }
  const cut = (await archive(entry("a", "x".repeat(600)))).slice(0, 1024);
  assert.throws(() => [...readUstar(cut)], /ends within a/);
  assert.throws(() => [...readUstar(entry("a", "x"))], /no end mark/);
});

Deno.test("unpack writes files into folders and refuses the same name twice", async () => {
  await using folder = await temporaryFolder();
  unpack(await archive(entry("a/b/c", "one"), entry("d", "two")), folder.path);
  assert.equal(await Deno.readTextFile(`${folder.path}/a/b/c`), "one");
  assert.equal(await Deno.readTextFile(`${folder.path}/d`), "two");
  const again = await archive(entry("d", "three"));
  assert.throws(() => unpack(again, folder.path), Deno.errors.AlreadyExists);
});

Deno.test("gunzip refuses damaged data", async () => {
  await assert.rejects(gunzip(new Uint8Array([1, 2, 3])), TypeError);
});
