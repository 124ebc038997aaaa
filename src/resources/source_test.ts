import assert from "node:assert/strict";
import { temporaryFolder } from "../../tests/temp.ts";
import { AssayError } from "../errors.ts";
import { defaultConfigurationPaths, readSources } from "./source.ts";

/** Reads sources that cannot be read, and gives the message. */
async function failure(...paths: readonly string[]): Promise<string> {
  try {
    await readSources(paths);
  } catch (error) {
    assert.ok(error instanceof AssayError);
    assert.deepEqual([error.code, error.effect], ["CONFIG_INVALID", "unusable"]);
    return error.message;
  }
  return assert.fail("nothing was thrown");
}

/** Makes a symbolic link. Deno's own function needs leave to write everywhere. */
async function link(target: string, path: string): Promise<void> {
  assert.ok((await new Deno.Command("ln", { args: ["-s", target, path] }).output()).success);
}

Deno.test("readSources reads the YAML and JSON files of a directory in the order of names", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["b.yaml", "a.yml", "c.json", "d.txt", ".hidden.yaml", "E.yaml"]) {
    await Deno.writeTextFile(`${folder.path}/${name}`, name);
  }
  await Deno.mkdir(`${folder.path}/below.yaml`);
  await Deno.mkdir(`${folder.path}/below`);
  await Deno.writeTextFile(`${folder.path}/below/f.yaml`, "f");
  const names = ["E.yaml", "a.yml", "b.yaml", "c.json"];
  const expected = names.map((name) => ({ path: `${folder.path}/${name}`, text: name }));
  assert.deepEqual(await readSources([folder.path]), expected);
  assert.deepEqual(await readSources([`${folder.path}/`]), expected);
});

Deno.test("readSources reads a mounted volume once, through its links", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/..2026_11_24`);
  await Deno.writeTextFile(`${folder.path}/..2026_11_24/a.yaml`, "a");
  await link("..2026_11_24", `${folder.path}/..data`);
  await link("..data/a.yaml", `${folder.path}/a.yaml`);
  assert.deepEqual(await readSources([folder.path]), [{
    path: `${folder.path}/a.yaml`,
    text: "a",
  }]);
});

Deno.test("readSources reads files as named, in the order of the arguments, each once", async () => {
  await using folder = await temporaryFolder();
  const [one, two] = [`${folder.path}/z.conf`, `${folder.path}/a.yaml`];
  await Deno.writeTextFile(one, "\ufeffz");
  await Deno.writeTextFile(two, "");
  assert.deepEqual(await readSources([one, folder.path, one]), [
    { path: one, text: "z" },
    { path: two, text: "" },
  ]);
});

Deno.test("readSources refuses what it cannot read, naming the path", async () => {
  await using folder = await temporaryFolder();
  const path = (name: string): string => `${folder.path}/${name}`;
  await Deno.writeFile(path("latin1.yaml"), Uint8Array.of(0x61, 0x3a, 0xe9));
  await Deno.writeFile(path("large.yaml"), new Uint8Array(1024 * 1024 + 1));
  await Deno.mkdir(path("empty"));
  await link("nowhere", path("dangling.yaml"));
  const cases: readonly (readonly [string, string])[] = [
    ["missing.yaml", "it does not exist"],
    ["missing/a.yaml", "it does not exist"],
    ["dangling.yaml", "it does not exist"],
    ["latin1.yaml", "it is not UTF-8 text"],
    ["large.yaml", "it has more than 1048576 bytes"],
    ["empty", "the directory has no file named *.yaml, *.yml or *.json"],
  ];
  for (const [name, why] of cases) {
    assert.equal(
      await failure(path(name)),
      `The configuration ${path(name)} cannot be read: ${why}`,
    );
  }
});

Deno.test("readSources reads a file of just 1 MiB", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeFile(`${folder.path}/a.yaml`, new Uint8Array(1024 * 1024).fill(0x20));
  const [file] = await readSources([folder.path]);
  assert.equal(file?.text.length, 1024 * 1024);
});

Deno.test("readSources refuses more than 1000 files", async () => {
  await using folder = await temporaryFolder();
  for (let index = 0; index <= 1000; index++) {
    Deno.writeTextFileSync(`${folder.path}/${index}.yaml`, "");
  }
  assert.match(await failure(folder.path), /there are more than 1000 configuration files$/);
});

Deno.test("defaultConfigurationPaths looks in RATIFY_CONFIG, then below HOME", () => {
  const paths = (env: Readonly<Record<string, string>>): string[] =>
    defaultConfigurationPaths((name) => env[name]);
  assert.deepEqual(paths({ RATIFY_CONFIG: "/etc/ratify", HOME: "/root" }), [
    "/etc/ratify/config.json",
    "/root/.ratify/config.json",
  ]);
  assert.deepEqual(paths({ HOME: "/root", RATIFY_CONFIG: "" }), ["/root/.ratify/config.json"]);
  assert.deepEqual(paths({}), []);
});
