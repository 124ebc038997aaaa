import assert from "node:assert/strict";

Deno.test("docs/operations.md names every series", async () => {
  const read = (path: string): Promise<string> => Deno.readTextFile(new URL(path, import.meta.url));
  const source = await read("./series.ts") + await read("./process_series.ts");
  const names = source.matchAll(/"((?:ratify|assay|process)_[a-z_]+)"/g).map(([, name]) => name);
  const page = await read("../../docs/operations.md");
  const missing = [...names].filter((name) => !page.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
